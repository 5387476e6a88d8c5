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
