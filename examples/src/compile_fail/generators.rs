//! Generators, coroutines and comprehensions are not the same thing.
//!
//! Shows: async_generator_is_no_coroutine, coroutines_are_not_iterable,
//! await_comprehension_only_in_async_def
//!
//! # An asynchronous generator cannot be awaited
//!
//! In Python the function is no coroutine function, and
//! `TypeError: object async_generator can't be used in 'await' expression` is
//! raised. Here the type is not a future:
//!
//! ```compile_fail,E0277
//! # use asyncio::{AsyncGenerator, Result};
//! fn numbers() -> AsyncGenerator<u32> {
//!     AsyncGenerator::new(async |mut y| y.yield_(1).await.map(drop))
//! }
//!
//! async fn program() -> Result<()> {
//!     numbers().await?;
//!     Ok(())
//! }
//! ```
//!
//! It is iterated instead:
//!
//! ```
//! # use asyncio::{AsyncGenerator, AsyncIterator, Result};
//! # fn numbers() -> AsyncGenerator<u32> {
//! #     AsyncGenerator::new(async |mut y| y.yield_(1).await.map(drop))
//! # }
//! # async fn program() -> Result<()> {
//! assert_eq!(numbers().anext().await?, Some(1));
//! # Ok(())
//! # }
//! # asyncio::run(program()).unwrap();
//! ```
//!
//! # A coroutine cannot be iterated
//!
//! Python's `TypeError: 'coroutine' object is not iterable`:
//!
//! ```compile_fail,E0277
//! async fn coro() -> asyncio::Result<u32> {
//!     Ok(1)
//! }
//!
//! for item in coro() {}
//! ```
//!
//! # A comprehension with `await` belongs in a coroutine
//!
//! In a plain function Python says
//! `SyntaxError: asynchronous comprehension outside of an asynchronous function`.
//!
//! ```compile_fail,E0728
//! # use asyncio::{AsyncIterator, Result, await_each};
//! # async fn weigh(parcel: u32) -> Result<u32> { Ok(parcel) }
//! fn plain() -> Result<Vec<u32>> {
//!     await_each((1..=4).map(weigh)).collect().await
//! }
//! ```
