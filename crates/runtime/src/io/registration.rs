//! `Registration`: a descriptor's place in the loop, without the descriptor: what is waited on.

use std::fmt;
use std::future::Future as StdFuture;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::error::Result;
use crate::events::HandleInner;
use crate::loop_core;
use crate::reactor::{Side, Source};
use crate::ready::Run;
use crate::tasks::{Sleep, Waiter, keep_waiting_on, sleep, take_cancel, wait_on};
use crate::wait_queue::Place;

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

    /// May a read succeed? False while it is known that it would have to wait, and after the end.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.source.is_ready(Side::Read)
    }

    pub(super) fn ready(&self, side: Side, at: &'static Location<'static>) -> Readiness {
        Readiness { source: Rc::clone(&self.source), side, place: None, at }
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
        if self.source.is_ready(side) {
            return Poll::Ready(Ok(()));
        }
        self.source.check_open()?;
        self.source.set_waker(side, cx.waker());
        Poll::Pending
    }

    /// To be asked before each operation of a loop over operations: after many that did not have to wait it gives a pause to
    /// be awaited, of one iteration, for other tasks. [`AsyncFd::read_with`](super::AsyncFd::read_with) and its like do it
    /// by themselves.
    #[track_caller]
    pub fn turn(&self) -> Option<Sleep> {
        if self.source.spend() { None } else { Some(sleep(0)) }
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
///
/// What waits time and again may keep one: after its end it can be polled anew, for the next time.
#[must_use = "futures do nothing unless awaited"]
pub struct Readiness {
    source: Rc<Source>,
    side: Side,
    /// Its place among those who wait, while it does.
    place: Option<Place>,
    at: &'static Location<'static>,
}

impl Readiness {
    /// Waits no more, as if it were dropped.
    #[inline]
    pub fn give_up(&mut self) {
        if let Some(place) = self.place.take() {
            self.source.leave(place);
        }
    }

    fn waiter(&self, place: Place) -> Waiter {
        Waiter::Readiness(Rc::clone(&self.source), place)
    }

    /// Begins to wait, if it has to.
    #[inline]
    fn begin(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.source.is_ready(self.side) {
            return Poll::Ready(Ok(()));
        }
        self.source.check_open()?;
        let place = self.source.join(self.side, cx.waker());
        wait_on(self.waiter(place), self.at);
        self.place = Some(place);
        Poll::Pending
    }
}

impl StdFuture for Readiness {
    type Output = Result<()>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(place) = self.place else { return self.begin(cx) };
        if let Some(cancelled) = take_cancel() {
            self.give_up();
            return Poll::Ready(Err(cancelled.into()));
        }
        if self.source.stay(place, cx.waker()) {
            keep_waiting_on(self.waiter(place));
            return Poll::Pending;
        }
        // It was woken. (Or cancelled, and another wait of the same task has raised that: then it tries in vain.)
        self.place = None;
        Poll::Ready(Ok(self.source.check_open()?))
    }
}

impl Drop for Readiness {
    #[inline]
    fn drop(&mut self) {
        self.give_up();
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<wait for {:?} readiness at {}>", self.side, self.at)
    }
}
