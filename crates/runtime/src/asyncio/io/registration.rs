//! `Registration`, with which tasks wait for a descriptor without holding it, and `Readiness`, such a wait.

use std::fmt;
use std::future::Future as StdFuture;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use asyncio_errors::{Error, Result};
use asyncio_ordered::Ticket;

use crate::asyncio::handles::Handle;
use crate::asyncio::io::source::{AtSource, Side, Source};
use crate::kernel::{BlockedOn, keep_waiting_on, running_loop, take_cancel, wait_on};

/// The registration of an [`AsyncFd`](super::AsyncFd) in its loop, through which tasks wait for its readiness.
///
/// It does not depend on the descriptor's type, and does not keep the descriptor open: waiting for a closed one is an error.
/// Clones are handles of the same registration.
///
/// # Examples
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::{io::AsyncFd, run};
///
/// run(async {
///     let (near, _far) = UnixStream::pair()?;
///     let near = AsyncFd::new(near)?;
///     let place = near.registration().clone();
///     place.writable().await?;
///     drop(near); // the place does not keep it open
///     let error = place.writable().await.unwrap_err();
///     assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::NotConnected);
///     Ok(())
/// })
/// .unwrap();
/// ```
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

    /// May a read succeed? False while it is known that a read would have to wait, and after closing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     assert!(near.registration().is_readable()); // nobody has tried yet
    ///     assert!(near.try_read_with(|mut socket| socket.read(&mut [0; 8])).is_err());
    ///     assert!(!near.registration().is_readable());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.source.is_ready(Side::Read)
    }

    pub(super) fn ready(&self, side: Side, at: &'static Location<'static>) -> Readiness {
        Readiness { source: Rc::clone(&self.source), side, stage: Stage::Idle, at }
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

    /// Call this before each operation of a `poll` function. After many operations that did not have to wait, it is pending for
    /// one iteration, so that other tasks have their turn. [`Readiness::poll_attempts`] calls it by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{create_task, io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     let other = create_task(async { Ok(()) });
    ///     let mut operations = 0;
    ///     while !other.done() {
    ///         poll_fn(|cx| near.registration().poll_turn(cx)).await;
    ///         operations += 1;
    ///     }
    ///     assert!(operations > 1);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn poll_turn(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.source.spend() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Calls `f` once, from the loop, when a read may succeed; in the next iteration if it may already. Otherwise `f` replaces
    /// an earlier function, and is dropped without a call when the descriptor or the loop is closed. A panic in it goes to the
    /// exception handler.
    ///
    /// # Errors
    ///
    /// `RuntimeError` outside a running loop; `NotConnected` if the descriptor or its own loop was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{get_running_loop, io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (near, mut far) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     let called = get_running_loop()?.create_future();
    ///     let call = called.clone();
    ///     near.registration().call_when_readable(move || call.set_result(()).expect("it is called once"))?;
    ///     assert!(!called.done());
    ///     far.write_all(b"abc")?;
    ///     called.await
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn call_when_readable<F: FnOnce() + 'static>(&self, f: F) -> Result<()> {
        self.call_when(Side::Read, f)
    }

    /// Like [`call_when_readable`](Self::call_when_readable), for a write, so that a writer can flush in the background.
    ///
    /// # Errors
    ///
    /// Those of [`call_when_readable`](Self::call_when_readable).
    #[track_caller]
    pub fn call_when_writable<F: FnOnce() + 'static>(&self, f: F) -> Result<()> {
        self.call_when(Side::Write, f)
    }

    #[track_caller]
    fn call_when<F: FnOnce() + 'static>(&self, side: Side, f: F) -> Result<()> {
        self.source.check_open()?;
        let core = running_loop()?;
        let call = Handle::new(&core, None, f).to_run();
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
/// It can be kept and reused: after its end, polling it again waits for the next time.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::{io::AsyncFd, run};
///
/// run(async {
///     let (near, mut far) = UnixStream::pair()?;
///     let near = AsyncFd::new(near)?;
///     let mut readable = near.readable();
///     for message in [b"one", b"two"] {
///         far.write_all(message)?;
///         (&mut readable).await?;
///         let mut buffer = [0; 3];
///         near.try_read_with(|mut socket| socket.read(&mut buffer))?;
///         assert_eq!(&buffer, message);
///     }
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct Readiness {
    source: Rc<Source>,
    side: Side,
    stage: Stage,
    at: &'static Location<'static>,
}

