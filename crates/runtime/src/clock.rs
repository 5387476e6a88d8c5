//! Where time comes from: the machine's monotonic clock, or a virtual one that jumps.
//!
//! Times are seconds as `f64`, as in asyncio, because two deadlines must compare exactly as they do there. Virtual time
//! belongs to the thread rather than to one loop, so that a program can measure a whole `run` from outside.

use std::cell::Cell;

use rustix::time::{ClockId, clock_gettime};

use crate::error::exceptions::ValueError;

/// The clock of an event loop.
///
/// `Virtual` jumps to the next timer whenever nothing is ready and nothing outside the loop (a thread, a child, a
/// socket) is being waited for: a ten-second program takes a millisecond and prints the same. While something outside
/// is being waited for, time passes as on the real clock.
///
/// A program gets it without a change by `ASYNCIO_CLOCK=virtual`, or by [`Runner::clock`](crate::Runner::clock).
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, Runner, get_running_loop, sleep};
///
/// let elapsed = Runner::new().clock(Clock::Virtual).run(async {
///     let start = get_running_loop()?.time();
///     sleep(3600).await?;
///     Ok(get_running_loop()?.time() - start)
/// });
/// assert_eq!(elapsed.unwrap(), 3600.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's monotonic clock.
    Real,
    /// Time that jumps to the next timer.
    Virtual,
}

impl Clock {
    /// The clock named by `ASYNCIO_CLOCK`: `real` (or unset) or `virtual`.
    ///
    /// # Errors
    ///
    /// `ValueError` naming the variable and what it may be.
    pub fn from_env() -> Result<Clock, ValueError> {
        let is_virtual = crate::error::env::is_second("ASYNCIO_CLOCK", ["real", "virtual"])?;
        Ok(if is_virtual { Clock::Virtual } else { Clock::Real })
    }

    /// Seconds from a starting point that is fixed for the machine (real) or the thread (virtual).
    pub(crate) fn now(self) -> f64 {
        match self {
            Clock::Real => real_now(),
            Clock::Virtual => virtual_now(),
        }
    }
}

thread_local! {
    static VIRTUAL_NOW: Cell<f64> = const { Cell::new(0.0) };
}

pub(crate) fn real_now() -> f64 {
    // As `Instant`, without the comparison and the checks around it: a time limit is little more than one look at the clock.
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

pub(crate) fn virtual_now() -> f64 {
    VIRTUAL_NOW.get()
}

/// Moves this thread's virtual time forward to `when`; it never goes back.
pub(crate) fn advance_virtual(when: f64) {
    VIRTUAL_NOW.set(VIRTUAL_NOW.get().max(when));
}
