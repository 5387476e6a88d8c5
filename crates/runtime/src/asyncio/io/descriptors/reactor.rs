//! Readiness of descriptors: which callback to run when one is readable or writable.
//!
//! A descriptor is watched in one of two ways. `watch` is asyncio's `add_reader`: level-triggered, a callback in every iteration
//! in which the descriptor is ready. `register` is what `AsyncFd` and everything above it uses: edge-triggered, for both sides at
//! once and for the descriptor's whole life, with its readiness remembered in a `Source`. The reactor knows the loop only as
//! something that can queue a `Run`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;

use polling::{Event, PollMode};

use crate::asyncio::io::source::{Side, Source};
use crate::kernel::{EventTarget, LoopCore, Phase, Run, Tenant};
use asyncio_selectors::selector::{Found, Selector};

pub(crate) struct Reactor {
    selector: Rc<Selector>,
    /// The level-triggered ones; the key is the number of the descriptor.
    watched: RefCell<BTreeMap<RawFd, WatchedFd>>,
    /// The edge-triggered ones; the key is the index here plus `SOURCES`.
    sources: RefCell<Vec<Option<Rc<Source>>>>,
    free: RefCell<Vec<usize>>,
    /// The number of waits for all sources.
    waiting: Rc<Cell<usize>>,
}

#[derive(Default)]
struct WatchedFd {
    reader: Option<Rc<dyn Run>>,
    writer: Option<Rc<dyn Run>>,
}

/// The first key of a source; the keys of descriptors are all smaller.
const SOURCES: usize = 1 << 31;

impl WatchedFd {
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

impl LoopCore {
    /// The reactor, which is made for the first descriptor.
    pub(crate) fn reactor(&self) -> io::Result<Rc<Reactor>> {
        if let Some(reactor) = self.tenants.find() {
            return Ok(reactor);
        }
        let reactor = self.tenants.add(Reactor::new(self.selector()?));
        self.set_reactor(Rc::clone(&reactor) as Rc<dyn EventTarget>);
        Ok(reactor)
    }
}

impl Reactor {
    pub(crate) fn new(selector: Rc<Selector>) -> Rc<Self> {
        Rc::new(Self {
            selector,
            watched: RefCell::default(),
            sources: RefCell::default(),
            free: RefCell::default(),
            waiting: Rc::default(),
        })
    }

    // Edge-triggered.

    /// Registers a descriptor until `deregister`.
    pub(crate) fn register(&self, fd: BorrowedFd<'_>) -> io::Result<Rc<Source>> {
        let mut sources = self.sources.borrow_mut();
        let free = self.free.borrow().last().copied();
        let index = free.unwrap_or(sources.len());
        self.selector.add_edge(fd, SOURCES + index).map_err(|error| name_clash(error, fd))?;
        let source = Rc::new(Source::new(SOURCES + index, &self.waiting));
        if free.is_some() {
            self.free.borrow_mut().pop();
            sources[index] = Some(Rc::clone(&source));
        } else {
            sources.push(Some(Rc::clone(&source)));
        }
        Ok(source)
    }

    /// Forgets a descriptor; tasks that wait for it get an error.
    pub(crate) fn deregister(&self, fd: BorrowedFd<'_>, source: &Source) {
        // Fails only if the descriptor was closed behind our back, and its registration with it.
        let _ = self.selector.poller.delete(fd);
        let index = source.key - SOURCES;
        // The slot is gone if the loop is just closing.
        if let Some(slot) = self.sources.borrow_mut().get_mut(index) {
            *slot = None;
            self.free.borrow_mut().push(index);
        }
        source.close();
    }

    // Level-triggered.

