//! `Selector`: the system's readiness facility, as thin as it can be.
//!
//! `polling` owns it and registers level-triggered descriptors. On Linux the frequent operations use `polling`'s epoll
//! descriptor directly: a wait is one system call instead of five; an edge-triggered registration asks for `EPOLLRDHUP` as
//! well, without which a short read could not be trusted to have emptied the descriptor; and another thread ends a wait by one
//! write to an eventfd that nobody has to read. Elsewhere `polling` does everything.

use std::cell::RefCell;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use asyncio_errors::RuntimeError;
use polling::{Event, PollMode, Poller};

use crate::gate::gate;

/// What the system reports about one descriptor.
pub struct Found {
    /// The key that the descriptor was registered with.
    pub key: usize,
    /// There is input, or the end of it.
    pub readable: bool,
    /// There is room for output.
    pub writable: bool,
    /// The peer has gone, or there is an error: no further event may come, however much is left to read.
    pub hung_up: bool,
}

/// Where an event loop sleeps.
#[cfg(target_os = "linux")]
pub struct Selector {
    /// What owns the registrations.
    pub poller: Poller,
    found: RefCell<Vec<rustix::event::epoll::Event>>,
    /// Ends a wait when written to.
    bell: Arc<OwnedFd>,
}

/// Where an event loop sleeps.
#[cfg(not(target_os = "linux"))]
pub struct Selector {
    /// What owns the registrations.
    pub poller: Arc<Poller>,
    events: RefCell<polling::Events>,
}

/// Can this thread wait? (Not everywhere: see `no_selector`.)
#[inline]
pub fn check_can_wait() -> Result<(), RuntimeError> {
    Ok(())
}

/// How many events one wait can bring.
const CAPACITY: usize = 1024;

impl Selector {
    /// Lets input on this descriptor end a wait, once, and does nothing else about it.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn wake_on(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: the descriptor must be deleted from the poller before it is closed; the only caller, `signals::Interrupt`,
        // calls `wake_no_more` first. Tests: `tests/interrupt.rs`, and `tests/descriptor_leaks.rs`.
        unsafe { self.poller.add_with_mode(&fd, Event::readable(fd.as_raw_fd() as usize), PollMode::Oneshot) }
    }

    /// Waits for events, at most `timeout`. A signal may end the wait early, and reports that a gate has held back do.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn wait(&self, timeout: Option<Duration>, found: impl FnMut(Found)) -> io::Result<()> {
        let Some(gate) = gate() else { return self.look(timeout, found) };
        let mut all = gate.take_held();
        let limit = if all.is_empty() { timeout } else { Some(Duration::ZERO) };
        self.look(limit, |event| all.push(event))?;
        gate.pass(timeout, all).into_iter().for_each(found);
        Ok(())
    }

    /// Takes back [`wake_on`](Self::wake_on).
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn wake_no_more(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(fd)
    }
}

#[cfg(target_os = "linux")]
impl Selector {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn new() -> io::Result<Self> {
        use rustix::event::epoll::{self, EventData, EventFlags};
        use rustix::event::{EventfdFlags, eventfd};
        let poller = Poller::new()?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered: every write is reported once, whether or not earlier ones were read.
        epoll::add(&poller, &bell, EventData::new_u64(BELL_KEY as u64), EventFlags::IN | EventFlags::ET)?;
        Ok(Self { poller, found: RefCell::new(Vec::with_capacity(CAPACITY)), bell: Arc::new(bell) })
    }

    /// What ends a wait, from any thread; the present one or else the next.
    pub fn bell(&self) -> impl Fn() + Send + Sync + use<> {
        let bell = Arc::clone(&self.bell);
        // Fails only when the counter is full, after more than 10^19 times.
        move || {
            let _ = rustix::io::write(&*bell, &1u64.to_ne_bytes());
        }
    }

    /// Registers a descriptor for both sides, edge-triggered.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn add_edge(&self, fd: BorrowedFd<'_>, key: usize) -> io::Result<()> {
        use rustix::event::epoll::{self, EventData, EventFlags};
        let flags = EventFlags::IN | EventFlags::PRI | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.poller, fd, EventData::new_u64(key as u64), flags)?)
    }

    /// Waits for events, at most `timeout`. A signal ends the wait early.
    fn look(&self, timeout: Option<Duration>, mut found: impl FnMut(Found)) -> io::Result<()> {
        use rustix::event::epoll::{self, EventFlags};
        let timeout = timeout.map(|timeout| timeout.try_into().expect("the loop waits a day at most"));
        let mut events = self.found.borrow_mut();
        events.clear();
        match epoll::wait(&self.poller, rustix::buffer::spare_capacity(&mut *events), timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        for event in events.iter() {
            let (key, flags) = (event.data.u64() as usize, event.flags);
            if key == BELL_KEY {
                continue;
            }
            let broken = flags.intersects(EventFlags::HUP | EventFlags::ERR);
            found(Found {
                key,
                readable: broken || flags.intersects(EventFlags::IN | EventFlags::PRI | EventFlags::RDHUP),
                writable: broken || flags.intersects(EventFlags::OUT),
                // A read also stops at urgent data, and what follows that was already announced.
                hung_up: broken || flags.intersects(EventFlags::RDHUP | EventFlags::PRI),
            });
        }
        Ok(())
    }
}

/// The key of the bell. (`polling` reserves the largest one.)
#[cfg(target_os = "linux")]
const BELL_KEY: usize = usize::MAX - 1;

#[cfg(not(target_os = "linux"))]
impl Selector {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn new() -> io::Result<Self> {
        let capacity = std::num::NonZeroUsize::new(CAPACITY).expect("not zero");
        Ok(Self { poller: Arc::new(Poller::new()?), events: RefCell::new(polling::Events::with_capacity(capacity)) })
    }

    /// What ends a wait, from any thread; the present one or else the next.
    pub fn bell(&self) -> impl Fn() + Send + Sync + use<> {
        let poller = Arc::clone(&self.poller);
        // An error would mean a broken descriptor of the poller's own, and there is nothing better to do.
        move || drop(poller.notify())
    }

    /// Registers a descriptor for both sides, edge-triggered.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn add_edge(&self, fd: BorrowedFd<'_>, key: usize) -> io::Result<()> {
        if !self.poller.supports_edge() {
            let reason = "this system has no edge-triggered readiness; add_reader and add_writer work";
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        // SAFETY: the descriptor must be deleted from the poller before it is closed. `AsyncFd` owns it and does so when it
        // is dropped, or gives it away. Test: `tests/descriptor_leaks.rs`.
        unsafe { self.poller.add_with_mode(&fd, polling::Event::all(key), polling::PollMode::Edge) }
    }

    /// Waits for events, at most `timeout`. A signal may end the wait early.
    fn look(&self, timeout: Option<Duration>, mut found: impl FnMut(Found)) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        events.clear();
        match self.poller.wait(&mut events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        };
        for event in events.iter() {
            // `polling` does not report whether the peer has gone. Assume so: that costs a system call, but loses nothing.
            found(Found { key: event.key, readable: event.readable, writable: event.writable, hung_up: true });
        }
        Ok(())
    }
}
