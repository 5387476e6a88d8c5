//! Python's `time` module for programs that must also run under the virtual clock: blocking sleeps and clocks.
//!
//! Under the real clock these are `std`'s. Under the virtual one a blocking sleep advances virtual time instead of waiting: at
//! once in the loop's own thread, which it would block, and through a timer of the loop in a thread that works for the loop,
//! which meanwhile goes on.

use std::time::{Duration, SystemTime};

use asyncio_clock::{self as clock, Clock, Seconds, machine};
use asyncio_concurrent::{ConcurrentFuture, future::Promise};

use crate::asyncio::events::EventLoop;
use crate::asyncio::threads::{Threads, jobs::WORKS_FOR};
use crate::kernel::{current, running_loop};

/// The clock of this thread: that of the loop running in it, or else the one that the environment names.
fn clock() -> Clock {
    if WORKS_FOR.try_with(|slot| slot.borrow().is_some()) == Ok(true) {
        return Clock::Virtual;
    }
    current::with_loop(|running| running.map(|core| core.clock))
        .unwrap_or_else(|| Clock::from_env().unwrap_or(Clock::Real))
}

/// Blocks the thread for `delay` seconds: `time.sleep`. In a coroutine it blocks the whole loop; use
/// [`to_thread`](crate::to_thread) to avoid that.
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, Runner, create_task, get_running_loop, sleep, time, to_thread};
///
/// let took = Runner::new().clock(Clock::Virtual).run(async {
///     let event_loop = get_running_loop()?;
///     let start = event_loop.time();
///     let other = create_task(sleep(2));
///     to_thread(|| time::sleep(3)).await?;
///     assert!(other.done()); // the loop went on meanwhile
///     Ok(event_loop.time() - start)
/// });
/// assert_eq!(took.unwrap(), 3.0);
/// ```
pub fn sleep(delay: impl Seconds) {
    let seconds = delay.seconds().max(0.0);
    if clock() == Clock::Real {
        machine::real_sleep(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        return;
    }
    let Some((event_loop, pool)) = WORKS_FOR.try_with(|slot| slot.borrow().clone()).ok().flatten() else {
        clock::advance_virtual(clock::virtual_now() + seconds);
        return;
    };
    let woken = ConcurrentFuture::new();
    let wake = Promise(woken.clone());
    let asked = event_loop.call_soon_threadsafe(move || {
        let Ok(core) = running_loop() else { return };
        // While the thread sleeps, the loop does not wait for it; it does again when the thread wakes.
        let threads = core.tenants.of::<Threads>();
        threads.jobs.fall_asleep(pool);
        let timer = EventLoop::from_core(&core).call_later(seconds, move || {
            threads.jobs.wake_up(pool);
            wake.0.complete(Ok(()));
        });
        debug_assert!(timer.is_ok(), "the loop runs");
    });
    // An error means that the loop was closed; then nothing waits for this thread.
    let _ = asked.map(|()| woken.result(None));
}

/// Seconds of a clock that only goes forward, from an arbitrary start: `time.perf_counter`.
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, Runner, sleep, time::perf_counter};
///
/// let took = Runner::new().clock(Clock::Virtual).run(async {
///     let start = perf_counter();
///     sleep(2.5).await?;
///     Ok(perf_counter() - start)
/// });
/// assert_eq!(took.unwrap(), 2.5);
/// ```
#[must_use]
pub fn perf_counter() -> f64 {
    clock().now()
}

/// The time of day, `time.time()`. Under the virtual clock the day is always the same one, 2026-01-01 00:00:00 UTC, and
/// moves with virtual time, so that a program prints the same times in every run.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use asyncio::{Clock, Runner, sleep, time};
///
/// let noon = Runner::new().clock(Clock::Virtual).run(async {
///     sleep(12 * 3600).await?;
///     Ok(time::now())
/// });
/// assert_eq!(noon.unwrap(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_268_800)); // 2026-01-01 12:00:00 UTC
/// ```
#[must_use]
pub fn now() -> SystemTime {
    /// 2026-01-01 00:00:00 UTC in seconds since 1970.
    const VIRTUAL_START: u64 = 1_767_225_600;
    match clock() {
        Clock::Real => machine::time_of_day(),
        Clock::Virtual => {
            let since = Duration::try_from_secs_f64(clock::virtual_now()).unwrap_or(Duration::ZERO);
            SystemTime::UNIX_EPOCH + Duration::from_secs(VIRTUAL_START) + since
        }
    }
}
