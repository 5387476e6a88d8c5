//! Blocking functions in other threads, and calls from other threads into the loop.
//!
//! Here is also what Python has in `concurrent.futures`: [`ThreadPoolExecutor`], and the future that
//! [`run_coroutine_threadsafe`] returns.

#[doc(inline)]
pub use asyncio_runtime::{ConcurrentFuture, ThreadPoolExecutor, run_coroutine_threadsafe, to_thread};
