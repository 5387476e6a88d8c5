//! `Event`: a flag that tasks wait for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::{LineWait, Result, WaitQueue};

/// A flag that tasks can wait for: `asyncio.Event`.
///
/// # Examples
///
/// ```
/// use asyncio::{Event, create_task, run};
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
    waiters: WaitQueue,
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl Event {
    /// Creates an event that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self { waiters: WaitQueue::new("Event") }
    }

    /// Is the flag set?
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.waiters.is_open()
    }

    /// Sets the flag and wakes all waiting tasks, in the order in which they came. Until the flag is cleared, waiting
    /// for it does not suspend.
    pub fn set(&self) {
        self.waiters.open();
    }

    /// Clears the flag. A task that was already woken goes on nevertheless.
    pub fn clear(&self) {
        self.waiters.close();
    }

    /// Waits until the flag is set. Does not suspend if it is set already.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait.
    #[track_caller]
    pub fn wait(&self) -> EventWait {
        EventWait { wait: self.waiters.wait() }
    }
}

/// A wait for an [`Event`]; returned by [`Event::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct EventWait {
    wait: LineWait,
}

impl EventWait {
    /// The event that this wait is for. A type that needs both only has to store the wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::Event;
    ///
    /// let event = Event::new();
    /// let wait = event.wait();
    /// wait.event().set();
    /// assert!(event.is_set());
    /// ```
    #[must_use]
    pub fn event(&self) -> Event {
        Event { waiters: self.wait.queue() }
    }
}

impl Future for EventWait {
    type Output = Result<()>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.wait).poll(cx)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_set() { "set" } else { "unset" };
        crate::describe(f, "Event", state, self.waiters.len())
    }
}
