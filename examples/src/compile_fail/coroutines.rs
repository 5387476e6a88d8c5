//! A function that was not called is no coroutine.
//!
//! Python finds out when it comes to that line:
//! `TypeError: a coroutine was expected, got <function save at 0x...>`, and from
//! `asyncio.run` a `ValueError` with the same words.
//!
//! Shows: task_wraps_a_coroutine
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
