//! The data structures that an event loop is built on. They know nothing of errors, loops, tasks or clocks.
//!
//! Programs use only [`drop_nested`], through the crate `asyncio`. Code that a loop runs in each step is `#[inline]`, so that
//! crossing the crate's boundary costs no call.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

#[doc(hidden)]
pub mod burials;
#[doc(hidden)]
pub mod counted;
#[doc(hidden)]
pub mod deadlines;
#[doc(hidden)]
pub mod index;
#[doc(hidden)]
pub mod slots;
#[doc(hidden)]
pub mod takers;
#[doc(hidden)]
pub mod waits;

pub use burials::drop_nested;
