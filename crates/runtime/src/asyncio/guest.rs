//! Guest mode: another loop drives this one, such as that of a browser, a graphical interface, or another runtime.
//!
//! The core idea: an iteration is the same as in a loop that runs alone, except that it does not sleep. The host sleeps in the
//! loop's place for the time of [`Guest::next_timeout`], unless something happens outside: the descriptor of
//! [`EventLoop::watched`] becomes readable, or the function of [`EventLoop::on_wake`] is called.

use std::fmt;
use std::task::Poll;

use asyncio_errors::{Result, RuntimeError};

use crate::asyncio::events::EventLoop;
use crate::asyncio::tasks::Awaitable;
use crate::asyncio::until::Until;
use crate::kernel::AnyFuture;

/// A run that a host drives, an iteration at a time.
///
/// It is the counterpart of [`run_until_complete`](EventLoop::run_until_complete) for a program whose thread belongs to another
/// loop. Tasks take the same steps, in the same order. After the host has done something with the loop's objects (completed a
/// future, put an item into a queue), it calls [`run_ready`](Self::run_ready) as well.
///
/// [`Runner::host`](crate::Runner::host) and [`EventLoop::host`] make one. If it is dropped before its end, the tasks stay with
/// the loop. Python has no counterpart.
///
/// # Examples
///
/// ```
/// use std::task::Poll;
///
/// use asyncio::{Clock, EventLoop, sleep};
///
/// let event_loop = EventLoop::with_clock(Clock::Virtual);
/// let mut guest = event_loop.host(sleep(0)).unwrap();
/// assert!(guest.run_once().is_pending()); // the first step, which yields
/// assert_eq!(guest.next_timeout(), Some(0.0)); // the second one is ready
/// assert!(matches!(guest.run_ready(), Poll::Ready(Ok(()))));
/// ```
pub struct Guest<T: 'static> {
    event_loop: EventLoop,
    future: AnyFuture,
    outcome: Box<dyn Fn() -> Result<T>>,
    /// Stops the loop at the end of the future.
    until: Option<Until>,
}

impl<T: 'static> Guest<T> {
    /// Runs one iteration of the loop, which does not wait: entries that are ready run, and those that they add do not run yet.
    /// `Ready` once the awaitable is done.
    ///
    /// # Errors
    ///
    /// The same as those of [`run_until_complete`](EventLoop::run_until_complete).
    ///
    /// # Panics
    ///
    /// With the panic of the awaitable. After it has returned `Ready`.
    pub fn run_once(&mut self) -> Poll<Result<T>> {
        assert!(self.until.is_some(), "the guest has ended");
        let stopped = match self.event_loop.core().run_guest() {
            Ok(false) => return Poll::Pending,
            stopped => stopped,
        };
        self.until = None;
        Poll::Ready(stopped.and_then(|_| {
            if !self.future.done() {
                return Err(RuntimeError::new("Event loop stopped before Future completed.").into());
            }
            (self.outcome)()
        }))
    }

    /// Runs the loop until it would have to wait, or the awaitable is done. With a program that always has something to do,
    /// this never returns; use [`run_once`](Self::run_once) instead.
    ///
    /// # Errors
    ///
    /// The same as those of [`run_until_complete`](EventLoop::run_until_complete).
    ///
    /// # Panics
    ///
    /// Like [`run_once`](Self::run_once).
    pub fn run_ready(&mut self) -> Poll<Result<T>> {
        loop {
            if let Poll::Ready(result) = self.run_once() {
                return Poll::Ready(result);
            }
            if self.next_timeout() != Some(0.0) {
                return Poll::Pending;
            }
        }
    }

    /// The seconds that the host may wait before the next iteration: `Some(0.0)` if there is work, `None` if there is no timer and
    /// the loop waits for something outside.
    #[must_use]
    pub fn next_timeout(&self) -> Option<f64> {
        self.event_loop.core().next_timeout()
    }
}

impl<T: 'static> fmt::Debug for Guest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("future", &self.future).finish_non_exhaustive()
    }
}

/// # Being driven by a host
///
/// This is not in Python.
impl EventLoop {
    /// Starts a run that a host drives. Nothing runs before the first [`Guest::run_once`].
    ///
    /// # Errors
    ///
    /// The same as those of [`run_until_complete`](Self::run_until_complete).
    #[track_caller]
    pub fn host<A: Awaitable>(&self, awaitable: A) -> Result<Guest<A::Value>> {
        let (handle, until) = self.target(awaitable)?;
        let (event_loop, future) = (self.clone(), handle.as_ref().clone());
        Ok(Guest { event_loop, future, outcome: Box::new(move || A::outcome(&handle)), until: Some(until) })
    }

    /// Sets the function to call when another thread, or the host's own code, gives a sleeping loop something to do. It should ask
    /// the host to run the next iteration soon. `f` may be called in any thread, and must not run the loop itself.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if there is such a function already.
    pub fn on_wake(&self, f: impl Fn() + Send + Sync + 'static) -> Result<(), RuntimeError> {
        match self.core().shared.set_host(f) {
            true => Ok(()),
            false => Err(RuntimeError::new("the event loop wakes another host already")),
        }
    }
}
