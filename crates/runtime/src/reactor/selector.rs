//! `Selector`: the system's readiness facility, as thin as it can be.
//!
//! `polling` owns it: it registers level-triggered descriptors and wakes it from other threads. On Linux the two things that
//! happen all the time are done on `polling`'s epoll descriptor directly: a wait is one system call instead of five, and an
//! edge-triggered registration asks for `EPOLLRDHUP` as well, without which a short read could not be trusted to have
//! emptied the descriptor. Elsewhere `polling` does everything.

use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use polling::{Events, Poller};

/// What the system says of one descriptor.
pub(super) struct Found {
    pub(super) key: usize,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer has gone, or there is an error: no further event may come, however much is left to read.
    pub(super) hung_up: bool,
}

pub(super) struct Selector {
    pub(super) poller: Arc<Poller>,
    events: RefCell<Events>,
    #[cfg(target_os = "linux")]
    found: RefCell<Vec<rustix::event::epoll::Event>>,
}

/// How many events one wait can bring.
const CAPACITY: usize = 1024;

impl Selector {
    /// Hands over what `polling` finds.
    fn wait_portably(&self, timeout: Option<Duration>, mut found: impl FnMut(Found)) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        events.clear();
        self.poller.wait(&mut events, timeout)?;
        for event in events.iter() {
            // `polling` does not tell whether the peer has gone: assume it, which costs a system call and loses nothing.
            found(Found { key: event.key, readable: event.readable, writable: event.writable, hung_up: true });
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl Selector {
    pub(super) fn new() -> io::Result<Self> {
        let few = std::num::NonZeroUsize::new(16).expect("not zero");
        Ok(Self {
            poller: Arc::new(Poller::new()?),
            events: RefCell::new(Events::with_capacity(few)),
            found: RefCell::new(Vec::with_capacity(CAPACITY)),
        })
    }

    /// Registers a descriptor for both sides, edge-triggered.
    pub(super) fn add_edge(&self, fd: BorrowedFd<'_>, key: usize) -> io::Result<()> {
        use rustix::event::epoll::{self, EventData, EventFlags};
        let flags = EventFlags::IN | EventFlags::PRI | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&*self.poller, fd, EventData::new_u64(key as u64), flags)?)
    }

    /// Waits for events, at most `timeout`. A signal ends the wait early.
    pub(super) fn wait(&self, timeout: Option<Duration>, mut found: impl FnMut(Found)) -> io::Result<()> {
        use rustix::event::epoll::{self, EventFlags};
        let timeout = timeout.map(|timeout| timeout.try_into().expect("the loop waits a day at most"));
        let mut events = self.found.borrow_mut();
        events.clear();
        match epoll::wait(&*self.poller, rustix::buffer::spare_capacity(&mut *events), timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut notified = false;
        for event in events.iter() {
            let (key, flags) = (event.data.u64() as usize, event.flags);
            if key == NOTIFY_KEY {
                notified = true;
                continue;
            }
            let broken = flags.intersects(EventFlags::HUP | EventFlags::ERR);
            found(Found {
                key,
                readable: broken || flags.intersects(EventFlags::IN | EventFlags::PRI | EventFlags::RDHUP),
                writable: broken || flags.intersects(EventFlags::OUT),
                // A read stops at urgent data, too: what comes after it was announced.
                hung_up: broken || flags.intersects(EventFlags::RDHUP | EventFlags::PRI),
            });
        }
        // Another thread woke the loop. Only `polling` can take its notification back.
        if notified { self.wait_portably(Some(Duration::ZERO), found) } else { Ok(()) }
    }
}

/// The key that `polling` keeps for itself.
#[cfg(target_os = "linux")]
const NOTIFY_KEY: usize = usize::MAX;

#[cfg(not(target_os = "linux"))]
impl Selector {
    pub(super) fn new() -> io::Result<Self> {
        let capacity = std::num::NonZeroUsize::new(CAPACITY).expect("not zero");
        Ok(Self { poller: Arc::new(Poller::new()?), events: RefCell::new(Events::with_capacity(capacity)) })
    }

    /// Registers a descriptor for both sides, edge-triggered.
    pub(super) fn add_edge(&self, fd: BorrowedFd<'_>, key: usize) -> io::Result<()> {
        if !self.poller.supports_edge() {
            let reason = "this system has no edge-triggered readiness; add_reader and add_writer work";
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        // SAFETY: the descriptor must be deleted from the poller before it is closed. `AsyncFd` owns it and does so when it
        // is dropped, or gives it away.
        unsafe { self.poller.add_with_mode(&fd, polling::Event::all(key), polling::PollMode::Edge) }
    }

    /// Waits for events, at most `timeout`. A signal may end the wait early.
    pub(super) fn wait(&self, timeout: Option<Duration>, found: impl FnMut(Found)) -> io::Result<()> {
        match self.wait_portably(timeout, found) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }
}
