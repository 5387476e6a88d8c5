//! What Python's reference on coroutines and tasks raises as a `TypeError`, and
//! Rust does not compile.
//!
//! Shows: wait_coroutine_not_in_done
//!
//! # `wait` takes no coroutine
//!
//! Where Python says
//! `TypeError: Passing coroutines is forbidden, use tasks explicitly.`, a coroutine
//! lacks the trait that tasks and futures have:
//!
//! ```compile_fail,E0277
//! # use asyncio::{Result, run, wait};
//! # async fn ultimate_question() -> Result<i32> { Ok(42) }
//! # async fn program() -> Result<()> {
//! let coro = ultimate_question();
//! let (done, pending) = wait([&coro]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Nor is it at hand to be looked for in `done` afterwards: it has moved into its
//! task.
//!
//! ```compile_fail,E0382
//! # use asyncio::{Result, create_task, wait};
//! # async fn ultimate_question() -> Result<i32> { Ok(42) }
//! # async fn program() -> Result<()> {
//! let coro = ultimate_question();
//! let task = create_task(coro);
//! let (done, pending) = wait([&task]).await?;
//! let answer = coro.await?;
//! # Ok(())
//! # }
//! ```
//!
//! # `run_coroutine_threadsafe` takes nothing else
//!
//! Python's `TypeError: A coroutine object is required`:
//!
//! ```compile_fail,E0277
//! # use asyncio::{LoopHandle, run_coroutine_threadsafe};
//! # fn submit(event_loop: &LoopHandle) {
//! let future = run_coroutine_threadsafe(|| 3, event_loop);
//! # }
//! ```
