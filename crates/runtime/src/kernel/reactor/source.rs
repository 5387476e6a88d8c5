//! `Source`: what the loop remembers of a descriptor that is registered for good.
//!
//! The core idea: an event is not handed to whoever waits but noted in the source (`ready`), and stays noted until an
//! operation finds that nothing is there. So no wait needs a system call, and a wait that is cancelled loses nothing. An
//! event on a side where somebody waits queues the source; when the loop runs it, the waiters are woken, in the order in
//! which they came: the steps that a transport and its protocol take in asyncio. Nearly always there is one.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::task::Waker;

use super::selector::Found;
use super::waits::{Wait, Waits};
use super::{Reactor, Side};
use crate::kernel::event_loop::ready::Run;
use crate::kernel::line::Place;
use crate::kernel::memory::waking::Wake;

pub(crate) struct Source {
    pub(super) key: usize,
    reactor: Weak<Reactor>,
    /// How many wait for a descriptor of this loop.
    waiting: Rc<Cell<usize>>,
    closed: Cell<bool>,
    /// The peer has gone: what is left to read is announced no more, so a short read does not mean that nothing is left.
    hung_up: Cell<bool>,
    /// How many operations more may succeed before the task gives way to others.
    budget: Cell<u8>,
    read: Half,
    write: Half,
}

struct Half {
    /// An operation may succeed.
    ready: Cell<bool>,
    waits: RefCell<Waits>,
}

/// A task whose operations always succeed at once gives way after so many, as it would in asyncio, where each batch of data
/// takes an iteration of the loop.
const BUDGET: u8 = 32;

impl Half {
    fn new() -> Self {
        Self { ready: Cell::new(true), waits: RefCell::new(Waits::new()) }
    }
}

impl Source {
    pub(super) fn new(key: usize, reactor: &Rc<Reactor>, waiting: &Rc<Cell<usize>>) -> Self {
        Self {
            key,
            reactor: Rc::downgrade(reactor),
            waiting: Rc::clone(waiting),
            closed: Cell::new(false),
            hung_up: Cell::new(false),
            budget: Cell::new(BUDGET),
            read: Half::new(),
            write: Half::new(),
        }
    }

    fn half(&self, side: Side) -> &Half {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }

    /// The reactor where it is registered, unless it or its loop was closed.
    pub(crate) fn reactor(&self) -> Option<Rc<Reactor>> {
        if self.closed.get() { None } else { self.reactor.upgrade() }
    }

    /// # Errors
    ///
    /// If it was closed.
    pub(crate) fn check_open(&self) -> io::Result<()> {
        if self.closed.get() { Err(closed()) } else { Ok(()) }
    }

    /// May an operation succeed? Never after it was closed.
    pub(crate) fn is_ready(&self, side: Side) -> bool {
        self.half(side).ready.get()
    }

    /// An operation found that it would have to wait.
    pub(crate) fn not_ready(&self, side: Side) {
        self.half(side).ready.set(false);
    }

    /// An operation was given less than it asked for: the next one will have to wait, unless the peer has gone.
    pub(crate) fn short(&self, side: Side) {
        if !self.hung_up.get() {
            self.not_ready(side);
        }
    }

    /// Counts an operation that did not have to wait; false when it is time to give way first.
    pub(crate) fn spend(&self) -> bool {
        match self.budget.get() {
            0 => {
                self.budget.set(BUDGET);
                false
            }
            left => {
                self.budget.set(left - 1);
                true
            }
        }
    }

    /// Joins those who wait for a side, for one event.
    #[inline]
    pub(crate) fn join(&self, side: Side, waker: &Waker) -> Place {
        let key = self.push(side, Wait::Task(Wake::of(waker)));
        Place::new(key << 1 | side as u64)
    }

    /// Goes on waiting in a place; false if it is no more, because it was woken or cancelled.
    pub(crate) fn stay(&self, place: Place, new: &Waker) -> bool {
        let (side, key) = parts(place);
        let waits = &self.half(side).waits;
        match waits.borrow_mut().get_mut(key) {
            None => return false,
            Some(Wait::Task(wake)) if wake.is(new) => return true,
            Some(_) => {}
        }
        let wake = Wait::Task(Wake::of(new));
        let old = waits.borrow_mut().get_mut(key).map(|place| std::mem::replace(place, wake));
        drop(old);
        true
    }

