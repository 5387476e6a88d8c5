//! Python's `contextvars`: variables that have a value of their own in each task.
//!
//! A task starts with a copy of the context of the code that creates it.

#[doc(inline)]
pub use asyncio_runtime::{Context, ContextVar, Token, VarScope, copy_context};
