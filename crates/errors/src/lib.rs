//! The errors of asyncio: [`Error`], the one dynamic error, and the exceptions that are built into Python or belong to
//! asyncio.
//!
//! The core idea: an exception is any `std::error::Error`, and [`Error`] holds it. How it prints is in [`repr`], how it is
//! reported in [`ExceptionContext`] and [`log`]. The crate knows nothing of tasks and loops: all of asyncio is built on it.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

pub mod context;
pub mod env;
mod error;
pub mod escape;
mod exceptions;
mod frames;
mod gai;
mod group;
mod interop;
pub mod log;
pub mod names;
pub mod panic;
#[doc(hidden)]
pub mod report;
pub mod repr;
pub mod text;

pub use context::ErrorContext;
pub use error::{Error, Result};
pub use exceptions::{
    CancelledError, Exception, GeneratorExit, InvalidStateError, KeyboardInterrupt, LookupError, RuntimeError,
    TimeoutError, TypeError, ValueError, ZeroDivisionError,
};
pub use frames::{CoroutineRef, Frame};
pub use gai::GaiError;
pub use group::ExceptionGroup;
pub use interop::{Raisable, RaisedError};
pub use panic::TaskPanic;
pub use report::ExceptionContext;
