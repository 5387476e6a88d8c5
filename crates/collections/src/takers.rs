//! Which task has acquired something, or has taken an item from a queue, for reports. A task is not kept alive by that.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};

/// Identifies a task up to the moment when it makes its next task or callback, to which it may move what it has acquired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The number of the task; 0 if it is no task.
    pub number: u32,
    /// How often it has made a task or a callback, modulo 256.
    pub made: u8,
}

/// A task that has taken an item from a queue, or waits for one.
#[derive(Clone, Copy, Debug)]
pub struct Taker {
    /// The task at the time of the call.
    pub stamp: Stamp,
    /// The call.
    pub at: &'static Location<'static>,
    /// Has the queue noted every `task_done` since, and none for this item?
    pub not_done: bool,
    /// Has the task then waited for the next item, without handing this one on?
    pub waits_again: bool,
}

/// Are all takers noted?
static ALL_ARE_NOTED: AtomicBool = AtomicBool::new(false);

impl Taker {
    /// A task that calls the queue at `at`.
    #[must_use]
    pub fn new(stamp: Stamp, at: &'static Location<'static>) -> Self {
        Self { stamp, at, not_done: false, waits_again: false }
    }

    /// From now on, queues note each task that takes an item or calls `task_done`. Otherwise they note only those that have to wait
    /// for an item, because noting each takes as long as taking the item.
    pub fn note_all() {
        ALL_ARE_NOTED.store(true, Ordering::Relaxed);
    }

    /// Was [`note_all`](Self::note_all) called?
    #[inline]
    #[must_use]
    pub fn all_are_noted() -> bool {
        ALL_ARE_NOTED.load(Ordering::Relaxed)
    }
}
