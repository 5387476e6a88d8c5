//! `LoopTimer`: hyper's `Timer`, by the loop's clock.
//!
//! hyper requires timers that are `Send`, which a timer of this loop is not. No timer leaves its thread here, because a
//! connection of hyper's is polled by the task that owns it. `SendWrapper` promises that to the compiler, and panics if it is
//! wrong.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use asyncio_runtime::{Result, TimerHandle, get_running_loop};
use hyper::rt::{Sleep, Timer};
use send_wrapper::SendWrapper;

/// hyper's [`Timer`] by the loop's clock, also a virtual one. Pass it to `Builder::timer` of hyper's connections.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use asyncio::{Clock, Runner};
/// use asyncio_http::LoopTimer;
/// use hyper::rt::Timer;
/// use hyper::server::conn::http1;
///
/// let slept = Runner::new().clock(Clock::Virtual).run(async {
///     let timer = LoopTimer::new()?;
///     http1::Builder::new().timer(timer).header_read_timeout(Duration::from_secs(10));
///     let begun = timer.now();
///     timer.sleep(Duration::from_secs(3600)).await; // takes no time at all
///     Ok(timer.now() - begun)
/// });
/// assert_eq!(slept.unwrap().as_secs(), 3600);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LoopTimer {
    /// The same moment on both clocks, to convert one into the other.
    instant: Instant,
    time: f64,
}

impl LoopTimer {
    /// Creates a timer for the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if no loop runs.
    pub fn new() -> Result<Self> {
        Ok(Self { instant: Instant::now(), time: get_running_loop()?.time() })
    }
}

impl Timer for LoopTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let when = self.time + deadline.saturating_duration_since(self.instant).as_secs_f64();
        Box::pin(LoopSleep::until(when))
    }

    fn now(&self) -> Instant {
        let time = get_running_loop().map_or(self.time, |event_loop| event_loop.time());
        self.instant + Duration::from_secs_f64((time - self.time).max(0.0))
    }
}

/// A sleep until a time of the loop.
pub(crate) struct LoopSleep(SendWrapper<Rc<Alarm>>);

struct Alarm {
    when: f64,
    rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    /// Set at the first poll.
    timer: RefCell<Option<TimerHandle>>,
}

impl LoopSleep {
    pub(crate) fn until(when: f64) -> Self {
        let alarm = Alarm { when, rung: Cell::new(false), waker: RefCell::default(), timer: RefCell::default() };
        Self(SendWrapper::new(Rc::new(alarm)))
    }
}

impl Sleep for LoopSleep {}

impl Future for LoopSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let alarm = &*self.0;
        if alarm.rung.get() {
            return Poll::Ready(());
        }
        if alarm.timer.borrow().is_none() {
            let ringing = Rc::clone(alarm);
            let ring = move || {
                ringing.rung.set(true);
                let waker = ringing.waker.take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            };
            // Without a loop no time passes.
            let Ok(event_loop) = get_running_loop() else { return Poll::Ready(()) };
            let Ok(timer) = event_loop.call_at(alarm.when, ring) else { return Poll::Ready(()) };
            alarm.timer.replace(Some(timer));
        }
        let before = alarm.waker.replace(Some(cx.waker().clone()));
        drop(before);
        Poll::Pending
    }
}

impl Drop for LoopSleep {
    fn drop(&mut self) {
        let timer = self.0.timer.take();
        if let Some(timer) = timer {
            timer.cancel();
        }
    }
}