#[derive(Clone, Copy)]
enum Stage {
    Idle,
    /// It waits, with this entry among the waiters.
    Waiting(Ticket),
    /// It gave way to other tasks for one iteration.
    Yielded,
}

impl Readiness {
    /// Stops waiting, as if it were dropped.
    #[inline]
    pub fn give_up(&mut self) {
        if let Stage::Waiting(ticket) = std::mem::replace(&mut self.stage, Stage::Idle) {
            self.source.leave(ticket);
        }
    }

    /// Repeats an attempt until it returns neither `WouldBlock` nor `Interrupted`, and waits for readiness before each attempt;
    /// for a `poll` function. A task that never has to wait gives way to others now and then. A woken task makes an attempt,
    /// whatever other tasks have left.
    ///
    /// With `at_once` the first attempt does not wait, for operations that may succeed although the descriptor is not ready.
    ///
    /// # Errors
    ///
    /// Those of the wait are the outer ones: `CancelledError`; `NotConnected` if the descriptor or the loop was closed. The
    /// attempt's own are the inner ones.
    ///
    /// # Cancellation
    ///
    /// Is delivered while it waits or gives way, never after an attempt has succeeded.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{create_task, io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (mut far, near) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     let writing = create_task(async move { Ok(far.write_all(b"abc")?) });
    ///     let mut readable = near.readable();
    ///     let mut buffer = [0; 8];
    ///     let n = poll_fn(|cx| {
    ///         readable.poll_attempts(cx, false, || near.try_read_with(|mut socket| socket.read(&mut buffer)))
    ///     });
    ///     assert_eq!(n.await??, 3);
    ///     writing.await
    /// })
    /// .unwrap();
    /// ```
    #[inline]
    pub fn poll_attempts<R>(
        &mut self,
        cx: &mut Context<'_>,
        at_once: bool,
        mut attempt: impl FnMut() -> io::Result<R>,
    ) -> Poll<Result<io::Result<R>>> {
        let mut try_now = match self.stage {
            Stage::Idle => at_once || self.source.is_ready(self.side),
            _ => {
                ready!(self.go_on(cx))?;
                true
            }
        };
        loop {
            if !try_now {
                return Poll::Ready(Err(ready!(self.begin(cx))));
            }
            if !self.source.spend() {
                self.give_way(cx);
                return Poll::Pending;
            }
            match attempt() {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    try_now = self.source.is_ready(self.side);
                }
                result => return Poll::Ready(Ok(result)),
            }
        }
    }

    /// Starts to wait; ready with an error if it cannot.
    #[inline]
    fn begin(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if let Err(error) = self.source.check_open() {
            return Poll::Ready(error.into());
        }
        let ticket = self.source.join(self.side, cx.waker());
        wait_on(self.blocked_on(ticket), self.at);
        self.stage = Stage::Waiting(ticket);
        Poll::Pending
    }

    #[cold]
    fn give_way(&mut self, cx: &mut Context<'_>) {
        wait_on(BlockedOn::Turn, self.at);
        self.stage = Stage::Yielded;
        cx.waker().wake_by_ref();
    }

    /// Continues a wait that has started.
    #[inline]
    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(cancelled) = take_cancel() {
            self.give_up();
            return Poll::Ready(Err(cancelled));
        }
        if let Stage::Waiting(ticket) = self.stage
            && self.source.stay(ticket, cx.waker())
        {
            keep_waiting_on(self.blocked_on(ticket));
            return Poll::Pending;
        }
        // The wait was woken. (Or it was cancelled, and another wait of the same task has raised that: then the attempt is in
        // vain.)
        self.stage = Stage::Idle;
        Poll::Ready(Ok(self.source.check_open()?))
    }

    fn blocked_on(&self, ticket: Ticket) -> BlockedOn {
        BlockedOn::Other(Rc::new(Box::new(AtSource(Rc::clone(&self.source), ticket))))
    }
}

impl StdFuture for Readiness {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match self.stage {
            Stage::Idle if self.source.is_ready(self.side) => Poll::Ready(Ok(())),
            Stage::Idle => self.begin(cx).map(Err),
            _ => self.go_on(cx),
        }
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
