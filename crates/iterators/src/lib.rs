//! Asynchronous iterators: Python's `__anext__`, `async for` and asynchronous comprehensions.
//!
//! An [`AsyncIterator`] returns one item at a time, and may wait for it. `async for item in items:` is
//!
//! ```
//! use asyncio::{AsyncIterator, from_iter, run};
//!
//! run(async {
//!     let mut items = from_iter(["bread", "salt"]);
//!     while let Some(item) = items.anext().await? {
//!         println!("{item}");
//!     }
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! and a comprehension `[f(x) async for x in items if p(x)]` is `items.filter(p).map(f).collect::<Vec<_>>().await?`.
//!
//! Iteration is sequential: the next item is requested when the last one has been processed, and the iterating task
//! waits meanwhile. Other tasks run, but nothing within the iteration runs at the same time. For that there are
//! `gather` and `as_completed`.
//!
//! Nothing here needs the event loop, only the type [`Result`](asyncio_runtime::Result): any executor can poll these
//! iterators.

#![forbid(unsafe_code)]

mod adapters;
mod error;
mod iterator;
mod sources;
mod stream;

pub use adapters::{Enumerate, Filter, Map, Then, Zip};
pub use error::StopAsyncIteration;
pub use iterator::{AsyncIterator, IntoAsyncIterator, aiter, anext, anext_or};
pub use sources::{AwaitEach, FromIter, await_each, from_iter};
pub use stream::{FromStream, IntoStream, from_stream, into_stream};
