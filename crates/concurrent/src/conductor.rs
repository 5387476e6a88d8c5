//! `Conductor`: decides when the jobs of pools run, one at a time, so that a test can repeat what threads did.
//!
//! A thread that has a conductor submits conducted jobs. Such a job runs in a thread of its pool as any other, but only while it has
//! the turn: it waits for that before it begins, after each call that it makes to a loop, and after each wait for a
//! [`ConcurrentFuture`](crate::ConcurrentFuture). The thread with the conductor gives turns, and waits meanwhile. A job that blocks in
//! another way keeps its turn, which the conductor may take back after a while.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

/// Gives jobs their turns. Jobs have numbers, in the order in which they were submitted.
#[doc(hidden)]
pub trait Conductor: Send + Sync {
    /// A job was given to the pool of this address and size, which begins its jobs in order. Returns its number.
    fn submitted(&self, pool: usize, size: usize) -> u64;

    /// A thread is about to begin the job: returns when it has the turn.
    fn begin(&self, job: u64);

    /// The job has made a call to a loop and gives way: returns when it has the turn again.
    fn give_way(&self, job: u64);

    /// The job waits for [`wake`](Self::wake), so long at most: returns when it has the turn again; false, at once, if it goes on
    /// without turns.
    fn pause(&self, job: u64, limit: Duration) -> bool;

    /// What the job may be waiting for has happened.
    fn wake(&self, job: u64);

    /// The job has run, or will never run.
    fn ended(&self, job: u64);

    /// The thread of the conductor is about to block until this is so: other threads have to run.
    fn run_until(&self, is_over: &dyn Fn() -> bool);

    /// The pool of this address is to end when its jobs have. Returns how many there are.
    fn hurry(&self, pool: usize) -> usize;
}

thread_local! {
    static CONDUCTOR: RefCell<Option<Arc<dyn Conductor>>> = const { RefCell::new(None) };
    /// The job that this thread runs.
    static JOB: RefCell<Option<(Arc<dyn Conductor>, u64)>> = const { RefCell::new(None) };
    /// Does it run its function?
    static RUNS: Cell<bool> = const { Cell::new(false) };
    /// The turn of the last job that this thread has run.
    static TURN: RefCell<Option<Turns>> = const { RefCell::new(None) };
}

/// Sets the conductor of the jobs that this thread submits, and returns the one before.
#[doc(hidden)]
pub fn set_conductor(conductor: Option<Arc<dyn Conductor>>) -> Option<Arc<dyn Conductor>> {
    CONDUCTOR.try_with(|place| place.replace(conductor)).ok().flatten()
}

/// The conductor of this thread.
pub(crate) fn conductor() -> Option<Arc<dyn Conductor>> {
    CONDUCTOR.try_with(|place| place.borrow().clone()).ok().flatten()
}

/// The conducted job that this thread runs.
pub(crate) fn job() -> Option<(Arc<dyn Conductor>, u64)> {
    if RUNS.get() { JOB.with_borrow(Clone::clone) } else { None }
}

/// This thread has made a call to a loop. If it runs a conducted job, that gives way.
#[doc(hidden)]
pub fn give_way() {
    if let Some((conductor, number)) = job() {
        conductor.give_way(number);
    }
}

/// The function of the job has returned: what is left to do is its end, which does not give way.
pub(crate) fn returned() {
    RUNS.set(false);
}

/// The turns of a conducted job.
pub(crate) struct Turns {
    conductor: Arc<dyn Conductor>,
    number: u64,
}

impl Turns {
    /// Those of a job that is given to a pool now, if it is conducted.
    pub(crate) fn of_new(pool: usize, size: usize) -> Option<Self> {
        let conductor = conductor().or_else(|| job().map(|(conductor, _)| conductor))?;
        let number = conductor.submitted(pool, size);
        Some(Self { conductor, number })
    }

    /// Runs the job, which keeps its turn until `end_turn`.
    pub(crate) fn run(self, job: impl FnOnce()) {
        self.conductor.begin(self.number);
        JOB.set(Some((Arc::clone(&self.conductor), self.number)));
        TURN.set(Some(self));
        RUNS.set(true);
        job();
    }
}

/// What the thread's last job had to do is done, and what the thread had to do after it.
pub(crate) fn end_turn() {
    returned();
    drop(JOB.take());
    drop(TURN.take());
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.conductor.ended(self.number);
    }
}