    /// Runs `run` in every iteration in which the descriptor is ready; replaces an earlier callback for this side.
    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, side: Side, run: Rc<dyn Run>) -> io::Result<()> {
        let raw = fd.as_raw_fd();
        // Dropped after the borrow has ended: a callback holds what the user likes.
        let _gone;
        let mut watched = self.watched.borrow_mut();
        let known = watched.contains_key(&raw);
        let entry = watched.entry(raw).or_default();
        let old = entry.side(side).replace(run);
        let interest = entry.interest(raw);
        let poller = &self.selector.poller;
        let registered = if known {
            poller.modify_with_mode(fd, interest, PollMode::Level)
        } else {
            // SAFETY: the descriptor must be deleted from the poller before it is closed. `forget` does so, and callers
            // of `add_reader` promise to call it first, as they must in Python. A broken promise costs no memory: what
            // the system is told are numbers, and so is what it tells. It forgets a closed descriptor by itself, or goes
            // on telling of one that has a duplicate: events are missing, or there are some that mean nothing. Test:
            // `a_closed_loop_watches_nothing_and_forgets_what_it_watched`.
            unsafe { poller.add_with_mode(&fd, interest, PollMode::Level) }
        };
        if let Err(error) = registered {
            _gone = std::mem::replace(entry.side(side), old);
            if !known {
                watched.remove(&raw);
            }
            return Err(name_clash(error, fd));
        }
        if let Some(old) = &old {
            old.cut(); // it may be queued
        }
        _gone = old;
        Ok(())
    }

    /// Stops watching one side; returns false if it was not watched.
    pub(crate) fn forget(&self, fd: BorrowedFd<'_>, side: Side) -> io::Result<bool> {
        let raw = fd.as_raw_fd();
        // As in `watch`.
        let old;
        let mut watched = self.watched.borrow_mut();
        let Some(entry) = watched.get_mut(&raw) else { return Ok(false) };
        old = entry.side(side).take();
        if let Some(old) = &old {
            old.cut(); // it may be queued
        }
        if entry.reader.is_none() && entry.writer.is_none() {
            watched.remove(&raw);
            self.selector.poller.delete(fd)?;
        } else {
            let interest = entry.interest(raw);
            self.selector.poller.modify_with_mode(fd, interest, PollMode::Level)?;
        }
        Ok(old.is_some())
    }
}

impl Tenant for Reactor {
    fn phase(&self) -> Phase {
        Phase::Descriptors
    }

    /// A descriptor that is only registered does not count.
    fn is_expecting(&self) -> bool {
        self.waiting.get() > 0 || !self.watched.borrow().is_empty()
    }

    /// Ends every wait for a source with an error.
    fn close(self: Rc<Self>) {
        for source in self.sources.take().into_iter().flatten() {
            source.close();
        }
        // Dropped after the borrow has ended: a callback holds what the user likes.
        let watched = self.watched.take();
        drop(watched);
    }
}

impl EventTarget for Reactor {
    fn found(&self, found: &Found, queue: &mut dyn FnMut(Rc<dyn Run>, u32)) {
        if let Some(index) = found.key.checked_sub(SOURCES) {
            if let Some(Some(source)) = self.sources.borrow().get(index) {
                source.found(found, queue);
            }
            return;
        }
        let watched = self.watched.borrow();
        let Some(entry) = watched.get(&(found.key as RawFd)) else { return };
        for (run, happened) in [(&entry.reader, found.readable), (&entry.writer, found.writable)] {
            if let (Some(run), true) = (run, happened) {
                queue(Rc::clone(run), 0);
            }
        }
    }
}

/// A descriptor can be watched in only one way at a time; the system says only that something exists already.
fn name_clash(error: io::Error, fd: BorrowedFd<'_>) -> io::Error {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return error;
    }
    let message = format!("file descriptor {} is watched by this event loop already", fd.as_raw_fd());
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use crate::{Clock, EventLoop};

    #[test]
    fn the_place_of_a_descriptor_that_is_not_registered_any_more_is_used_again() {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let reactor = event_loop.core().reactor().unwrap();
        let (kept, _far) = UnixStream::pair().unwrap();
        let _source = reactor.register(kept.as_fd()).unwrap();
        for _ in 0..3 {
            let (near, _far) = UnixStream::pair().unwrap();
            let source = reactor.register(near.as_fd()).unwrap();
            reactor.deregister(near.as_fd(), &source);
        }
        assert_eq!(reactor.sources.borrow().len(), 2);
    }
}
