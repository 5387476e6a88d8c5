//! The tasks of a loop that are not done.
//!
//! The registry is how the loop owns its tasks, so dropping a handle detaches the task. Tasks are kept in the order of their
//! creation, each with its number, and know their slot (`asyncio_collections::slots`).

use std::cell::RefCell;

use asyncio_collections::slots::Slots;

use crate::kernel::handle::{AnyFuture, AnyTask};

#[derive(Default)]
pub(crate) struct Registry(RefCell<Slots<AnyFuture>>);

impl Registry {
    /// Adds a task with its number and returns its slot.
    pub(crate) fn register(&self, task: AnyFuture, number: u32) -> u32 {
        self.0.borrow_mut().push(task, number)
    }

    /// Drops the task in a slot, if there is one, and returns its number.
    pub(crate) fn unregister(&self, slot: u32) -> Option<u32> {
        let mut slots = self.0.borrow_mut();
        let number = slots.number(slot)?;
        let task = slots.take(slot, |task, slot| task.base().slot.set(slot))?;
        // Dropped after the borrow has ended: it may be the last handle.
        drop((slots, task));
        Some(number)
    }

    /// The number of the task in a slot.
    pub(crate) fn number(&self, slot: u32) -> Option<u32> {
        self.0.borrow().number(slot)
    }

    /// The task with a number, if it is not done.
    pub(crate) fn with_number(&self, number: u32) -> Option<AnyTask> {
        self.0.borrow().with_number(number).cloned().map(AnyTask::from_future)
    }

    pub(crate) fn set_number(&self, slot: u32, number: u32) {
        self.0.borrow_mut().set_number(slot, number);
    }

    /// The slot of a task for which `is_so` returns true; `first` is tried first.
    pub(crate) fn find(&self, first: u32, is_so: impl Fn(&AnyFuture) -> bool) -> Option<u32> {
        self.0.borrow().find(first, is_so)
    }

    /// All tasks, in the order of their creation.
    pub(crate) fn all(&self) -> Vec<AnyTask> {
        self.all_that(|task| task.base().is_pending())
    }

    pub(crate) fn all_that(&self, are_so: impl Fn(&AnyFuture) -> bool) -> Vec<AnyTask> {
        let slots = self.0.borrow();
        slots.iter().filter(|task| are_so(task)).cloned().map(AnyTask::from_future).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.borrow().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Result, Runner, all_tasks, create_task, sleep};

    fn names() -> Result<Vec<String>> {
        Ok(all_tasks()?.iter().skip(1).map(|task| task.get_name().to_string()).collect())
    }

    /// Whichever tasks are removed, in whatever order, the others stay in order and keep their numbers.
    #[test]
    fn tasks_stay_in_the_order_of_their_making() {
        let check = async {
            for step in [1, 2, 3, 7] {
                let tasks: Vec<_> = (0..1000).map(|_| create_task(sleep(3600))).collect();
                let all: Vec<String> = tasks.iter().map(|task| task.get_name().to_string()).collect();
                assert_eq!(names()?, all);
                sleep(0).await?;
                for task in tasks.iter().step_by(step) {
                    task.cancel();
                }
                sleep(0).await?;
                let is_left = |index: &usize| !index.is_multiple_of(step);
                let left: Vec<&String> = (0..1000).filter(is_left).map(|index| &all[index]).collect();
                assert_eq!(names()?.iter().collect::<Vec<_>>(), left);
                // Tasks that are done keep their names, too.
                assert!(tasks.iter().zip(&all).all(|(task, name)| *task.get_name() == **name));
                for task in tasks.iter().rev() {
                    task.cancel();
                }
                sleep(0).await?;
                assert_eq!(names()?, Vec::<String>::new());
            }
            Ok(())
        };
        Runner::new().clock(Clock::Virtual).run(check).unwrap();
    }

    #[test]
    fn a_slot_that_is_empty_has_no_task() {
        let registry = Registry::default();
        assert_eq!((registry.unregister(0), registry.number(0), registry.count()), (None, None, 0));
    }
}
