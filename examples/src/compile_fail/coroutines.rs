//! A function that was not called is no coroutine.
//!
//! Python finds out when it comes to that line:
//! `TypeError: a coroutine was expected, got <function save at 0x...>`, and from
//! `asyncio.run` a `ValueError` with the same words.
//!
//! Shows: task_wraps_a_coroutine, task_is_not_a_coroutine
//!
//! ```compile_fail,E0277
//! async fn save() -> asyncio::Result<()> {
//!     Ok(())
//! }
//!
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::create_task(save).await
//! }
//! ```
//!
//! `run` refuses it likewise.
//!
//! ```compile_fail,E0277
//! # async fn save() -> asyncio::Result<()> {
//! #     Ok(())
//! # }
//! fn main() -> asyncio::Result<()> {
//!     asyncio::run(save)
//! }
//! ```
//!
//! Called, it is one.
//!
//! ```
//! # async fn save() -> asyncio::Result<()> {
//! #     Ok(())
//! # }
//! assert!(asyncio::run(save()).is_ok());
//! ```
//!
//! A task is not a coroutine either, though it can be awaited: no task is made of a
//! task. Python raises `TypeError: a coroutine was expected, got <Task ...>`.
//!
//! ```compile_fail,E0277
//! async fn program() -> asyncio::Result<()> {
//!     let task = asyncio::create_task(asyncio::sleep(1));
//!     asyncio::create_task(task).await
//! }
//! ```
//!
//! What takes both is `ensure_future`.
//!
//! ```
//! async fn program() -> asyncio::Result<()> {
//!     let task = asyncio::create_task(asyncio::sleep(0.001));
//!     asyncio::ensure_future(task).await
//! }
//!
//! asyncio::run(program()).unwrap();
//! ```
