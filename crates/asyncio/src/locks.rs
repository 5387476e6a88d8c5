//! Synchronisation between the tasks of one loop: locks, events, conditions, semaphores, barriers.
//!
//! Where `async with lock:` stands in Python, `lock.lock().await?` returns a guard that releases the lock when it is dropped.
//! To build a primitive of your own, begin with [`WaitQueue`].

#[doc(inline)]
pub use asyncio_locks::{
    Barrier, BoundedSemaphore, BrokenBarrierError, Condition, ConditionGuard, Event, EventWait, Lock, LockGuard,
    Semaphore, SemaphorePermit,
};
#[doc(inline)]
pub use asyncio_runtime::{LineWait, WaitQueue, drop_nested};
