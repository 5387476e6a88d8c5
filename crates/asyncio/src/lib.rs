//! Python's asyncio for Rust: everything under the names that Python's module `asyncio` has.
//!
//! ```
//! use asyncio::{Result, run, sleep};
//!
//! async fn program() -> Result<()> {
//!     println!("hello");
//!     sleep(0.001).await?;
//!     println!("world");
//!     Ok(())
//! }
//!
//! run(program()).unwrap();
//! ```
//!
//! # Where to begin
//!
//! - **A program**: [`run`] its main coroutine; [`Runner`] has the options. `ASYNCIO_DEBUG=1` looks for what blocks the
//!   loop, `ASYNCIO_CLOCK=virtual` skips the sleeps.
//! - **Many at once**: [`create_task`], [`gather()`], [`TaskGroup`], [`wait`], [`as_completed`].
//! - **Limits**: [`wait_for`] for one awaitable, [`timeout`] for a block, [`shield`] against a cancellation.
//! - **Between tasks**: [`Queue`], [`Lock`], [`Event`], [`Condition`], [`Semaphore`], [`Barrier`], and [`Future`].
//! - **Outside**: [`open_connection`], [`start_server`], [`create_subprocess_exec`], [`to_thread`],
//!   [`run_coroutine_threadsafe`].
//! - **`async for`, `async with`, `yield`**: [`AsyncIterator`], [`async_with`], [`AsyncGenerator`].
//!
//! # What differs from Python
//!
//! - A coroutine gives a [`Result`], and `?` after each `.await` is what raises. A cancellation is an [`Error`] like any
//!   other: an arm that takes all errors takes it, too, so ask [`Error::is_cancelled`] first.
//! - Keyword arguments are methods: `wait(&tasks).timeout(1)`.
//! - `task.await` takes the result, `(&task).await` clones it.
//! - The loop owns its tasks. To drop a handle does nothing.
//! - [`create_task`] panics where no loop runs; [`try_create_task`] gives the error.
//!
//! This crate only gathers the others; the documentation is at the items.

#![forbid(unsafe_code)]

pub use asyncio_context_managers::*;
pub use asyncio_generators::*;
pub use asyncio_iterators::*;
pub use asyncio_locks::*;
pub use asyncio_queues::*;
pub use asyncio_runtime::*;
pub use asyncio_streams::*;
pub use asyncio_subprocesses::*;

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
