//! `Conductor`: decides when the jobs of pools run, one at a time, so that a test can repeat what threads do.
//!
//! Jobs that a thread with a conductor submits are conducted. Such a job runs in a thread of its pool like any other, but only
//! while it has the turn. It waits for the turn before it begins, after each call that it makes to a loop, and after each wait
//! for a [`ConcurrentFuture`](crate::ConcurrentFuture). The thread with the conductor gives a job the turn, and waits
//! meanwhile. A job that blocks in another way keeps its turn, until the conductor takes it back after a while.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

/// Gives jobs their turns. Jobs are numbered in the order in which they were submitted.
pub trait Conductor: Send + Sync {
    /// A job was submitted to the pool with this address and size, which begins its jobs in order. Returns the number of the
    /// job.
    fn submitted(&self, pool: usize, size: usize) -> u64;

    /// A thread is about to begin the job. Returns when the job has the turn.
    fn begin(&self, job: u64);

    /// The job has made a call to a loop, and gives up its turn. Returns when it has the turn again.
    fn give_way(&self, job: u64);

    /// The job waits for [`wake`](Self::wake), at most for `limit` in the loop's time. Returns when the job has the turn again. The
    /// job then looks again or, if this returns a time, waits that long by itself.
    fn pause(&self, job: u64, limit: Duration) -> Option<Duration>;

    /// What the job may be waiting for has happened.
    fn wake(&self, job: u64);

    /// The job has run, or will never run.
    fn ended(&self, job: u64);

    /// The thread of the conductor is about to block until `is_over`, so the jobs must run.
    fn run_until(&self, is_over: &dyn Fn() -> bool);

    /// The pool with this address is to end when its jobs have ended. Returns the number of those.
    fn hurry(&self, pool: usize) -> usize;
}

thread_local! {
    static CONDUCTOR: RefCell<Option<Arc<dyn Conductor>>> = const { RefCell::new(None) };
    /// The job of this thread.
    static JOB: RefCell<Option<(Arc<dyn Conductor>, u64)>> = const { RefCell::new(None) };
    /// Is the function of the job running?
    static RUNS: Cell<bool> = const { Cell::new(false) };
    /// The turn of the last job that this thread has run.
    static TURN: RefCell<Option<Turns>> = const { RefCell::new(None) };
}

/// Sets the conductor of the jobs that this thread submits, and returns the previous one.
pub fn set_conductor(conductor: Option<Arc<dyn Conductor>>) -> Option<Arc<dyn Conductor>> {
    CONDUCTOR.try_with(|place| place.replace(conductor)).ok().flatten()
}

/// The conductor of this thread.
pub(crate) fn conductor() -> Option<Arc<dyn Conductor>> {
    CONDUCTOR.try_with(|place| place.borrow().clone()).ok().flatten()
}

/// The conducted job that this thread is running.
pub(crate) fn job() -> Option<(Arc<dyn Conductor>, u64)> {
    if RUNS.get() { JOB.with_borrow(Clone::clone) } else { None }
}

/// Called when this thread has made a call to a loop. If it is running a conducted job, the job gives up its turn.
pub fn give_way() {
    if let Some((conductor, number)) = job() {
        conductor.give_way(number);
    }
}

/// Called when the function of the job has returned. The rest of the job keeps the turn.
pub(crate) fn returned() {
    RUNS.set(false);
}

/// The turns of a conducted job.
pub(crate) struct Turns {
    conductor: Arc<dyn Conductor>,
    number: u64,
}

impl Turns {
    /// The turns of a job that is being submitted, if it is conducted.
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

/// Called when the thread's last job is done, and the thread has finished its own work after it.
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
