//! Structured concurrency: a group waits for its tasks, and cancels all of them when one fails.

#[doc(inline)]
pub use asyncio_runtime::TaskGroup;
#[doc(inline)]
pub use asyncio_scope::ScopedTaskGroup;
