//! What cannot be gathered.
//!
//! Python's `gather(coros)` with a list instead of arguments fails at the call:
//! `TypeError: unhashable type: 'list'`. The macro takes arguments as Python does,
//! and the compiler says that a list is nothing to await.
//!
//! Shows: gather_list_is_an_error
//!
//! ```compile_fail,E0277
//! async fn knock(door: u32) -> asyncio::Result<()> {
//!     asyncio::sleep(door).await
//! }
//!
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::gather!(vec![knock(1), knock(2)]).await?;
//!     Ok(())
//! }
//! ```
//!
//! The function `gather` takes the list as it is.
//!
//! ```
//! # async fn knock(door: u32) -> asyncio::Result<()> {
//! #     asyncio::sleep(0.001 * f64::from(door)).await
//! # }
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::gather(vec![knock(1), knock(2)]).await?;
//!     Ok(())
//! }
//!
//! assert!(asyncio::run(program()).is_ok());
//! ```
//!
//! The same coroutine given twice is run once in Python. In Rust it was handed over
//! with the first argument.
//!
//! ```compile_fail,E0382
//! # async fn knock(door: u32) -> asyncio::Result<()> {
//! #     asyncio::sleep(door).await
//! # }
//! async fn program() -> asyncio::Result<()> {
//!     let coro = knock(1);
//!     asyncio::gather([coro, coro]).await?;
//!     Ok(())
//! }
//! ```
