//! Running a program: [`run`], and [`Runner`] for its options or for several coroutines on one loop.

#[doc(inline)]
pub use asyncio_runtime::{Runner, run};
