//! What cannot be walked by `async for`.
//!
//! A list of awaitables is no asynchronous iterator. Python says so when the loop
//! begins:
//! `TypeError: 'async for' requires an object with __aiter__ method, got list`; the
//! compiler says that the list is none.
//!
//! Shows: async_for_is_not_a_list_of_awaitables
//!
//! ```compile_fail,E0277
//! async fn knock(door: u32) -> asyncio::Result<()> {
//!     asyncio::sleep(door).await
//! }
//!
//! asyncio::aiter(vec![knock(1), knock(2)]);
//! ```
//!
//! What was meant has a name.
//!
//! ```
//! use asyncio::AsyncIterator;
//!
//! # async fn knock(door: u32) -> asyncio::Result<()> {
//! #     asyncio::sleep(0.001 * f64::from(door)).await
//! # }
//! let all = asyncio::await_each(vec![knock(1), knock(2)]).collect::<Vec<_>>();
//! assert_eq!(asyncio::run(all).unwrap().len(), 2);
//! ```
