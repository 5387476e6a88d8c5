//! The tasks of a loop that are not done.
//!
//! A slab, because tasks leave it in any order, with a running number for the order in which they were made. The loop owns
//! its tasks by it: dropping a handle detaches.

use std::cell::RefCell;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cell::{FutureRef, Kind};

#[derive(Default)]
pub(crate) struct Registry(RefCell<Slots>);

struct Slots {
    slots: Vec<Option<FutureRef>>,
    free: Vec<u32>,
    /// The running number. It begins elsewhere in each loop, so that a number from another loop hardly ever fits.
    created: u32,
}

impl Default for Slots {
    fn default() -> Self {
        static FIRST: AtomicU32 = AtomicU32::new(0);
        let created = FIRST.fetch_add(0x9e37_79b9, Ordering::Relaxed);
        Self { slots: Vec::new(), free: Vec::new(), created }
    }
}

impl Registry {
    /// Takes a task in; gives its slot and its running number.
    pub(crate) fn register(&self, task: FutureRef) -> (u32, u32) {
        let mut tasks = self.0.borrow_mut();
        tasks.created = tasks.created.wrapping_add(1);
        let slot = match tasks.free.pop() {
            Some(slot) => {
                tasks.slots[slot as usize] = Some(task);
                slot
            }
            None => {
                tasks.slots.push(Some(task));
                u32::try_from(tasks.slots.len() - 1).expect("more than four thousand million tasks")
            }
        };
        (slot, tasks.created)
    }

    /// Lets go of the task in a slot.
    pub(crate) fn unregister(&self, slot: u32) {
        let mut tasks = self.0.borrow_mut();
        let task = tasks.slots[slot as usize].take();
        tasks.free.push(slot);
        if tasks.free.len() == tasks.slots.len() && tasks.slots.len() > 1024 {
            // A burst of tasks is over: give its memory back.
            tasks.slots = Vec::new();
            tasks.free = Vec::new();
        }
        // Dropped after the borrow has ended: it may be the last handle.
        drop(tasks);
        drop(task);
    }

    /// All of them, in the order of their creation. (One that has seen thousands of millions of others come is taken for a
    /// new one.)
    pub(crate) fn all(&self) -> Vec<FutureRef> {
        let tasks = self.0.borrow();
        let rank = |task: &FutureRef| match task.kind() {
            Kind::Task(core) => core.order.get().wrapping_sub(tasks.created.wrapping_add(1)),
            _ => unreachable!("only tasks are registered"),
        };
        let all: Vec<&FutureRef> = tasks.slots.iter().flatten().collect();
        let order: Vec<u64> = all.iter().zip(0..).map(|(task, index)| u64::from(rank(task)) << 32 | index).collect();
        // By a heap, where slots were used again: every program contains this, and the library's sort is ten kilobytes.
        let order = if order.is_sorted() { order } else { BinaryHeap::from(order).into_sorted_vec() };
        order.into_iter().map(|place| all[place as u32 as usize].clone()).collect()
    }

    pub(crate) fn count(&self) -> usize {
        let tasks = self.0.borrow();
        tasks.slots.len() - tasks.free.len()
    }
}
