//! Synchronisation between the tasks of one loop: `asyncio.locks`.
//!
//! Tasks switch only where they wait, so a lock is needed only around code that waits in the middle. All of these are
//! fair: first come, first served. They are for tasks of one thread; clones are handles on the same object, and what waits
//! holds one, so `create_task(lock.acquire())` and `wait_for(event.wait(), 1)` are fine.
//!
//! Each is a few counters beside a [`WaitQueue`](asyncio_runtime::WaitQueue), whose places have the states of the futures
//! that CPython keeps in `_waiters`; the logic is that of CPython 3.15, cancellation included.

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

/// Where a wait was written: reports name the caller's line, not one of this crate.
type Place = &'static std::panic::Location<'static>;

/// `<Lock [locked, waiters:2]>`
fn describe(f: &mut std::fmt::Formatter<'_>, class: &str, state: &str, waiters: usize) -> std::fmt::Result {
    match waiters {
        0 => write!(f, "<{class} [{state}]>"),
        _ => write!(f, "<{class} [{state}, waiters:{waiters}]>"),
    }
}
