//! Coroutines as values: named, run step by step, or closed before their end.
//!
//! Any `async` block or call of an `async fn` whose output is a [`Result`](crate::Result) is a coroutine. [`coroutine`] wraps
//! one to give it what a coroutine object in Python has: a name, `send`, `throw`, `close`, and the warning that it was never
//! awaited.

#[doc(inline)]
pub use asyncio_runtime::{Coroutine, Step, coroutine, coroutine_name};
