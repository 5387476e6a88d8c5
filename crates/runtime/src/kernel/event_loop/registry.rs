//! The tasks of a loop that are not done.
//!
//! By it the loop owns its tasks, so dropping a handle detaches. Tasks are kept in the order of their creation, each with its
//! number, and know their slot. A task that is done leaves a hole; once most slots are holes, the rest move together. So the
//! slot is all that a task has to keep.

use std::cell::RefCell;

use crate::kernel::handle::{AnyFuture, AnyTask};

#[derive(Default)]
pub(crate) struct Registry(RefCell<Slots>);

/// Two lists, because that takes less memory than one of pairs.
#[derive(Default)]
struct Slots {
    /// The last is never a hole.
    tasks: Vec<Option<AnyFuture>>,
    numbers: Vec<u32>,
    live: usize,
}

impl Registry {
    /// Adds a task with its number and returns its slot.
    pub(crate) fn register(&self, task: AnyFuture, number: u32) -> u32 {
        let mut slots = self.0.borrow_mut();
        let slot = u32::try_from(slots.tasks.len()).expect("fewer than four thousand million tasks");
        slots.tasks.push(Some(task));
        slots.numbers.push(number);
        slots.live += 1;
        slot
    }

    /// Drops the task in a slot, if there is one, and returns its number.
    pub(crate) fn unregister(&self, slot: u32) -> Option<u32> {
        let mut slots = self.0.borrow_mut();
        let task = slots.tasks.get_mut(slot as usize)?.take()?;
        let number = slots.numbers[slot as usize];
        slots.live -= 1;
        slots.close_up();
        // Dropped after the borrow has ended: it may be the last handle.
        drop(slots);
        drop(task);
        Some(number)
    }

    /// The number of the task in a slot.
    pub(crate) fn number(&self, slot: u32) -> Option<u32> {
        self.0.borrow().numbers.get(slot as usize).copied()
    }

    /// The task with a number, if it is not done.
    pub(crate) fn with_number(&self, number: u32) -> Option<AnyTask> {
        let slots = self.0.borrow();
        let slot = slots.numbers.iter().zip(&slots.tasks).position(|(of, task)| *of == number && task.is_some())?;
        slots.tasks[slot].clone().map(AnyTask::from_future)
    }

    pub(crate) fn set_number(&self, slot: u32, number: u32) {
        if let Some(place) = self.0.borrow_mut().numbers.get_mut(slot as usize) {
            *place = number;
        }
    }

    /// The slot of a task for which `is_so` returns true; `first` is tried first.
    pub(crate) fn find(&self, first: u32, is_so: impl Fn(&AnyFuture) -> bool) -> Option<u32> {
        let slots = self.0.borrow();
        let is_here =
            |slot: &u32| slots.tasks.get(*slot as usize).is_some_and(|task| task.as_ref().is_some_and(&is_so));
        Some(first).filter(is_here).or_else(|| (0..slots.tasks.len() as u32).find(is_here))
    }

    /// All of them, in the order of their creation.
    pub(crate) fn all(&self) -> Vec<AnyTask> {
        let slots = self.0.borrow();
        let tasks = slots.tasks.iter().flatten().map(|task| AnyTask::from_future(task.clone()));
        tasks.filter(|task| !task.done()).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.borrow().live
    }
}

impl Slots {
    fn close_up(&mut self) {
        while let Some(None) = self.tasks.last() {
            self.tasks.pop();
            self.numbers.pop();
        }
        if self.tasks.len() > 2 * self.live + 64 {
            self.move_together();
        }
        // A burst of tasks is over: give its memory back.
        if self.tasks.capacity() > 1024 && self.tasks.len() < self.tasks.capacity() / 8 {
            self.tasks.shrink_to(2 * self.live);
            self.numbers.shrink_to(2 * self.live);
        }
    }

    #[cold]
    fn move_together(&mut self) {
        let mut end = 0;
        for slot in 0..self.tasks.len() {
            let Some(task) = self.tasks[slot].take() else { continue };
            task.base().slot.set(end as u32);
            self.tasks[end] = Some(task);
            self.numbers[end] = self.numbers[slot];
            end += 1;
        }
        self.tasks.truncate(end);
        self.numbers.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Result, Runner, all_tasks, create_task, sleep};

    fn names() -> Result<Vec<String>> {
        Ok(all_tasks()?.iter().skip(1).map(|task| task.get_name().to_string()).collect())
    }

    /// Whatever leaves in whatever order, what is left stays in order and keeps its number.
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
                // Those that are done keep their names, too.
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
