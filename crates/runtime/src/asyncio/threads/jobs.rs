//! Whether any thread is working on a job for the loop, and for which loop a thread works.
//!
//! Virtual time may jump only while none is. A thread that sleeps on the loop's clock does not count as working, nor does a job
//! that is queued behind threads which all sleep: it starts when a timer of the loop wakes one of them. All counting happens in
//! the loop's own thread.

use std::cell::{Cell, RefCell};

use super::handle::LoopHandle;

/// The jobs of one loop.
#[derive(Default)]
pub(crate) struct Jobs {
    pools: RefCell<Vec<Pool>>,
    /// The number of waits for the threads of a pool to end.
    joins: Cell<usize>,
}

/// The jobs that the loop has given to one pool.
struct Pool {
    id: usize,
    size: usize,
    unfinished: usize,
    asleep: usize,
}

/// Names a pool for as long as a job in it is unfinished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolKey(usize);

impl Jobs {
    /// A job was given to the pool of this address and size.
    pub(crate) fn begin(&self, id: usize, size: usize) -> PoolKey {
        let mut pools = self.pools.borrow_mut();
        let known = pools.iter().position(|pool| pool.id == id);
        // An entry without jobs may be reused, because none of its keys is left.
        let at = known.or_else(|| pools.iter().position(|pool| pool.unfinished == 0)).unwrap_or(pools.len());
        if known.is_none() {
            let pool = Pool { id, size, unfinished: 0, asleep: 0 };
            if at == pools.len() { pools.push(pool) } else { pools[at] = pool }
        }
        pools[at].unfinished += 1;
        PoolKey(at)
    }

    /// The loop has been told that a job has ended.
    pub(crate) fn end(&self, key: PoolKey) {
        self.pools.borrow_mut()[key.0].unfinished -= 1;
    }

    /// A thread of the pool sleeps until a timer of the loop wakes it.
    pub(crate) fn fall_asleep(&self, key: PoolKey) {
        self.pools.borrow_mut()[key.0].asleep += 1;
    }

    pub(crate) fn wake_up(&self, key: PoolKey) {
        self.pools.borrow_mut()[key.0].asleep -= 1;
    }

    pub(crate) fn join_begins(&self) {
        self.joins.set(self.joins.get() + 1);
    }

    pub(crate) fn join_ends(&self) {
        self.joins.set(self.joins.get() - 1);
    }

    /// Will other threads finish something without help from the loop?
    pub(crate) fn are_at_work(&self) -> bool {
        let pools = self.pools.borrow();
        pools.iter().any(|pool| pool.unfinished.min(pool.size) > pool.asleep)
            || (self.joins.get() > 0 && pools.iter().all(|pool| pool.asleep == 0))
    }
}

thread_local! {
    /// Set in a thread that runs a job for a loop with a virtual clock: the loop, and the thread's pool.
    pub(crate) static WORKS_FOR: RefCell<Option<(LoopHandle, PoolKey)>> = const { RefCell::new(None) };
}

/// As long as it lives, this thread sleeps on the virtual clock of that loop.
pub(crate) struct WorksFor(Option<(LoopHandle, PoolKey)>);

impl WorksFor {
    pub(crate) fn begin(event_loop: Option<(LoopHandle, PoolKey)>) -> Self {
        Self(works_for(event_loop))
    }
}

impl Drop for WorksFor {
    fn drop(&mut self) {
        works_for(self.0.take());
    }
}

/// Sets the loop that this thread works for, and returns the previous one. A thread that is ending works for none.
fn works_for(event_loop: Option<(LoopHandle, PoolKey)>) -> Option<(LoopHandle, PoolKey)> {
    WORKS_FOR.try_with(|slot| slot.replace(event_loop)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_behind_sleeping_threads_are_not_at_work() {
        let jobs = Jobs::default();
        let keys = [1, 2, 3].map(|_| jobs.begin(7, 2));
        jobs.fall_asleep(keys[0]);
        assert!(jobs.are_at_work(), "the second thread is awake");
        jobs.fall_asleep(keys[1]);
        assert!(!jobs.are_at_work(), "the third job has no thread");
        jobs.join_begins();
        assert!(!jobs.are_at_work(), "nor can the threads end");
        jobs.wake_up(keys[0]);
        assert!(jobs.are_at_work());
        jobs.wake_up(keys[1]);
        for key in keys {
            jobs.end(key);
        }
        assert!(jobs.are_at_work(), "the threads are about to end");
        jobs.join_ends();
        assert!(!jobs.are_at_work());
    }

    #[test]
    fn a_place_is_used_again_when_its_jobs_are_done() {
        let jobs = Jobs::default();
        let (first, second) = (jobs.begin(1, 1), jobs.begin(2, 1));
        jobs.end(first);
        let third = jobs.begin(3, 1);
        jobs.fall_asleep(third);
        assert!(jobs.are_at_work(), "the second pool is");
        jobs.end(second);
        assert!(!jobs.are_at_work());
        assert_eq!(jobs.pools.borrow().len(), 2);
    }
}
