//! Generators, plain and asynchronous: functions that stop at every `yield` and continue later.
//!
//! The body is a coroutine that is given a handle to yield through, a [`GeneratorYielder`] or an [`AsyncGeneratorYielder`].

#[doc(inline)]
pub use asyncio_generators::{
    AsyncGenerator, AsyncGeneratorYielder, Generator, GeneratorExit, GeneratorYielder, Resumed, Yield,
};
// Between a loop and the generators that it closes; a program has no use for it.
#[doc(hidden)]
pub use asyncio_runtime::OpenAsyncGen;
