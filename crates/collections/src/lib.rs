//! The data structures that an event loop is built on. They know nothing of errors, loops, tasks or clocks.
//!
//! No program names them. What a loop does in each step is `#[inline]`, so that the crate's border costs no call.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

#[doc(hidden)]
pub mod deadlines;
#[doc(hidden)]
pub mod slots;
