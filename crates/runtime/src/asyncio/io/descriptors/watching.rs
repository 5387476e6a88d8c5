//! Callbacks for descriptors, such as `loop.add_reader`, and the one descriptor that represents all of a loop's.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use asyncio_errors::Result;

use crate::asyncio::events::EventLoop;
use crate::asyncio::handles::Repeated;
use crate::asyncio::io::source::Side;
use asyncio_selectors::selector::Selector;

/// # Watching file descriptors
impl EventLoop {
    /// Calls `f` whenever `fd` can be read, until [`remove_reader`](Self::remove_reader), which must come before the
    /// descriptor is closed.
    ///
    /// # Errors
    ///
    /// What the system says, for example that the descriptor cannot be watched; `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (mut near, mut far) = UnixStream::pair()?;
    ///     let (watched, received) = (near.try_clone()?, event_loop.create_future());
    ///     let receive = received.clone();
    ///     event_loop.add_reader(&watched, move || {
    ///         let mut byte = [0];
    ///         near.read_exact(&mut byte).expect("it can be read");
    ///         receive.set_result(byte[0]).expect("one byte comes");
    ///     })?;
    ///     far.write_all(b"!")?;
    ///     assert_eq!(received.await?, b'!');
    ///     assert!(event_loop.remove_reader(&watched)?);
    ///     assert!(!event_loop.remove_reader(&watched)?);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_reader<F: FnMut() + 'static>(&self, fd: impl AsFd, f: F) -> Result<()> {
        self.watch(fd, Side::Read, f)
    }

    /// Stops watching for reading; returns false if the descriptor was not watched.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove_reader(&self, fd: impl AsFd) -> Result<bool> {
        Ok(self.core().reactor()?.forget(fd.as_fd(), Side::Read)?)
    }

    /// Calls `f` whenever `fd` can be written, until [`remove_writer`](Self::remove_writer).
    ///
    /// # Errors
    ///
    /// The same as those of [`add_reader`](Self::add_reader).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let room = event_loop.create_future();
    ///     let tell = room.clone();
    ///     // It is called again and again while there is room.
    ///     event_loop.add_writer(&near, move || drop(tell.set_result(())))?;
    ///     room.await?;
    ///     assert!(event_loop.remove_writer(&near)?);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_writer<F: FnMut() + 'static>(&self, fd: impl AsFd, f: F) -> Result<()> {
        self.watch(fd, Side::Write, f)
    }

    /// Stops watching for writing; returns false if the descriptor was not watched.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove_writer(&self, fd: impl AsFd) -> Result<bool> {
        Ok(self.core().reactor()?.forget(fd.as_fd(), Side::Write)?)
    }

    fn watch<F: FnMut() + 'static>(&self, fd: impl AsFd, side: Side, f: F) -> Result<()> {
        self.core().check_closed()?;
        Ok(self.core().reactor()?.watch(fd.as_fd(), side, Repeated::new(self.core(), f))?)
    }
}

/// The descriptor that a host watches for a loop that it drives. It is readable when a descriptor or another thread has given
/// the loop something to do. [`EventLoop::watched`] returns it.
pub struct Watched(Rc<Selector>);

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.poller.as_fd()
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.as_fd()).finish()
    }
}

/// # Being driven by a host
impl EventLoop {
    /// The one descriptor that represents everything that the loop watches. A host that drives the loop watches it for reading
    /// while the host sleeps ([`Guest`](crate::Guest)).
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn watched(&self) -> Result<Watched> {
        Ok(Watched(self.core().selector()?))
    }
}
