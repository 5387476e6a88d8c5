//! How a loop is made: its clock and debug mode, which the environment may name, the reports that it asks for, and the hooks that
//! see it first.

use asyncio_clock::Clock;
use asyncio_errors::{ValueError, env};

use crate::asyncio::deadlock::report_deadlock;
use crate::asyncio::events::EventLoop;
use crate::asyncio::hooks::LoopHook;
use crate::asyncio::knots::{look_later, look_now};
use crate::kernel::{Diagnosis, LoopCore};

/// A new loop, with the clock that `ASYNCIO_CLOCK` names and the debug mode of `ASYNCIO_DEBUG`:
/// `asyncio.new_event_loop()`.
///
/// # Panics
///
/// If one of these variables has an unknown value, naming it; [`Runner`](crate::Runner) returns an error instead.
///
/// # Examples
///
/// ```
/// use asyncio::new_event_loop;
///
/// let event_loop = new_event_loop();
/// let task = event_loop.create_task(async { Ok("it ran") }).unwrap();
/// assert!(!task.done());
/// assert_eq!(event_loop.run_until_complete(task).unwrap(), "it ran");
/// ```
#[must_use]
pub fn new_event_loop() -> EventLoop {
    match EventLoop::from_env() {
        Ok(event_loop) => event_loop,
        Err(error) => panic!("{error}"),
    }
}

/// Does `ASYNCIO_DEBUG` switch debug mode on?
///
/// # Errors
///
/// `ValueError` naming the variable and its possible values.
pub(crate) fn debug_from_env() -> Result<bool, ValueError> {
    env::is_second("ASYNCIO_DEBUG", ["0", "1"])
}

/// # Making a loop
impl EventLoop {
    fn from_env() -> Result<Self, ValueError> {
        let event_loop = Self::with_clock(Clock::from_env()?);
        event_loop.set_debug(debug_from_env()?);
        Ok(event_loop)
    }

    /// A new loop with this clock, not in debug mode.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop, sleep};
    ///
    /// let event_loop = EventLoop::with_clock(Clock::Virtual);
    /// let start = event_loop.time();
    /// event_loop.run_until_complete(sleep(3600)).unwrap();
    /// assert_eq!(event_loop.time() - start, 3600.0);
    /// ```
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let event_loop = Self::owner_of(LoopCore::new(clock, Diagnosis { deadlock: report_deadlock, look: look_now }));
        look_later(event_loop.core());
        inventory::iter::<LoopHook>.into_iter().for_each(|hook| (hook.0)(&event_loop));
        event_loop
    }
}
