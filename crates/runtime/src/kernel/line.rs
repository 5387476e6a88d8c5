//! `Line`, the entries of those that wait for a primitive, and `Ticket`, which names one of them.
//!
//! The core idea: a waiting task is an entry in one list that the primitive owns, not an object of its own, so waiting allocates
//! nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use crate::base::ordered::Ordered;
use crate::kernel::event_loop::LoopCore;
use crate::kernel::memory::waking::{Entry, Wake};
use crate::kernel::task::blocker::{Blocker, Description};

/// The inside of a line.
pub(crate) struct Line {
    name: &'static str,
    places: RefCell<Ordered<Entry>>,
    /// Nobody with a smaller key still waits: where a wake-up begins to look, so that waking many is not quadratic.
    first_waiting: Cell<u64>,
    /// How many places are cancelled.
    cancelled: Cell<usize>,
    /// Nobody has to wait.
    open: Cell<bool>,
    /// Who last acquired what is waited for. A number, so that it keeps no task alive.
    acquired_by: Cell<Option<u32>>,
}

/// A place in a line, or among those who wait for a descriptor, to name it in a task: its key, in six bytes. (Two parts and
/// not three: it is copied as two, and a processor waits where it reads as one what was just written as two.)
#[derive(Clone, Copy)]
#[repr(C, packed(2))]
pub(crate) struct Ticket {
    low: u32,
    high: u16,
}

impl Ticket {
    pub(crate) fn new(key: u64) -> Self {
        // A line would have to be joined a million times a second for nine years to have a longer key.
        Self { low: key as u32, high: (key >> 32) as u16 }
    }

    pub(crate) fn key(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

impl Line {
    pub(crate) fn new(name: &'static str) -> Rc<Self> {
        Rc::new(Self {
            name,
            places: RefCell::new(Ordered::new()),
            first_waiting: Cell::new(0),
            cancelled: Cell::new(0),
            open: Cell::new(false),
            acquired_by: Cell::new(None),
        })
    }

    /// What is waited for, in reports.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How many are in line, those woken or cancelled included that have not run since.
    pub(crate) fn len(&self) -> usize {
        self.places.borrow().len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.borrow().is_empty()
    }

    /// How many have not been woken. It counts them one by one.
    pub(crate) fn not_woken(&self) -> usize {
        let first = self.first_waiting.get();
        let mut places = self.places.borrow_mut();
        places.iter_mut().filter(|(key, place)| *key >= first && !place.is_woken()).count()
    }

    pub(crate) fn all_cancelled(&self) -> bool {
        self.cancelled.get() == self.len()
    }

    /// Has nobody to wait?
    pub(crate) fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Says whether anybody has to wait; gives whether nobody had to.
    pub(crate) fn set_open(&self, open: bool) -> bool {
        self.open.replace(open)
    }

    /// The task with this number has acquired what is waited for.
    pub(crate) fn set_acquired_by(&self, task: Option<u32>) {
        self.acquired_by.set(task);
    }

    /// The end of the line becomes the place of who is polled with this waker.
    #[inline]
    pub(crate) fn join(&self, waker: &Waker) -> Ticket {
        let waiting = Entry::still(Wake::of(waker));
        Ticket::new(self.places.borrow_mut().push(waiting))
    }

    /// Wakes everybody who is in line now; gives how many.
    pub(crate) fn wake_all(&self) -> usize {
        let end = self.next_key();
        std::iter::from_fn(|| self.wake_next(end).then_some(())).count()
    }

    /// Wakes the first who still waits; false if nobody does.
    #[inline]
    pub(crate) fn wake_one(&self) -> bool {
        self.wake_next(self.next_key())
    }

    /// Wakes the first in line, unless it was woken or cancelled before.
    pub(crate) fn wake_front(&self) -> bool {
        let wake = self.places.borrow_mut().front_mut().and_then(|(_, place)| place.settle(Entry::woken()));
        wake.map(Wake::wake).is_some()
    }

    #[inline]
    fn next_key(&self) -> u64 {
        self.places.borrow().next_key()
    }

    /// Wakes the first who still waits, if his key is smaller than `end`.
    #[inline]
    fn wake_next(&self, end: u64) -> bool {
        // Mostly a lock or a queue asks, and nobody waits.
        self.first_waiting.get() < end && self.find_and_wake(end)
    }

    #[inline(never)]
    fn find_and_wake(&self, end: u64) -> bool {
        // Woken when the search is over: a waker may run anything, so nothing may be borrowed.
        self.find_wake(end).map(Wake::wake).is_some()
    }

    /// Makes the first who still waits a woken one.
    fn find_wake(&self, end: u64) -> Option<Wake> {
        let mut places = self.places.borrow_mut();
        let mut first = self.first_waiting.get();
        while let Some((key, place)) = places.next_from(first)
            && key < end
        {
            first = key + 1;
            let wake = place.settle(Entry::woken());
            if wake.is_some() {
                self.first_waiting.set(first);
                return wake;
            }
        }
        self.first_waiting.set(end);
        None
    }

    #[inline]
    pub(crate) fn is_woken(&self, place: Ticket) -> bool {
        self.places.borrow_mut().get_mut(place.key()).is_some_and(|waiting| waiting.is_woken())
    }

    /// Goes on waiting.
    pub(crate) fn stay(&self, place: Ticket, new: &Waker) {
        match self.places.borrow_mut().get_mut(place.key()) {
            Some(waiting) if waiting.is_of(new) => return,
            Some(waiting) if waiting.is_cancelled() => {
                // It was cancelled, but another wait of the same task has taken the cancellation.
                self.cancelled.set(self.cancelled.get() - 1);
                self.first_waiting.set(self.first_waiting.get().min(place.key()));
            }
            _ => {}
        }
        let new = Entry::still(Wake::of(new));
        let old = self.places.borrow_mut().get_mut(place.key()).map(|waiting| std::mem::replace(waiting, new));
        drop(old);
    }

    /// Takes a place out of the line; gives whether it was woken.
    pub(crate) fn leave(&self, place: Ticket) -> bool {
        let Some(place) = self.places.borrow_mut().remove(place.key()) else { return false };
        if place.is_cancelled() {
            self.cancelled.set(self.cancelled.get() - 1);
        }
        place.is_woken()
    }

    /// Takes a place out of the line if it was woken.
    #[inline]
    pub(crate) fn leave_if_woken(&self, place: Ticket) -> bool {
        let mut places = self.places.borrow_mut();
        let woken = places.get_mut(place.key()).is_some_and(|waiting| waiting.is_woken());
        woken && places.remove(place.key()).is_some()
    }

    /// Cancels a wait; false if it is over already.
    pub(crate) fn cancel(&self, place: Ticket) -> bool {
        let old = self.places.borrow_mut().get_mut(place.key()).and_then(|place| place.settle(Entry::cancelled()));
        if old.is_some() {
            self.cancelled.set(self.cancelled.get() + 1);
        }
        old.is_some()
    }
}

/// An entry in a line, as what its task waits on.
pub(crate) struct InLine<'a>(pub(crate) &'a Line, pub(crate) Ticket);

impl Blocker for InLine<'_> {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        self.0.cancel(self.1)
    }

    fn describe(&self) -> Description {
        let text = format!("<{} waiters={}>", self.0.name, self.0.len());
        Description { held_by: self.0.acquired_by.get(), ..Description::new("line", text) }
    }
}
