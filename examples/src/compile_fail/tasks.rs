//! A number cannot be awaited.
//!
//! `asyncio.ensure_future(5)` raises
//! `TypeError: An asyncio.Future, a coroutine or an awaitable is required` when it
//! is called; here the number is not of a type that can be awaited.
//!
//! Shows: ensure_future_passes_futures_through
//!
//! ```compile_fail,E0277
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::ensure_future(5);
//!     Ok(())
//! }
//! ```
//!
//! A coroutine can be, and so can a task.
//!
//! ```
//! async fn five() -> asyncio::Result<u32> {
//!     Ok(5)
//! }
//!
//! asyncio::run(async {
//!     let task = asyncio::ensure_future(five());
//!     assert_eq!(asyncio::ensure_future(task).await?, 5);
//!     Ok(())
//! })
//! .unwrap();
//! ```
