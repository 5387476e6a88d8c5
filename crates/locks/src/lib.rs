//! Synchronisation between the tasks of one loop: `asyncio.locks`.
//!
//! Tasks switch only where they wait, so a lock is needed only around code that waits in the middle. All primitives here are
//! fair: first come, first served. They are for the tasks of one thread. A clone is a handle of the same object, and a wait
//! owns such a handle, so `create_task(lock.acquire())` and `wait_for(event.wait(), 1)` are fine.
//!
//! Each primitive is a few counters beside a [`WaitQueue`](asyncio_runtime::WaitQueue). A place in that queue has the
//! states of the futures that CPython keeps in `_waiters`. The logic is that of CPython 3.15, cancellation included.

#![forbid(unsafe_code)]

mod barrier;
mod condition;
mod event;
mod lock;
mod semaphore;

pub use barrier::{Barrier, BrokenBarrierError};
pub use condition::{Condition, ConditionGuard};
pub use event::{Event, EventWait};
pub use lock::{Lock, LockGuard};
pub use semaphore::{BoundedSemaphore, Semaphore, SemaphorePermit};

/// The source location of a wait: reports name the caller's line, not one of this crate.
type Caller = &'static std::panic::Location<'static>;

/// `<Lock [locked, waiters:2]>`
fn describe(f: &mut std::fmt::Formatter<'_>, class: &str, state: &str, waiters: usize) -> std::fmt::Result {
    match waiters {
        0 => write!(f, "<{class} [{state}]>"),
        _ => write!(f, "<{class} [{state}, waiters:{waiters}]>"),
    }
}
