//! `Announcer`: readiness without a descriptor, for connections in memory.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::rc::Rc;

use super::registration::Registration;
use super::source::{Side, Source, attempt};
use crate::kernel::{Run, Text, running_loop};

/// Readiness that the program itself announces: the counterpart of [`AsyncFd`](super::AsyncFd) for one end of something in
/// memory.
///
/// Tasks wait for it through its [`registration`](Self::registration), for as many iterations as with a descriptor. Nothing
/// outside of the program can wake such a task, so a deadlock is noticed.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, io::ErrorKind, rc::Rc};
///
/// use asyncio::{create_task, io::Announcer, run, sleep};
///
/// run(async {
///     let mailbox = Rc::new((Announcer::new(), Cell::new(None)));
///     let sender = Rc::clone(&mailbox);
///     let sending = create_task(async move {
///         sleep(0).await?;
///         sender.1.set(Some("a letter"));
///         sender.0.announce_readable();
///         Ok(())
///     });
///     let (announcer, letter) = &*mailbox;
///     let letter = loop {
///         match announcer.try_read_with(|| letter.take().ok_or(ErrorKind::WouldBlock.into())) {
///             Ok(letter) => break letter,
///             Err(_) => announcer.registration().readable().await?,
///         }
///     };
///     assert_eq!(letter, "a letter");
///     sending.await
/// })
/// .unwrap();
/// ```
pub struct Announcer {
    calls: Rc<Announcement>,
}

/// The callback that the loop runs for an announcement.
struct Announcement {
    registration: Registration,
    /// Is one in the queue, for either side?
    queued: [Cell<bool>; 2],
}

impl Announcer {
    /// Creates an announcer that counts as ready on both sides until an operation returns `WouldBlock`.
    #[must_use]
    pub fn new() -> Self {
        let registration = Registration { source: Rc::new(Source::new(0, &Rc::default())) };
        Self { calls: Rc::new(Announcement { registration, queued: Default::default() }) }
    }

    /// The registration through which tasks wait for its readiness.
    #[must_use]
    pub fn registration(&self) -> &Registration {
        &self.calls.registration
    }

    /// Announces that a read may succeed. The loop notes it and wakes the waiters in the next iteration, as for a descriptor.
    pub fn announce_readable(&self) {
        self.announce(Side::Read);
    }

    /// Announces that a write may succeed.
    pub fn announce_writable(&self) {
        self.announce(Side::Write);
    }

    fn announce(&self, side: Side) {
        let Ok(core) = running_loop() else { return self.calls.registration.source.set_ready(side) };
        if !self.calls.queued[side as usize].replace(true) {
            core.call(Rc::clone(&self.calls) as Rc<dyn Run>, side as u32);
        }
    }

    /// Ends every wait with the error of a closed descriptor, as dropping does.
    pub fn close(&self) {
        self.calls.registration.source.close();
    }

    /// Attempts to read: see [`AsyncFd::try_read_with`](super::AsyncFd::try_read_with).
    ///
    /// # Errors
    ///
    /// The operation's own. `WouldBlock`, without calling it, while it is known that it would have to wait.
    pub fn try_read_with<R>(&self, read: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        attempt(&self.calls.registration.source, Side::Read, read)
    }

    /// Attempts to write: see [`AsyncFd::try_write_with`](super::AsyncFd::try_write_with).
    ///
    /// # Errors
    ///
    /// Those of [`try_read_with`](Self::try_read_with).
    pub fn try_write_with<R>(&self, write: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        attempt(&self.calls.registration.source, Side::Write, write)
    }
}

impl Default for Announcer {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Announcer>")
    }
}

impl Run for Announcement {
    fn run(&self, side: u32) {
        self.queued[side as usize].set(false);
        self.registration.source.set_ready(side.into());
        self.registration.source.wake(side.into());
    }

    fn describe(&self) -> Text {
        "Announcer._ready()".into()
    }
}
