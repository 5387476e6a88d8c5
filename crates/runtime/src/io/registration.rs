//! `Registration`: a descriptor's place in the loop, without the descriptor: what is waited on.

use std::fmt;
use std::future::Future as StdFuture;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::error::Result;
use crate::events::HandleInner;
use crate::loop_core;
use crate::reactor::{Side, Source, Waiting};
use crate::ready::Run;
use crate::tasks::sleep;
use crate::wait_queue::LineWait;

/// The place of an [`AsyncFd`](super::AsyncFd) in its loop, by which its readiness is waited for.
///
/// It knows nothing of the type of the descriptor and does not keep it open: a wait on one that was closed is an error.
/// Clones are the same place.
#[derive(Clone)]
pub struct Registration {
    pub(super) source: Rc<Source>,
}

impl Registration {
    /// See [`AsyncFd::readable`](super::AsyncFd::readable).
    #[track_caller]
    pub fn readable(&self) -> Readiness {
        self.ready(Side::Read, Location::caller())
    }

    /// See [`AsyncFd::writable`](super::AsyncFd::writable).
    #[track_caller]
    pub fn writable(&self) -> Readiness {
        self.ready(Side::Write, Location::caller())
    }

    pub(super) fn ready(&self, side: Side, at: &'static Location<'static>) -> Readiness {
        Readiness { source: Rc::clone(&self.source), side, wait: None, at }
    }

    /// See [`AsyncFd::poll_readable`](super::AsyncFd::poll_readable).
    ///
    /// # Errors
    ///
    /// `NotConnected` if the descriptor or the loop was closed.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(Side::Read, cx)
    }

    /// See [`AsyncFd::poll_writable`](super::AsyncFd::poll_writable).
    ///
    /// # Errors
    ///
    /// `NotConnected` if the descriptor or the loop was closed.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(Side::Write, cx)
    }

    pub(super) fn poll_ready(&self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.check_open()?;
        if self.source.is_ready(side) {
            return Poll::Ready(Ok(()));
        }
        self.source.set_waker(side, cx.waker());
        Poll::Pending
    }

    /// To be awaited before each operation of a loop over operations: it gives way to other tasks, for one iteration, after
    /// many that did not have to wait. [`AsyncFd::read_with`](super::AsyncFd::read_with) and its like do it by themselves.
    ///
    /// # Errors
    ///
    /// `CancelledError`, only if it gave way.
    pub async fn turn(&self) -> Result<()> {
        if self.source.spend() { Ok(()) } else { sleep(0).await }
    }

    /// As [`turn`](Self::turn), for a `poll` function.
    pub fn poll_turn(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.source.spend() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Calls `f` once, from the loop, when a read may succeed: in the next iteration if it may already. Else it replaces
    /// what was to be called before, and is dropped, not called, when the descriptor or the loop is closed. A panic in it
    /// goes to the exception handler.
    ///
    /// # Errors
    ///
    /// `RuntimeError` outside a running loop; `NotConnected` if the descriptor or its own loop was closed.
    pub fn call_when_readable<F: FnOnce() + 'static>(&self, f: F) -> Result<()> {
        self.call_when(Side::Read, f)
    }

    /// As [`call_when_readable`](Self::call_when_readable), for a write: how a writer flushes in the background.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn call_when_writable<F: FnOnce() + 'static>(&self, f: F) -> Result<()> {
        self.call_when(Side::Write, f)
    }

    fn call_when<F: FnOnce() + 'static>(&self, side: Side, f: F) -> Result<()> {
        self.source.check_open()?;
        let core = loop_core::running_loop()?;
        let call = HandleInner::new(&core, f) as Rc<dyn Run>;
        if self.source.is_ready(side) {
            core.call(call, 0);
        } else {
            self.source.set_call(side, call);
        }
        Ok(())
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = if self.source.check_open().is_err() { " closed" } else { "" };
        write!(f, "<Registration{closed}>")
    }
}

/// A wait for readiness; made by [`AsyncFd::readable`](super::AsyncFd::readable) and
/// [`AsyncFd::writable`](super::AsyncFd::writable).
#[must_use = "futures do nothing unless awaited"]
pub struct Readiness {
    source: Rc<Source>,
    side: Side,
    wait: Option<(LineWait, Waiting)>,
    at: &'static Location<'static>,
}

impl StdFuture for Readiness {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        if this.wait.is_none() {
            this.source.check_open()?;
            if this.source.is_ready(this.side) {
                return Poll::Ready(Ok(()));
            }
        }
        let (wait, _) =
            this.wait.get_or_insert_with(|| (this.source.line(this.side).wait_at(this.at), this.source.waiting()));
        let result = ready!(Pin::new(wait).poll(cx));
        this.wait = None;
        result?;
        Poll::Ready(Ok(this.source.check_open()?))
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {:?} readiness at {}>", self.side, self.at)
    }
}
