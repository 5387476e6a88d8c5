//! The choice of what runs next.

use std::cell::RefCell;

use crate::kernel::event_loop::LoopCore;
use crate::kernel::handle::AnyTask;
use crate::kernel::watch::Scheduled;

/// Chooses which ready entry runs next, and how the virtual clock advances; see
/// [`EventLoop::set_scheduling_policy`](crate::EventLoop::set_scheduling_policy).
///
/// Without one the loop is first in, first out, which is asyncio's contract. Others are for tests that look for races: a
/// correct program is correct whatever they choose.
///
/// It is called in the loop's thread and must not run the loop.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use asyncio::{Choices, SchedulingPolicy, new_event_loop};
///
/// struct LastInFirstOut;
///
/// impl SchedulingPolicy for LastInFirstOut {
///     fn next(&mut self, ready: &Choices<'_>) -> usize {
///         ready.len() - 1
///     }
/// }
///
/// let event_loop = new_event_loop();
/// event_loop.set_scheduling_policy(Some(Box::new(LastInFirstOut)));
/// let order = Rc::new(RefCell::new(Vec::new()));
/// for name in ["Ada", "Bo"] {
///     let order = Rc::clone(&order);
///     event_loop.call_soon(move || order.borrow_mut().push(name)).unwrap();
/// }
/// event_loop.stop();
/// event_loop.run_forever().unwrap();
/// assert_eq!(*order.borrow(), ["Bo", "Ada"]);
/// ```
pub trait SchedulingPolicy {
    /// The index of the entry to run next; 0 is the one that has been ready the longest. An index that is too large means the
    /// last entry.
    fn next(&mut self, ready: &Choices<'_>) -> usize;

    /// Returns the new time of the virtual clock when a pass begins. The clock shows `now`, the earliest timer is due at
    /// `deadline`, and `ready` entries are ready.
    ///
    /// By default the clock stands still while anything is ready, and jumps to the deadline when nothing is. A policy may let
    /// time pass in any case, or let more time pass. The clock never goes back, and never stops short of the deadline when
    /// nothing is ready.
    fn advance(&mut self, now: f64, deadline: f64, ready: usize) -> f64 {
        if ready == 0 { deadline } else { now }
    }
}

/// Reference-counted, because it may be replaced while it is being asked.
pub(in crate::kernel) type Policy = RefCell<Box<dyn SchedulingPolicy>>;

/// All ready entries, in the order in which they became ready, for a [`SchedulingPolicy`].
pub struct Choices<'a> {
    core: &'a LoopCore,
    left: usize,
}

impl Choices<'_> {
    /// How many entries are ready, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.core.ready.borrow().len()
    }

    /// The number of entries, including this one, that run before the loop looks at its timers, its descriptors and other
    /// threads again.
    #[must_use]
    pub fn left_in_pass(&self) -> usize {
        self.left
    }

    /// Is the entry at `index` a step of a task?
    #[must_use]
    pub fn is_task(&self, index: usize) -> bool {
        self.core.ready.borrow().task_at(index).is_some()
    }

    /// The task whose step the entry at `index` is; `None` if it is a callback, or if there is no such entry.
    #[must_use]
    pub fn task(&self, index: usize) -> Option<AnyTask> {
        self.core.ready.borrow().task_at(index).map(|runnable| runnable.task(self.core))
    }

    /// The callback or timer that the entry at `index` is; `None` if it is a step of a task, or if there is no such entry. This
    /// has to count the callbacks before it.
    #[must_use]
    pub fn scheduled(&self, index: usize) -> Option<Scheduled> {
        self.core.ready.borrow().other_at(index).map(|other| Scheduled::of(other, self.core))
    }
}

impl LoopCore {
    /// The index of the ready entry to run next: 0, or a policy's choice.
    pub(in crate::kernel) fn choose(&self, left: usize) -> usize {
        // Nothing is borrowed while it is asked: it may queue something, or set another policy.
        let policy = self.policy.borrow().clone();
        let index = policy.map_or(0, |policy| policy.borrow_mut().next(&Choices { core: self, left }));
        index.min(self.ready.borrow().len() - 1)
    }

    /// The new time of the virtual clock: the deadline or, if anything is ready, the current time, unless a policy decides
    /// otherwise.
    pub(in crate::kernel) fn advance_to(&self, deadline: f64) -> f64 {
        let (now, ready) = (self.time(), self.ready.borrow().len());
        let policy = self.policy.borrow().clone();
        let least = if ready == 0 { deadline } else { now };
        policy.map_or(least, |policy| policy.borrow_mut().advance(now, deadline, ready).max(least))
    }
}
