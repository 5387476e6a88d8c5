//! Descriptors of the system in the event loop.

mod process;
mod reactor;
mod watching;

use std::fmt;
use std::future::{Future as StdFuture, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};

use asyncio_errors::Result;

pub use process::{kill, pidfd_send_signal};
pub use watching::Watched;

use super::registration::{Readiness, Registration};
use super::source::{Side, Source, attempt, would_block};
use crate::kernel::running_loop;
use reactor::Reactor;

/// A descriptor (a socket, a pipe, a terminal, a process's) in the event loop.
///
/// The closest things in asyncio are `loop.sock_recv` and its relatives. But this works with every kind of descriptor, and with
/// any operation. It belongs to the loop that ran when it was made. Any number of tasks may wait on it; all of them are woken,
/// in the order in which they came, and try again.
///
/// An operation must not wait for anything else, and must return [`WouldBlock`](io::ErrorKind::WouldBlock) only if the system
/// did. After that it is not tried again until the system reports a change.
///
/// Dropping it ends the waits of others with an error (`NotConnected`), and so does closing the loop. A descriptor without
/// waiters does not keep virtual time from jumping.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::io::AsyncFd;
/// use asyncio::{create_task, run};
///
/// run(async {
///     let (near, far) = UnixStream::pair()?;
///     let (near, far) = (AsyncFd::new(near)?, AsyncFd::new(far)?);
///     let reading = create_task(async move {
///         let mut buffer = [0; 16];
///         let n = far.read_with(|mut socket| socket.read(&mut buffer)).await?;
///         Ok(buffer[..n].to_vec())
///     });
///     near.write_with(|mut socket| socket.write(b"hello")).await?;
///     assert_eq!(reading.await?, b"hello");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct AsyncFd<T: AsFd> {
    /// Present until it is moved out or dropped.
    io: Option<T>,
    registration: Registration,
    reactor: Weak<Reactor>,
}

