//! The waits for a connection: until there is room, until all is sent, until it is lost. As futures of the runtime,
//! which a cancellation ends, and for `poll` functions.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_runtime::{Result, WaitQueue, sleep};

use super::{Connection, Phase};

impl Connection {
    /// Is the connection open, and has it room?
    pub(crate) fn has_room(&self) -> bool {
        self.phase.get() == Phase::Open && !self.paused.get()
    }

    /// Waits until there is room: `StreamWriter.drain`.
    pub(crate) async fn drain(&self) -> Result<()> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        if self.phase.get() != Phase::Open {
            // A task that writes and drains in a loop must notice the end of the connection.
            sleep(0).await?;
        }
        if self.phase.get() == Phase::Lost {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "Connection lost").into());
        }
        if !self.paused.get() {
            return Ok(());
        }
        self.draining.get_or_init(|| WaitQueue::new("StreamWriter.drain")).wait().await?;
        self.error().map_or(Ok(()), Err)
    }

    /// Waits until the connection is lost: `StreamWriter.wait_closed`.
    pub(crate) async fn wait_closed(self: &Rc<Self>) -> Result<()> {
        self.watch_reader();
        if self.phase.get() != Phase::Lost {
            self.closing.get_or_init(|| WaitQueue::new("StreamWriter.wait_closed")).wait().await?;
        }
        self.error().map_or(Ok(()), Err)
    }

    /// Closes the writer of a pipe when its reading end is closed. No write would notice that, so the loop watches for it: a
    /// writing end is never readable before.
    fn watch_reader(self: &Rc<Self>) {
        if self.phase.get() != Phase::Open {
            return;
        }
        match self.transport().and_then(|transport| transport.reader_has_gone()) {
            None => {}
            Some(true) if self.kept() > 0 => self.fail(io::Error::from(io::ErrorKind::BrokenPipe).into()),
            Some(true) => self.abort(),
            Some(false) => {
                let connection = Rc::clone(self);
                // Without a loop there is nothing to wait for.
                let _ = self.registration.call_when_readable(move || connection.watch_reader());
            }
        }
    }

    // In `poll` functions.

    pub(super) fn wake_polls(&self) {
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until `over`, or for the error that broke the connection.
    fn poll_until(&self, cx: &mut Context<'_>, over: bool) -> Poll<Result<()>> {
        if let Some(error) = self.error() {
            return Poll::Ready(Err(error));
        }
        if over || self.phase.get() == Phase::Lost {
            return Poll::Ready(Ok(()));
        }
        let mut wakers = self.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_until(cx, !self.paused.get())
    }

    pub(crate) fn poll_flushed(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_until(cx, !self.has_work())
    }

    pub(crate) fn poll_lost(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_until(cx, false)
    }
}
