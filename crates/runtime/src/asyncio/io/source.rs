//! `Source`: the loop's record of a descriptor that is registered permanently.
//!
//! The core idea: an event is not handed to a waiter but noted in the source (`ready`), and stays noted until an operation
//! finds that it would have to wait. So no wait needs a system call, and a cancelled wait loses nothing. An event on a side
//! with waiters queues the source. When the loop runs it, the waiters are woken in the order in which they came, with the same
//! steps as a transport and its protocol in asyncio. There is nearly always just one waiter.

use std::cell::{Cell, RefCell};
use std::io;
use std::mem::discriminant;
use std::rc::Rc;
use std::task::Waker;

use crate::kernel::{Blocker, Description, LoopCore, Run, Text, WaitKind, Wake};
use asyncio_ordered::{Ordered, Ticket};
use asyncio_selectors::selector::Found;

pub(crate) struct Source {
    pub(super) key: usize,
    /// The number of waits for descriptors of this loop.
    waiting: Rc<Cell<usize>>,
    closed: Cell<bool>,
    /// The peer has gone. Remaining data is no longer announced, so a short read does not mean that nothing is left.
    hung_up: Cell<bool>,
    /// How many more operations may succeed before the task gives way to others.
    budget: Cell<u8>,
    read: Half,
    write: Half,
}

/// Which side of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Read,
    Write,
}

struct Half {
    /// An operation may succeed.
    ready: Cell<bool>,
    listeners: RefCell<Ordered<Listener>>,
}

/// A listener for the next event on a side.
enum Listener {
    /// A task in a wait of this crate, which may be withdrawn.
    Task(Wake),
    /// A `poll` function: there is one at most.
    Poll(Wake),
    /// A callback: there is one at most.
    Call(Rc<dyn Run>),
}

/// A task whose operations always succeed at once gives way after this many. In asyncio each batch of data takes an iteration
/// of the loop.
const BUDGET: u8 = 32;

impl Half {
    fn new() -> Self {
        Self { ready: Cell::new(true), listeners: RefCell::new(Ordered::new()) }
    }
}

