//! `Clock`: the machine's monotonic clock, or a virtual one that jumps.
//!
//! Times are seconds as `f64`, as in asyncio, so that two deadlines compare exactly as they do there. Virtual time belongs to the
//! thread rather than to one loop, so that a program can measure a whole `run` from outside.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "web.rs")]
#[doc(hidden)]
pub mod machine;
mod seconds;

use std::cell::Cell;

use asyncio_errors::{ValueError, env};

#[cfg(not(unix))]
pub use machine::set_clocks;
pub use seconds::{Seconds, TimeLimit};

/// The clock of an event loop: what `EventLoop::time` and timers go by.
///
/// Virtual time jumps to the next timer whenever nothing is ready and the loop waits for nothing outside (a thread, a child
/// process, a socket): a program that sleeps for ten seconds takes a millisecond and prints the same. While the loop waits for
/// something outside, virtual time passes like real time.
///
/// The loop does not know what a future of another crate waits for. If a task waits for one and there is no timer, the loop waits a
/// second of real time for a wake-up before it reports a deadlock. If there is a timer, time jumps to it at once: a `wait_for`
/// around such a future expires, even if a thread would complete it a moment later. Run such a program on the real clock, or let
/// the thread be one of the loop's (`to_thread`), which it knows.
///
/// Set it with `Runner::clock`, or for an unchanged program with `ASYNCIO_CLOCK=virtual`. Python has
/// no counterpart.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The machine's monotonic clock.
    #[default]
    Real,
    /// Time that jumps to the next timer. It starts at 0 in each thread.
    Virtual,
}

impl Clock {
    /// The clock that the environment variable `ASYNCIO_CLOCK` names: `real` (also if it is unset or empty) or `virtual`.
    ///
    /// If `ASYNCIO_CLOCK` is unset and `ASYNCIO_SCHEDULE` names a schedule to replay, it is virtual, because only then the timers
    /// are the same each time. Where there is no environment and no way to wait (on `wasm32-unknown-unknown`), it is virtual, too.
    ///
    /// # Errors
    ///
    /// `ValueError` naming the variable and its possible values, if it has another value.
    pub fn from_env() -> Result<Clock, ValueError> {
        let is_virtual = env::is_second("ASYNCIO_CLOCK", ["real", "virtual"])?;
        let replays = env::is_set("ASYNCIO_SCHEDULE") && !env::is_set("ASYNCIO_CLOCK");
        Ok(if is_virtual || replays || machine::is_virtual_by_default() { Clock::Virtual } else { Clock::Real })
    }

    /// Seconds since a point that is fixed for the machine (real) or the thread (virtual).
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn now(self) -> f64 {
        match self {
            Clock::Real => machine::real_now(),
            Clock::Virtual => virtual_now(),
        }
    }
}

thread_local! {
    static VIRTUAL_NOW: Cell<f64> = const { Cell::new(0.0) };
}

/// This thread's virtual time.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn virtual_now() -> f64 {
    VIRTUAL_NOW.get()
}

/// Moves this thread's virtual time forward to `when`. It never goes back.
#[doc(hidden)]
#[inline]
pub fn advance_virtual(when: f64) {
    VIRTUAL_NOW.set(VIRTUAL_NOW.get().max(when));
}

/// Sets this thread's virtual time to zero. No loop may exist in the thread, because its time would go back.
#[doc(hidden)]
#[inline]
pub fn restart_virtual() {
    VIRTUAL_NOW.set(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_never_goes_back() {
        advance_virtual(5.0);
        advance_virtual(3.0);
        assert_eq!(Clock::Virtual.now(), 5.0);
        restart_virtual();
        assert_eq!(Clock::Virtual.now(), 0.0);
    }
}