    /// Gives a place up; false if it is no more.
    pub(crate) fn leave(&self, place: Place) -> bool {
        let (side, key) = parts(place);
        let left = self.half(side).waits.borrow_mut().remove(key);
        if left.is_some() {
            self.waiting.set(self.waiting.get() - 1);
        }
        left.is_some()
    }

    /// How a wait reads in `wait_for=…` and in the report of a deadlock.
    pub(crate) fn describe(&self, place: Place) -> String {
        let (side, _) = parts(place);
        let name = match side {
            Side::Read => "readable",
            Side::Write => "writable",
        };
        format!("<AsyncFd.{name} waiters={}>", self.half(side).waits.borrow().len())
    }

    /// Wakes this waker, and no other one given before, at the next event.
    pub(crate) fn set_waker(&self, side: Side, waker: &Waker) {
        self.set(side, Wait::Poll(Wake::of(waker)), |wait| matches!(wait, Wait::Poll(_)));
    }

    /// Runs this, and nothing else given before, at the next event.
    pub(crate) fn set_call(&self, side: Side, call: Rc<dyn Run>) {
        self.set(side, Wait::Call(call), |wait| matches!(wait, Wait::Call(_)));
    }

    fn set(&self, side: Side, new: Wait, is_old: impl Fn(&Wait) -> bool) {
        let mut waits = self.half(side).waits.borrow_mut();
        let place = waits.iter_mut().find(|wait| is_old(wait));
        let Some(place) = place else {
            drop(waits);
            self.push(side, new);
            return;
        };
        let old = std::mem::replace(place, new);
        drop(waits);
        // After the borrow has ended: what it held may run anything.
        drop(old);
    }

    #[inline]
    fn push(&self, side: Side, wait: Wait) -> u64 {
        self.waiting.set(self.waiting.get() + 1);
        self.budget.set(BUDGET);
        self.half(side).waits.borrow_mut().push(wait)
    }

    /// Notes an event, and queues itself where somebody waits for it.
    pub(super) fn found(self: &Rc<Self>, found: &Found, queue: &mut dyn FnMut(Rc<dyn Run>, u32)) {
        if found.hung_up {
            self.hung_up.set(true);
        }
        for (side, happened) in [(Side::Read, found.readable), (Side::Write, found.writable)] {
            let half = self.half(side);
            if happened {
                half.ready.set(true);
                if !half.waits.borrow().is_empty() {
                    queue(Rc::clone(self) as Rc<dyn Run>, side as u32);
                }
            }
        }
    }

    /// Lets everybody go who waits for a side now.
    fn wake(&self, side: Side) {
        let waits = &self.half(side).waits;
        let end = waits.borrow().next_key();
        loop {
            // Out of the list before it runs: a waker or callback may run anything.
            let first = waits.borrow_mut().pop_before(end);
            let Some(first) = first else { return };
            self.waiting.set(self.waiting.get() - 1);
            match first {
                Wait::Task(wake) | Wait::Poll(wake) => wake.wake(),
                Wait::Call(call) if !self.closed.get() => call.run(0),
                Wait::Call(_) => {}
            }
        }
    }

    /// Ends every wait with an error; what was to be called is dropped.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.not_ready(Side::Read);
        self.not_ready(Side::Write);
        self.wake(Side::Read);
        self.wake(Side::Write);
    }
}

/// The side of a place, and its key there.
fn parts(place: Place) -> (Side, u64) {
    let side = if place.key() & 1 == Side::Read as u64 { Side::Read } else { Side::Write };
    (side, place.key() >> 1)
}

#[cold]
fn closed() -> io::Error {
    let message = "the descriptor, or its event loop, was closed while it was waited for";
    io::Error::new(io::ErrorKind::NotConnected, message)
}

impl Run for Source {
    fn run(&self, side: u32) {
        self.wake(if side == Side::Read as u32 { Side::Read } else { Side::Write });
    }

    fn describe(&self) -> String {
        "AsyncFd._ready()".to_owned()
    }
}