impl Source {
    pub(super) fn new(key: usize, waiting: &Rc<Cell<usize>>) -> Self {
        Self {
            key,
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

    /// Notes that an operation may succeed.
    pub(super) fn set_ready(&self, side: Side) {
        self.half(side).ready.set(!self.closed.get());
    }

    /// Notes that an operation would have had to wait.
    pub(crate) fn not_ready(&self, side: Side) {
        self.half(side).ready.set(false);
    }

    /// Notes that an operation moved less than requested: the next one will have to wait, unless the peer has gone.
    pub(crate) fn short(&self, side: Side) {
        if !self.hung_up.get() {
            self.not_ready(side);
        }
    }

    /// Counts an operation that does not have to wait; returns false if the task must give way first.
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

    /// Joins the waiters for an event on a side.
    #[inline]
    pub(crate) fn join(&self, side: Side, waker: &Waker) -> Ticket {
        let key = self.push(side, Listener::Task(Wake::of(waker)));
        Ticket::new(key << 1 | side as u64)
    }

    /// Keeps waiting; returns false if the entry is gone, because the task was woken or cancelled.
    pub(crate) fn stay(&self, ticket: Ticket, waker: &Waker) -> bool {
        let (side, key) = parts(ticket);
        let listeners = &self.half(side).listeners;
        match listeners.borrow_mut().get_mut(key) {
            None => return false,
            Some(Listener::Task(wake)) if wake.is(waker) => return true,
            Some(_) => {}
        }
        let new = Listener::Task(Wake::of(waker));
        let old = listeners.borrow_mut().get_mut(key).map(|listener| std::mem::replace(listener, new));
        drop(old);
        true
    }

    /// Removes an entry; returns false if it is gone.
    pub(crate) fn leave(&self, ticket: Ticket) -> bool {
        let (side, key) = parts(ticket);
        let left = self.half(side).listeners.borrow_mut().remove(key);
        if left.is_some() {
            self.waiting.set(self.waiting.get() - 1);
        }
        left.is_some()
    }

    /// Sets the waker for the next event, in place of an earlier one.
    pub(crate) fn set_waker(&self, side: Side, waker: &Waker) {
        self.set(side, Listener::Poll(Wake::of(waker)));
    }

    /// Sets the callback for the next event, in place of an earlier one.
    pub(crate) fn set_call(&self, side: Side, call: Rc<dyn Run>) {
        self.set(side, Listener::Call(call));
    }

    /// Adds the listener, or replaces the one of the same kind.
    fn set(&self, side: Side, new: Listener) {
        let mut listeners = self.half(side).listeners.borrow_mut();
        let is_same = |(_, known): &(u64, &mut Listener)| discriminant(&**known) == discriminant(&new);
        let Some((_, known)) = listeners.iter_mut().find(is_same) else {
            drop(listeners);
            self.push(side, new);
            return;
        };
        let old = std::mem::replace(known, new);
        drop(listeners);
        // Dropped after the borrow has ended: the old listener may run anything.
        drop(old);
    }

    #[inline]
    fn push(&self, side: Side, listener: Listener) -> u64 {
        self.waiting.set(self.waiting.get() + 1);
        self.budget.set(BUDGET);
        self.half(side).listeners.borrow_mut().push(listener)
    }

    /// Notes an event, and queues the source where something listens for it.
    pub(super) fn found(self: &Rc<Self>, found: &Found, queue: &mut dyn FnMut(Rc<dyn Run>, u32)) {
        if found.hung_up {
            self.hung_up.set(true);
        }
        for (side, happened) in [(Side::Read, found.readable), (Side::Write, found.writable)] {
            if happened {
                self.set_ready(side);
                if !self.half(side).listeners.borrow().is_empty() {
                    queue(Rc::clone(self) as Rc<dyn Run>, side as u32);
                }
            }
        }
    }

    /// Notifies all that listen on a side now.
    pub(super) fn wake(&self, side: Side) {
        let listeners = &self.half(side).listeners;
        let end = listeners.borrow().next_key();
        loop {
            // Out of the list before it runs: a waker or callback may run anything.
            let first = listeners.borrow_mut().pop_before(end);
            let Some(first) = first else { return };
            self.waiting.set(self.waiting.get() - 1);
            match first {
                Listener::Task(wake) | Listener::Poll(wake) => wake.wake(),
                Listener::Call(call) if !self.closed.get() => call.run(0),
                Listener::Call(_) => {}
            }
        }
    }

    /// Ends every wait with an error, and drops the callbacks.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.not_ready(Side::Read);
        self.not_ready(Side::Write);
        self.wake(Side::Read);
        self.wake(Side::Write);
    }
}

/// An operation, unless it is known that it would have to wait.
#[inline]
pub(super) fn attempt<R>(source: &Source, side: Side, operation: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    if !source.is_ready(side) {
        source.check_open()?;
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let result = operation();
    if would_block(&result) {
        source.not_ready(side);
    }
    result
}

pub(super) fn would_block<R>(result: &io::Result<R>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// The side of an entry, and its key there.
fn parts(ticket: Ticket) -> (Side, u64) {
    (Side::from((ticket.key() & 1) as u32), ticket.key() >> 1)
}

impl From<u32> for Side {
    fn from(number: u32) -> Self {
        if number == Self::Read as u32 { Self::Read } else { Self::Write }
    }
}

#[cold]
fn closed() -> io::Error {
    let message = "the descriptor, or its event loop, was closed while it was waited for";
    io::Error::new(io::ErrorKind::NotConnected, message)
}

impl Run for Source {
    fn run(&self, side: u32) {
        self.wake(side.into());
    }

    fn describe(&self) -> Text {
        "AsyncFd._ready()".into()
    }
}

/// An entry among the waiters for a descriptor, as the blocker of its task.
pub(super) struct AtSource(pub(super) Rc<Source>, pub(super) Ticket);

impl Blocker for AtSource {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        self.0.leave(self.1)
    }

    fn describe(&self) -> Description {
        let (side, _) = parts(self.1);
        let (kind, name) = match side {
            Side::Read => (WaitKind::Readable, "AsyncFd.readable"),
            Side::Write => (WaitKind::Writable, "AsyncFd.writable"),
        };
        let waiters = self.0.half(side).listeners.borrow().len();
        Description::new(kind, Text::Waiters(name, waiters))
    }
}
