//! `Event`: a flag that tasks wait for.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{LineWait, Result, WaitQueue};

/// A flag that tasks can wait for: `asyncio.Event`.
///
/// ```
/// use asyncio_locks::Event;
/// use asyncio_runtime::{create_task, run};
///
/// run(async {
///     let ready = Event::new();
///     let waiting = ready.clone();
///     let task = create_task(async move { waiting.wait().await });
///     ready.set();
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Event {
    inner: Rc<Inner>,
}

struct Inner {
    set: Cell<bool>,
    waiters: WaitQueue,
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl Event {
    /// An event that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self { inner: Rc::new(Inner { set: Cell::new(false), waiters: WaitQueue::new("Event") }) }
    }

    /// Is it set?
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.inner.set.get()
    }

    /// Sets it and wakes everybody who waits, in order. Who waits from now on does not suspend.
    pub fn set(&self) {
        if !self.inner.set.replace(true) {
            self.inner.waiters.wake_all();
        }
    }

    /// Takes the flag back. Who was woken already goes on nevertheless.
    pub fn clear(&self) {
        self.inner.set.set(false);
    }

    /// Waits until it is set; does not suspend if it is.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    #[track_caller]
    pub fn wait(&self) -> EventWait {
        EventWait { event: self.clone(), wait: self.inner.waiters.wait() }
    }
}

/// Made by [`Event::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct EventWait {
    event: Event,
    wait: LineWait,
}

impl Future for EventWait {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.wait.joined() && self.event.is_set() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.wait).poll(cx)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_set() { "set" } else { "unset" };
        crate::describe(f, "Event", state, self.inner.waiters.len())
    }
}
