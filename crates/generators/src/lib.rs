//! Generators, plain and asynchronous, as Python has them: functions that stop at every `yield` and continue later.
//!
//! The body is a coroutine that is given a handle to yield through. There is no macro, and no allocation per item.
//!
//! ```
//! use asyncio::{AsyncGenerator, AsyncIterator, Generator, Result, run, sleep};
//!
//! fn squares(count: u32) -> Generator<u32> {
//!     Generator::new(async move |mut y| {
//!         for n in 0..count {
//!             y.yield_(n * n).await?;
//!         }
//!         Ok(())
//!     })
//! }
//!
//! fn ticker(count: u32) -> AsyncGenerator<u32> {
//!     AsyncGenerator::new(async move |mut y| {
//!         for n in 0..count {
//!             sleep(0.001).await?;
//!             y.yield_(n).await?;
//!         }
//!         Ok(())
//!     })
//! }
//!
//! assert_eq!(squares(4).collect::<Result<Vec<_>>>().unwrap(), [0, 1, 4, 9]);
//! let ticks: Vec<u32> = run(async { ticker(3).collect().await }).unwrap();
//! assert_eq!(ticks, [0, 1, 2]);
//! ```
//!
//! What is thrown into a generator comes out of `yield_` as an error: `?` passes it on, `match` catches it. A generator
//! that is closed gets a [`GeneratorExit`] there, and what it does before it ends is Python's `finally`.

#![forbid(unsafe_code)]

mod async_generator;
mod generator;
mod yielder;

pub use async_generator::AsyncGenerator;
pub use asyncio_runtime::GeneratorExit;
pub use generator::{Generator, Resumed};
pub use yielder::{AsyncGeneratorYielder, GeneratorYielder, Yield};
