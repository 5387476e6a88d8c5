//! Readiness of descriptors: a `polling::Poller` and what to run when a descriptor is readable or writable.
//!
//! A descriptor is registered once, level-triggered, and stays registered until it is forgotten, so waiting costs no
//! system call per wait. Knows nothing of the loop but that it can queue a `Run`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};

use crate::ready::Run;

pub(crate) struct Reactor {
    poller: Arc<Poller>,
    events: RefCell<Events>,
    watched: RefCell<HashMap<RawFd, Watched>>,
}

#[derive(Default)]
struct Watched {
    reader: Option<Rc<dyn Run>>,
    writer: Option<Rc<dyn Run>>,
}

/// Which side of a descriptor.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Read,
    Write,
}

impl Watched {
    fn side(&mut self, side: Side) -> &mut Option<Rc<dyn Run>> {
        match side {
            Side::Read => &mut self.reader,
            Side::Write => &mut self.writer,
        }
    }

    fn interest(&self, fd: RawFd) -> Event {
        Event::new(fd as usize, self.reader.is_some(), self.writer.is_some())
    }
}

impl Reactor {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { poller: Arc::new(Poller::new()?), events: RefCell::new(Events::new()), watched: RefCell::default() })
    }

    pub(crate) fn poller(&self) -> Arc<Poller> {
        Arc::clone(&self.poller)
    }

    /// Is no descriptor watched?
    pub(crate) fn is_idle(&self) -> bool {
        self.watched.borrow().is_empty()
    }

    /// Runs `run` in every iteration in which the descriptor is ready; replaces what was there for this side.
    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, side: Side, run: Rc<dyn Run>) -> io::Result<()> {
        let raw = fd.as_raw_fd();
        let mut watched = self.watched.borrow_mut();
        let known = watched.contains_key(&raw);
        let entry = watched.entry(raw).or_default();
        let old = entry.side(side).replace(run);
        let interest = entry.interest(raw);
        let registered = if known {
            self.poller.modify_with_mode(fd, interest, PollMode::Level)
        } else {
            // SAFETY: the descriptor must be deleted from the poller before it is closed. `forget` does so, and callers
            // of `add_reader` promise to call it first, as they must in Python; on the systems that `polling` supports
            // the kernel forgets a closed descriptor by itself, so that a broken promise loses events, not memory.
            unsafe { self.poller.add_with_mode(&fd, interest, PollMode::Level) }
        };
        if let Err(error) = registered {
            *entry.side(side) = old;
            if !known {
                watched.remove(&raw);
            }
            return Err(error);
        }
        Ok(())
    }

    /// Stops watching one side; false if it was not watched.
    pub(crate) fn forget(&self, fd: BorrowedFd<'_>, side: Side) -> io::Result<bool> {
        let raw = fd.as_raw_fd();
        let mut watched = self.watched.borrow_mut();
        let Some(entry) = watched.get_mut(&raw) else { return Ok(false) };
        let old = entry.side(side).take();
        if entry.reader.is_none() && entry.writer.is_none() {
            watched.remove(&raw);
            self.poller.delete(fd)?;
        } else {
            let interest = entry.interest(raw);
            self.poller.modify_with_mode(fd, interest, PollMode::Level)?;
        }
        Ok(old.is_some())
    }

    /// Lets input on this descriptor end a wait, once, and does nothing else about it. It does not count as watched.
    pub(crate) fn wake_on(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: as in `watch`; the only caller, `signals::Interrupt`, calls `wake_no_more` before it closes the
        // descriptor.
        unsafe { self.poller.add_with_mode(&fd, Event::readable(fd.as_raw_fd() as usize), PollMode::Oneshot) }
    }

    pub(crate) fn wake_no_more(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(fd)
    }

    /// Waits for readiness, at most `timeout`, and hands over what is to run, in the order in which the system tells.
    pub(crate) fn wait(&self, timeout: Option<Duration>, mut queue: impl FnMut(Rc<dyn Run>)) {
        let mut events = self.events.borrow_mut();
        events.clear();
        match self.poller.wait(&mut events, timeout) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => panic!("waiting for descriptors failed: {error}"),
        }
        let watched = self.watched.borrow();
        for event in events.iter() {
            let Some(entry) = watched.get(&(event.key as RawFd)) else { continue };
            if event.readable
                && let Some(reader) = &entry.reader
            {
                queue(Rc::clone(reader));
            }
            if event.writable
                && let Some(writer) = &entry.writer
            {
                queue(Rc::clone(writer));
            }
        }
    }
}
