//! `Source`: what the loop remembers of a descriptor that is registered for good.
//!
//! The core idea: an event is not handed to whoever waits but noted in the source (`ready`), and stays noted until an
//! operation finds that nothing is there. So no wait needs a system call, and a wait that is cancelled loses nothing. An
//! event on a side where somebody waits queues the source; when the loop runs it, the waiters are woken, in the order in
//! which they came: the steps that a transport and its protocol take in asyncio.

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::task::Waker;

use super::selector::Found;
use super::{Reactor, Side};
use crate::ready::Run;
use crate::wait_queue::WaitQueue;

pub(crate) struct Source {
    pub(super) key: usize,
    reactor: Weak<Reactor>,
    /// Counts who waits for a descriptor of this loop.
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
    /// The tasks that wait. Made when the first one does.
    line: OnceCell<WaitQueue>,
    slots: RefCell<Slots>,
}

/// Who waits and is not a wait of this crate.
#[derive(Default)]
struct Slots {
    waker: Option<(Waker, Waiting)>,
    call: Option<(Rc<dyn Run>, Waiting)>,
}

/// While it lives, somebody waits for a descriptor of the loop.
pub(crate) struct Waiting(Rc<Cell<usize>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A task whose operations always succeed at once gives way after so many, as it would in asyncio, where each batch of data
/// takes an iteration of the loop.
const BUDGET: u8 = 32;

impl Half {
    fn new() -> Self {
        Self { ready: Cell::new(true), line: OnceCell::new(), slots: RefCell::default() }
    }

    fn is_waited_on(&self) -> bool {
        let slots = self.slots.borrow();
        slots.waker.is_some() || slots.call.is_some() || self.line.get().is_some_and(|line| !line.is_empty())
    }

    fn wake(&self) {
        if let Some(line) = self.line.get() {
            line.wake_all();
        }
        // Out of the cell before they run: a waker or callback may run anything.
        let Slots { waker, call } = self.slots.take();
        if let Some((waker, _waiting)) = waker {
            waker.wake();
        }
        if let Some((call, _waiting)) = call {
            call.run(0);
        }
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
        if self.closed.get() {
            let message = "the descriptor, or its event loop, was closed while it was waited for";
            return Err(io::Error::new(io::ErrorKind::NotConnected, message));
        }
        Ok(())
    }

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

    /// The tasks that wait for this side.
    pub(crate) fn line(&self, side: Side) -> &WaitQueue {
        self.half(side).line.get_or_init(|| match side {
            Side::Read => WaitQueue::new("AsyncFd.readable"),
            Side::Write => WaitQueue::new("AsyncFd.writable"),
        })
    }

    /// To be held by whoever waits.
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting.set(self.waiting.get() + 1);
        self.budget.set(BUDGET);
        Waiting(Rc::clone(&self.waiting))
    }

    /// Wakes this waker, and no other one given before, at the next event.
    pub(crate) fn set_waker(&self, side: Side, waker: &Waker) {
        let new = Some((waker.clone(), self.waiting()));
        let old = std::mem::replace(&mut self.half(side).slots.borrow_mut().waker, new);
        drop(old);
    }

    /// Runs this, and nothing else given before, at the next event.
    pub(crate) fn set_call(&self, side: Side, call: Rc<dyn Run>) {
        let new = Some((call, self.waiting()));
        let old = std::mem::replace(&mut self.half(side).slots.borrow_mut().call, new);
        drop(old);
    }

    /// Notes an event, and queues itself where somebody waits for it.
    pub(super) fn found(self: &Rc<Self>, found: &Found, queue: &mut impl FnMut(Rc<dyn Run>, u32)) {
        if found.hung_up {
            self.hung_up.set(true);
        }
        for (side, happened) in [(Side::Read, found.readable), (Side::Write, found.writable)] {
            let half = self.half(side);
            if happened {
                half.ready.set(true);
                if half.is_waited_on() {
                    queue(Rc::clone(self) as Rc<dyn Run>, side as u32);
                }
            }
        }
    }

    /// Ends every wait with an error; what was to be called is dropped.
    pub(super) fn close(&self) {
        self.closed.set(true);
        for half in [&self.read, &self.write] {
            let call = half.slots.borrow_mut().call.take();
            drop(call);
            half.wake();
        }
    }
}

impl Run for Source {
    fn run(&self, side: u32) {
        self.half(if side == Side::Read as u32 { Side::Read } else { Side::Write }).wake();
    }

    fn describe(&self) -> String {
        "AsyncFd._ready()".to_owned()
    }
}
