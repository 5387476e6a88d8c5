//! The machine's clocks, as the system provides them.

use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// The machine's monotonic clock, whatever the clock of a loop is.
#[inline]
#[must_use]
pub fn real_now() -> f64 {
    // Like `Instant::now`, without its checks: most of the cost of a time limit is reading the clock.
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// The time of day.
#[must_use]
pub fn time_of_day() -> SystemTime {
    SystemTime::now()
}

/// Blocks the thread.
pub fn real_sleep(delay: Duration) {
    std::thread::sleep(delay);
}

/// The clock of a program that names none.
pub(crate) fn is_virtual_by_default() -> bool {
    false
}