impl<T: AsFd> AsyncFd<T> {
    /// Registers `io` with the running loop, and switches it to non-blocking mode (for every descriptor of the same open file,
    /// because the mode belongs to the file).
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop`; what the system says, for example that a regular file cannot be waited for;
    /// `AlreadyExists` if the descriptor is registered already, for example by [`add_reader`](crate::EventLoop::add_reader).
    pub fn new(io: T) -> Result<Self> {
        running_loop()?;
        rustix::io::ioctl_fionbio(io.as_fd(), true).map_err(io::Error::from)?;
        Self::unchanged(io)
    }

    /// Like [`new`](Self::new), but leaves the mode as it is, which saves a system call. It is for descriptors that are
    /// non-blocking already, and for those that are only waited for, and never read or written, such as a process's.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
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
    ///     let (near, far) = UnixStream::pair()?;
    ///     near.set_nonblocking(true)?;
    ///     let near = AsyncFd::unchanged(near)?;
    ///     drop(far);
    ///     near.readable().await?; // the end can be read too
    ///     assert_eq!(near.try_read_with(|mut socket| socket.read(&mut [0; 8]))?, 0);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn unchanged(io: T) -> Result<Self> {
        let core = running_loop()?;
        let reactor = core.reactor()?;
        let source = reactor.register(io.as_fd())?;
        Ok(Self { io: Some(io), registration: Registration { source }, reactor: Rc::downgrade(&reactor) })
    }

    /// What it was made of.
    pub fn get_ref(&self) -> &T {
        self.io.as_ref().expect("taken only by value")
    }

    /// Returns the descriptor, which stays non-blocking. Like dropping, this ends the waits of others.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{ErrorKind, Read};
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     assert!(near.get_ref().peer_addr()?.is_unnamed());
    ///     let mut near: UnixStream = near.into_inner();
    ///     assert_eq!(near.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn into_inner(mut self) -> T {
        self.deregister();
        self.io.take().expect("taken only by value")
    }

    /// Its registration in the loop, with which tasks can wait without the descriptor's type and without holding the
    /// descriptor.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    fn source(&self) -> &Source {
        &self.registration.source
    }

    fn deregister(&self) {
        // A source that is closed is not registered any more.
        if let (Ok(()), Some(reactor), Some(io)) = (self.source().check_open(), self.reactor.upgrade(), &self.io) {
            reactor.deregister(io.as_fd(), self.source());
        }
    }

    // Waiting.

    /// Waits until a read may succeed; does not suspend if it may already. The wait does not borrow the `AsyncFd`.
    ///
    /// # Errors
    ///
    /// `CancelledError`; `NotConnected` if the descriptor or the loop was closed.
    ///
    /// # Cancellation
    ///
    /// Loses nothing: what was learnt is remembered for the next wait.
    #[track_caller]
    pub fn readable(&self) -> Readiness {
        self.registration.readable()
    }

    /// Like [`readable`](Self::readable), for a write.
    ///
    /// # Cancellation
    ///
    /// Loses nothing: what was learnt is remembered for the next wait.
    #[track_caller]
    pub fn writable(&self) -> Readiness {
        self.registration.writable()
    }

    // Operations.

    /// Calls `read` if it may succeed; otherwise returns `WouldBlock` without trying.
    ///
    /// # Errors
    ///
    /// What `read` says; `NotConnected` if the loop was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{ErrorKind, Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{io::AsyncFd, run};
    ///
    /// run(async {
    ///     let (near, far) = UnixStream::pair()?;
    ///     let (near, far) = (AsyncFd::new(near)?, AsyncFd::new(far)?);
    ///     let mut buffer = [0; 8];
    ///     let mut read = || near.try_read_with(|mut socket| socket.read(&mut buffer));
    ///     assert_eq!(read().unwrap_err().kind(), ErrorKind::WouldBlock);
    ///     far.try_write_with(|mut socket| socket.write(b"abc"))?;
    ///     near.readable().await?;
    ///     assert_eq!(read()?, 3);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn try_read_with<R>(&self, read: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_with(Side::Read, read)
    }

    /// Calls `write` if it may succeed; otherwise returns `WouldBlock` without trying.
    ///
    /// # Errors
    ///
    /// Those of [`try_read_with`](Self::try_read_with).
    pub fn try_write_with<R>(&self, write: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_with(Side::Write, write)
    }

    fn try_with<R>(&self, side: Side, operation: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        attempt(self.source(), side, || operation(self.get_ref()))
    }

    /// Calls `read` until it no longer returns `WouldBlock` (or `Interrupted`), waiting in between. A task that never has to
    /// wait gives way to others now and then.
    ///
    /// # Errors
    ///
    /// What `read` says, `CancelledError`, `NotConnected` if the loop was closed.
    ///
    /// # Cancellation
    ///
    /// Only while it waits, never after an operation has succeeded.
    #[track_caller]
    pub fn read_with<R>(&self, read: impl FnMut(&T) -> io::Result<R>) -> impl StdFuture<Output = Result<R>> {
        self.with(Side::Read, read, Location::caller())
    }

    /// Like [`read_with`](Self::read_with), for writing.
    ///
    /// # Cancellation
    ///
    /// Only while it waits, never after an operation has succeeded.
    #[track_caller]
    pub fn write_with<R>(&self, write: impl FnMut(&T) -> io::Result<R>) -> impl StdFuture<Output = Result<R>> {
        self.with(Side::Write, write, Location::caller())
    }

    fn with<R>(
        &self,
        side: Side,
        mut operation: impl FnMut(&T) -> io::Result<R>,
        at: &'static Location<'static>,
    ) -> impl StdFuture<Output = Result<R>> {
        let mut readiness = self.registration.ready(side, at);
        poll_fn(move |cx| {
            let attempted = readiness.poll_attempts(cx, false, || self.try_with(side, &mut operation));
            Poll::Ready(Ok(ready!(attempted)??))
        })
    }

    /// Notes that a read from a *stream* returned fewer bytes than requested, but more than none. The next read would have to
    /// wait, so it waits without an attempt, which saves a system call. New data is still noticed.
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
    ///     let mut buffer = [0; 8];
    ///     far.write_all(b"abc")?;
    ///     assert_eq!(near.read_with(|mut socket| socket.read(&mut buffer)).await?, 3); // of 8: there is no more
    ///     near.short_read();
    ///     far.write_all(b"de")?;
    ///     assert_eq!(near.read_with(|mut socket| socket.read(&mut buffer)).await?, 2);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn short_read(&self) {
        if cfg!(target_os = "linux") {
            self.source().short(Side::Read);
        }
    }

    /// Like [`short_read`](Self::short_read), for a write.
    pub fn short_write(&self) {
        if cfg!(target_os = "linux") {
            self.source().short(Side::Write);
        }
    }

    // For futures written by hand.

    /// The `poll` form of [`readable`](Self::readable). Only the most recent waker is woken. Cancelling the task drops
    /// the innermost block around this wait, as for a future of another crate; [`cancellable`](crate::cancellable) makes a
    /// block of the wait alone.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the loop was closed.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_readable(cx)
    }

    /// Like [`poll_readable`](Self::poll_readable), for writing.
    ///
    /// # Errors
    ///
    /// Those of [`poll_readable`](Self::poll_readable).
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_writable(cx)
    }

    /// The `poll` form of [`read_with`](Self::read_with); see [`poll_readable`](Self::poll_readable).
    ///
    /// # Errors
    ///
    /// What `read` says; `NotConnected` if the loop was closed.
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
    ///     let (near, mut far) = UnixStream::pair()?;
    ///     let near = AsyncFd::new(near)?;
    ///     let writing = create_task(async move { Ok(far.write_all(b"abc")?) });
    ///     let mut buffer = [0; 8];
    ///     let n = poll_fn(|cx| near.poll_read_with(cx, |mut socket| socket.read(&mut buffer))).await?;
    ///     assert_eq!(&buffer[..n], b"abc");
    ///     writing.await
    /// })
    /// .unwrap();
    /// ```
    pub fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        read: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(Side::Read, cx, read)
    }

    /// Like [`poll_read_with`](Self::poll_read_with), for writing.
    ///
    /// # Errors
    ///
    /// Those of [`poll_read_with`](Self::poll_read_with).
    pub fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(Side::Write, cx, write)
    }

    fn poll_with<R>(
        &self,
        side: Side,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        ready!(self.registration.poll_turn(cx));
        loop {
            let result = self.try_with(side, &mut operation);
            if !would_block(&result) {
                return Poll::Ready(result);
            }
            ready!(self.registration.poll_ready(side, cx))?;
        }
    }
}

impl<T: AsFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        self.deregister();
    }
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<AsyncFd fd={}>", self.as_fd().as_raw_fd())
    }
}
