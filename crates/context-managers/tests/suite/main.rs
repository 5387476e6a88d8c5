//! The tests of this crate, as one program: the statement, and the cases of CPython's own suite.

#[macro_use]
extern crate asyncio_testing;

mod async_with;
mod common;
mod contextlib_async;
mod decorators;
mod exit_stack;
