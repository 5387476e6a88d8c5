//! `Line`, the entries of the waiters of a primitive.
//!
//! The core idea: a waiting task is an entry in one list that the primitive owns, not an object of its own, so waiting allocates
//! nothing.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::task::Waker;

use crate::kernel::event_loop::LoopCore;
use crate::kernel::memory::waking::{Entry, Wake};
use crate::kernel::task::blocker::{Blocker, Description, Text, WaitKind};
use asyncio_collections::takers::{Stamp, Taker};
use asyncio_ordered::{Ordered, Ticket};

/// The inside of a `WaitQueue`.
#[derive(Default)]
pub(crate) struct Line {
    /// What the tasks wait for, in reports.
    pub(crate) name: &'static str,
    entries: RefCell<Ordered<Entry>>,
    /// No entry with a smaller key waits. A wake-up starts its search here, so that waking many is not quadratic.
    first_waiting: Cell<u64>,
    /// How many entries are cancelled.
    cancelled: Cell<usize>,
    /// Is the line open, so that tasks do not have to wait?
    pub(crate) open: Cell<bool>,
    /// The task that last acquired what the others wait for. The task is not kept alive.
    pub(crate) acquired_by: Cell<Stamp>,
    /// If that was to take an item from a queue, how.
    pub(crate) taker: Cell<Option<Taker>>,
    /// Does only one task hold it at a time, and does nothing but its release end a wait?
    pub(crate) exclusive: Cell<bool>,
    /// If waking a waiter offers it something: what has happened, such as "the lock was released".
    pub(crate) offers: Cell<Option<&'static str>>,
    /// Offers to woken waiters with keys smaller than this have been withdrawn.
    withdrawn: Cell<u64>,
    /// Set while something acquired without a guard has not been released.
    pub(crate) by_hand: Cell<Option<ByHand>>,
}

/// An acquisition without a guard, which must be released by hand.
#[derive(Clone, Copy)]
pub(crate) struct ByHand {
    /// The number of acquisitions minus the releases.
    count: u32,
    /// Where it was acquired last.
    pub(crate) at: &'static Location<'static>,
    /// The method that would have returned a guard.
    pub(crate) guard: &'static str,
}

impl Line {
    pub(crate) fn new(name: &'static str) -> Rc<Self> {
        Rc::new(Self { name, ..Self::default() })
    }

    pub(crate) fn acquired_by_hand(&self, at: &'static Location<'static>, guard: &'static str) {
        let count = self.by_hand.get().map_or(0, |before| before.count);
        self.by_hand.set(Some(ByHand { count: count.saturating_add(1), at, guard }));
    }

    pub(crate) fn released_by_hand(&self) {
        if let Some(held) = self.by_hand.get() {
            let left = ByHand { count: held.count - 1, ..held };
            self.by_hand.set(Some(left).filter(|left| left.count > 0));
        }
    }

    /// The number of waiters in line, including those that were woken or cancelled and have not run since.
    pub(crate) fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// The number of waiters that have not been woken. It counts them one by one.
    pub(crate) fn not_woken(&self) -> usize {
        let first = self.first_waiting.get();
        let mut entries = self.entries.borrow_mut();
        entries.iter_mut().filter(|(key, entry)| *key >= first && !entry.is_woken()).count()
    }

    pub(crate) fn all_cancelled(&self) -> bool {
        self.cancelled.get() == self.len()
    }

    // Waking.

    /// Wakes all waiters that are in line now; returns how many.
    pub(crate) fn wake_all(&self) -> usize {
        let end = self.next_key();
        std::iter::from_fn(|| self.wake_next(end).then_some(())).count()
    }

    /// Wakes the first waiter that still waits; returns false if there is none.
    #[inline]
    pub(crate) fn wake_one(&self) -> bool {
        self.wake_next(self.next_key())
    }

    /// Wakes the first in line, unless it was woken or cancelled before.
    pub(crate) fn wake_front(&self) -> bool {
        let wake = self.entries.borrow_mut().front_mut().and_then(|(_, entry)| entry.settle_woken());
        wake.map(Wake::wake).is_some()
    }

    #[inline]
    fn next_key(&self) -> u64 {
        self.entries.borrow().next_key()
    }

    /// Wakes the first waiter that still waits, if its key is smaller than `end`.
    #[inline]
    fn wake_next(&self, end: u64) -> bool {
        // Usually a lock or a queue asks, and nothing waits.
        self.first_waiting.get() < end && self.find_and_wake(end)
    }

    #[inline(never)]
    fn find_and_wake(&self, end: u64) -> bool {
        // Woken after the search: a waker may run anything, so nothing may be borrowed.
        self.find_wake(end).map(Wake::wake).is_some()
    }

    fn find_wake(&self, end: u64) -> Option<Wake> {
        let mut entries = self.entries.borrow_mut();
        let mut first = self.first_waiting.get();
        while let Some((key, entry)) = entries.next_from(first)
            && key < end
        {
            first = key + 1;
            let wake = entry.settle_woken();
            if wake.is_some() {
                self.first_waiting.set(first);
                return wake;
            }
        }
        self.first_waiting.set(end);
        None
    }

