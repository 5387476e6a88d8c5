//! The items that were taken and are not done, for reports about tasks that wait in `join`.
//!
//! They are noted only while [`Taker::all_are_noted`]. A `task_done` does not say which item it is about, so it counts for the last
//! item that its task has taken.

use std::cell::RefCell;

use asyncio_runtime::Taker;

/// No more are noted, so that a program that never calls `task_done` does not use more and more memory.
const MOST: usize = 256;

/// In the order in which they were taken.
#[derive(Default)]
pub(crate) struct Takes(RefCell<Vec<Taker>>);

impl Takes {
    /// An item was taken.
    pub(crate) fn add(&self, taker: Taker) {
        let mut takes = self.0.borrow_mut();
        if takes.len() < MOST {
            takes.push(Taker { not_done: true, ..taker });
        }
    }

    /// The current task waits for the next item. That is remarkable if it has kept another one to itself.
    pub(crate) fn wait_again(&self, now: &Taker) {
        let mut takes = self.0.borrow_mut();
        let own = takes.iter_mut().rev().filter(|take| take.stamp.number == now.stamp.number);
        // Stops at an item that is already marked: an earlier wait has dealt with those before it.
        own.take_while(|take| take.stamp == now.stamp && !take.waits_again).for_each(|take| take.waits_again = true);
    }

    /// The current task has called `task_done`, perhaps for an item that another task has taken.
    pub(crate) fn end(&self, now: &Taker) {
        let mut takes = self.0.borrow_mut();
        let own = takes.iter().rposition(|take| take.stamp.number == now.stamp.number);
        let place = own.or(takes.iter().position(|take| !take.waits_again)).unwrap_or(0);
        if !takes.is_empty() {
            takes.remove(place);
        }
    }

    /// All items are done.
    pub(crate) fn clear(&self) {
        self.0.take();
    }

    /// The item that a `join` most likely waits for: one whose task waits for the next item, or else the oldest.
    pub(crate) fn most_remarkable(&self) -> Option<Taker> {
        let takes = self.0.borrow();
        takes.iter().find(|take| take.waits_again).or(takes.first()).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    fn taker(number: u32, made: u8) -> Taker {
        let mut taker = Taker::new(asyncio_runtime::current_stamp(), Location::caller());
        (taker.stamp.number, taker.stamp.made) = (number, made);
        taker
    }

    /// The numbers of the tasks that have taken items, and whether they wait again.
    fn noted(takes: &Takes) -> Vec<(u32, bool)> {
        takes.0.borrow().iter().map(|take| (take.stamp.number, take.waits_again)).collect()
    }

    #[test]
    fn the_end_is_that_of_the_last_item_of_the_task_or_of_one_that_another_task_works_on() {
        let takes = Takes::default();
        [(1, 0), (2, 0), (1, 0), (3, 0)].into_iter().for_each(|(number, made)| takes.add(taker(number, made)));
        takes.end(&taker(1, 7));
        assert_eq!(noted(&takes), [(1, false), (2, false), (3, false)]);
        takes.wait_again(&taker(1, 0));
        takes.wait_again(&taker(2, 1));
        assert_eq!(noted(&takes), [(1, true), (2, false), (3, false)]);
        assert_eq!(takes.most_remarkable().unwrap().stamp.number, 1);
        takes.end(&taker(4, 0));
        assert_eq!(noted(&takes), [(1, true), (3, false)]);
        (0..3).for_each(|_| takes.end(&taker(4, 0)));
        assert_eq!(noted(&takes), []);
    }

    #[test]
    fn a_program_that_never_calls_task_done_uses_no_more_and_more_memory() {
        let takes = Takes::default();
        (0..3 * MOST).for_each(|_| takes.add(taker(1, 0)));
        assert_eq!(noted(&takes).len(), MOST);
        takes.clear();
        assert!(takes.most_remarkable().is_none());
    }
}
