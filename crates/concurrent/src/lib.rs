//! Thread pools, futures that threads wait on, and calls that any thread can cancel: the part of Python's `concurrent.futures` that
//! asyncio uses, and its `_ThreadSafeHandle`.
//!
//! A pool starts a thread when a job comes and no thread is idle, up to its size, and keeps its threads. It knows nothing of
//! event loops: the runtime connects the two. In a test, a `Conductor` decides when its jobs run.

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod conductor;
#[doc(hidden)]
pub mod future;
mod handle;
mod pool;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use future::ConcurrentFuture;
pub use handle::ThreadSafeHandle;
pub use pool::ThreadPoolExecutor;

/// Locks. A panic cannot leave the data half changed, since no foreign code runs under a lock, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