    /// Other tasks have taken what was offered to the woken waiters.
    #[inline]
    pub(crate) fn withdraw_offers(&self) {
        self.withdrawn.set(self.first_waiting.get());
    }

    /// The offer to the first woken waiter ahead of `ticket` that has not left the line. (Such waiters are at the front.)
    fn offered_before(&self, ticket: Ticket) -> Option<Offer> {
        let (what, mut entries) = (self.offers.get()?, self.entries.borrow_mut());
        let mut ahead = entries.iter_mut().take_while(|(key, entry)| *key < ticket.key() && !entry.is_waiting());
        let (_, entry) = ahead.find(|(key, entry)| *key >= self.withdrawn.get() && entry.is_woken())?;
        Some(Offer { what, task: entry.address_of_task(), at: entry.at })
    }

    /// The only task that can end the wait of `ticket`, if that is certain: the address of a task with an offer, or 0 and the stamp of
    /// a holder.
    pub(crate) fn only_by(&self, ticket: Ticket) -> Option<(usize, Option<Stamp>)> {
        let certain = self.exclusive.get() && self.by_hand.get().is_none();
        let offered = self.offered_before(ticket).map(|offer| (offer.task, None));
        // Without a holder it is the stamp of no task, which is as good as none.
        offered.or(Some((0, Some(self.acquired_by.get())))).filter(|_| certain)
    }

    // Waiting.

    /// The task that is polled with this waker joins the end of the line.
    #[inline]
    pub(crate) fn join(&self, waker: &Waker, at: &'static Location<'static>) -> Ticket {
        let entry = Entry::waiting(Wake::of(waker), at);
        Ticket::new(self.entries.borrow_mut().push(entry))
    }

    #[inline]
    pub(crate) fn is_woken(&self, ticket: Ticket) -> bool {
        self.entries.borrow_mut().get_mut(ticket.key()).is_some_and(|entry| entry.is_woken())
    }

    /// Keeps waiting, perhaps with another waker.
    pub(crate) fn stay(&self, ticket: Ticket, waker: &Waker) {
        match self.entries.borrow_mut().get_mut(ticket.key()) {
            Some(entry) if entry.is_of(waker) => return,
            Some(entry) if entry.is_cancelled() => {
                // The entry was cancelled, but another wait of the same task has taken the cancellation.
                self.cancelled.set(self.cancelled.get() - 1);
                self.first_waiting.set(self.first_waiting.get().min(ticket.key()));
            }
            _ => {}
        }
        let wake = Wake::of(waker);
        let renew = |entry: &mut Entry| std::mem::replace(entry, Entry::waiting(wake, entry.at));
        let old = self.entries.borrow_mut().get_mut(ticket.key()).map(renew);
        drop(old);
    }

    /// Takes an entry out of the line; returns whether it was woken.
    pub(crate) fn leave(&self, ticket: Ticket) -> bool {
        let Some(entry) = self.entries.borrow_mut().remove(ticket.key()) else { return false };
        if entry.is_cancelled() {
            self.cancelled.set(self.cancelled.get() - 1);
        }
        entry.is_woken()
    }

    /// Takes an entry out of the line if it was woken.
    #[inline]
    pub(crate) fn leave_if_woken(&self, ticket: Ticket) -> bool {
        let mut entries = self.entries.borrow_mut();
        let woken = entries.get_mut(ticket.key()).is_some_and(|entry| entry.is_woken());
        woken && entries.remove(ticket.key()).is_some()
    }
}

/// An offer to a waiter that has not been polled since. In a loop in which nothing is ready, it is a *futurelock*.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    /// What has happened, such as "the lock was released".
    pub(crate) what: &'static str,
    /// The address of the waiter's task, which may be gone; 0 if it is not known.
    pub(crate) task: usize,
    /// Where the wait began.
    pub(crate) at: &'static Location<'static>,
}

/// An entry in a line, as the blocker of its task.
pub(crate) struct InLine<'a>(pub(crate) &'a Line, pub(crate) Ticket);

impl Blocker for InLine<'_> {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        let Self(line, ticket) = self;
        let old = line.entries.borrow_mut().get_mut(ticket.key()).and_then(Entry::settle_cancelled);
        line.cancelled.set(line.cancelled.get() + usize::from(old.is_some()));
        old.is_some()
    }

    fn describe(&self) -> Description {
        let text = Text::Waiters(self.0.name, self.0.len());
        let (offered, by_hand) = (self.0.offered_before(self.1), self.0.by_hand.get());
        let held_by = Some(self.0.acquired_by.get().number).filter(|number| *number > 0 && offered.is_none());
        let taker = self.0.taker.get().filter(|_| held_by.is_some());
        Description { held_by, by_hand, taker, offered, ..Description::new(WaitKind::Line(self.0.name), text) }
    }
}
