//! The fence: which ready entries may run next.
//!
//! A task may be put off, because another task could have been faster. A callback may not be: asyncio's own code relies on
//! callbacks that run in the order in which they were queued, and before the tasks that they precede. So the eligible entries
//! are the tasks at the head of the queue, and the first entry that is not a task, which ends them like a fence.
//!
//! Two numbers keep this practical. They are part of a token's version: a replay needs the same ones.

use std::collections::VecDeque;

use asyncio_runtime::Choices;

/// Only this many entries at the head of the queue are considered, so that the cost of a step does not depend on the queue's
/// length.
pub(crate) const WINDOW: usize = 64;

/// An entry that has been passed over this many times is the only one that may run. Otherwise a task that polls in a loop
/// (`while !done { sleep(0).await? }`) could starve the task that it waits for.
pub(crate) const PATIENCE: u8 = 100;

/// The fence of one loop.
#[derive(Debug, Default)]
pub(crate) struct Fence {
    /// How many times the entries at the head of the queue were passed over. Entries that are not listed never were. Passing
    /// over an entry also passes over those before it, so the first number is the greatest.
    passed: VecDeque<u8>,
}

impl Fence {
    /// How many entries, from the head of the queue, may run next: at least one.
    pub(crate) fn eligible(&self, ready: &Choices<'_>) -> usize {
        if ready.len() == 1 {
            return 1;
        }
        if self.passed.front().is_some_and(|times| *times >= PATIENCE) {
            return 1;
        }
        let end = ready.len().min(WINDOW);
        (0..end).find(|index| !ready.is_task(*index)).map_or(end, |index| index + 1)
    }

    /// The entry at `index` leaves the queue.
    pub(crate) fn remove(&mut self, index: usize) {
        if index == 0 {
            self.passed.pop_front();
            return;
        }
        if self.passed.len() < index {
            self.passed.resize(index, 0);
        }
        self.passed.range_mut(..index).for_each(|times| *times += 1);
        self.passed.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::Fence;

    #[test]
    fn the_entries_before_the_one_that_runs_are_passed_over() {
        let mut fence = Fence::default();
        fence.remove(2);
        assert_eq!(fence.passed, [1, 1]);
        fence.remove(1);
        assert_eq!(fence.passed, [2]);
        fence.remove(3);
        assert_eq!(fence.passed, [3, 1, 1]);
        fence.remove(0);
        assert_eq!(fence.passed, [1, 1]);
        fence.remove(0);
        fence.remove(0);
        fence.remove(0);
        assert!(fence.passed.is_empty());
    }
}
