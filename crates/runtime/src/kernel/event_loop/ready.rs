//! The ready queue, and the `Run` trait of its entries that are not tasks.
//!
//! Callbacks of the user, done-callbacks and timers are one kind of object: something that can run, with a number that
//! identifies one of its registrations.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::kernel::event_loop::call::Call;
use crate::kernel::event_loop::timers::TimerKey;
use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::task::step::Runnable;

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Option<Runnable>>() == 8 && size_of::<Other>() == 24);

/// An entry of the ready queue.
pub(crate) enum Ready {
    /// The next step of a task.
    Task(Runnable),
    Other(Other),
}

/// What is not a task.
pub(crate) enum Other {
    /// A timer that is due.
    Timer(TimerKey),
    /// A callback.
    Call(Rc<dyn Run>, u32),
    /// A callback that another thread has handed in.
    Remote(Box<Call>),
}

/// The ready entries, first in, first out, in two lists. Nearly all entries are tasks, and this is the hottest memory of the
/// loop, so a task takes one word. `None` in the first list stands for the next entry of the second, which holds everything else.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    line: VecDeque<Option<Runnable>>,
    others: VecDeque<Other>,
}

impl ReadyQueue {
    pub(crate) fn len(&self) -> usize {
        self.line.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    #[inline]
    pub(crate) fn push_task(&mut self, task: Runnable) {
        self.line.push_back(Some(task));
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, other: Other) {
        self.line.push_back(None);
        self.others.push_back(other);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Ready> {
        match self.line.pop_front()? {
            Some(task) => Some(Ready::Task(task)),
            None => self.others.pop_front().map(Ready::Other),
        }
    }

    /// How many entries are not tasks.
    pub(crate) fn others(&self) -> usize {
        self.others.len()
    }

    /// The entry at `index`, if it is the step of a task.
    pub(crate) fn task_at(&self, index: usize) -> Option<&Runnable> {
        self.line.get(index)?.as_ref()
    }

    /// The entry at `index`, if it is not a task.
    pub(crate) fn other_at(&self, index: usize) -> Option<&Other> {
        if self.line.get(index)?.is_some() { None } else { self.others.get(self.others_before(index)) }
    }

    /// The last `count` of the entries that are not tasks, in order.
    pub(crate) fn last_others(&self, count: usize) -> impl Iterator<Item = &Other> {
        self.others.iter().skip(self.others.len() - count)
    }

    fn others_before(&self, index: usize) -> usize {
        self.line.iter().take(index).filter(|entry| entry.is_none()).count()
    }

    /// The timer at `index` among the entries that are not tasks, if it is one.
    pub(crate) fn timer_at(&self, index: usize) -> Option<TimerKey> {
        match self.others.get(index)? {
            Other::Timer(key) => Some(*key),
            Other::Call(..) | Other::Remote(_) => None,
        }
    }

    /// Takes out the entry at `index`, which must be there.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Ready> {
        let before = self.others_before(index);
        match self.line.remove(index)? {
            Some(task) => Some(Ready::Task(task)),
            None => self.others.remove(before).map(Ready::Other),
        }
    }

    /// Takes out the step of a task, if it is queued. The search starts at the end.
    pub(crate) fn take_task(&mut self, task: &AnyTask) -> Option<(usize, Runnable)> {
        let is_it = |entry: &Option<Runnable>| entry.as_ref().is_some_and(|runnable| runnable.is_of(task));
        let index = self.line.iter().rposition(is_it)?;
        Some((index, self.line.remove(index)??))
    }

    /// Inserts a step, or an entry that does nothing.
    pub(crate) fn insert(&mut self, index: usize, task: Option<Runnable>) {
        if task.is_none() {
            self.others.insert(self.others_before(index), Other::Timer(TimerKey::NONE));
        }
        self.line.insert(index, task);
    }

    /// The number of entries that there is memory for.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.line.capacity()
    }

    /// Frees the memory of a burst. (The second list is never longer than the first.)
    pub(crate) fn give_back(&mut self) {
        let room = self.line.capacity();
        if room > 4096 && self.line.len() < room / 8 {
            self.line.shrink_to(2 * self.line.len());
            self.others.shrink_to(2 * self.others.len());
        }
    }
}

/// The number under which a timer runs something.
pub(crate) const TIME_IS_UP: u32 = u32::MAX;

/// Something that the loop can run later.
pub(crate) trait Run {
    /// Called when the future with which it is registered has completed, and it is about to be queued.
    fn completed(&self, _future: &AnyFuture) {}

    fn run(&self, key: u32);

    /// The number of the task that waits for the future with which this is registered, if any. With `through`, only if the task
    /// waits by awaiting that one, which this completes.
    fn awaited_by(&self, _through: Option<&AnyFuture>) -> Option<u32> {
        None
    }

    /// If nothing is left that could see this run, the number of handles that it has of the future with which it is registered.
    /// Waiters of waiters are searched down to `depth`.
    fn abandoned(&self, _depth: u32) -> Option<u32> {
        None
    }

    /// Called when it was abandoned and removed: removes what waits for it.
    fn abandon(&self) {}

    /// Called when the loop is closed, or it was removed: nothing will run it any more, and it drops the futures that it waits
    /// for.
    fn cut(&self) {}

    /// Its text in a task's `cb=[…]`: `name() at file:line`.
    fn describe(&self) -> asyncio_errors::text::Text;
}
