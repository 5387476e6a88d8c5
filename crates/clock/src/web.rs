//! The machine's clocks where there is no system to ask: the host of the WebAssembly module lends its own.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// What the host lends.
struct Clocks {
    monotonic: fn() -> f64,
    time_of_day: fn() -> f64,
}

static CLOCKS: OnceLock<Clocks> = OnceLock::new();

/// Sets the functions that read the real clocks, once, before they are needed: seconds since any fixed moment
/// (`performance.now() / 1000` in a page), and seconds since 1970 (`Date.now() / 1000`).
///
/// Loops on the virtual clock do without. This is there only where the system has no clock: on `wasm32-unknown-unknown`.
pub fn set_clocks(monotonic: fn() -> f64, time_of_day: fn() -> f64) {
    let _ = CLOCKS.set(Clocks { monotonic, time_of_day });
}

fn clocks() -> &'static Clocks {
    CLOCKS.get().expect("asyncio::host::set_clocks was called, since nothing else tells the time here")
}

/// The host's monotonic clock, whatever the clock of a loop is.
#[must_use]
pub fn real_now() -> f64 {
    (clocks().monotonic)()
}

/// The time of day.
#[must_use]
pub fn time_of_day() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::try_from_secs_f64((clocks().time_of_day)()).unwrap_or_default()
}

/// Blocks the thread: a page has no other way.
pub fn real_sleep(delay: Duration) {
    let end = real_now() + delay.as_secs_f64();
    while real_now() < end {
        std::hint::spin_loop();
    }
}

/// The clock of a program that names none: nothing here can wait for a real one.
pub(crate) fn is_virtual_by_default() -> bool {
    true
}
