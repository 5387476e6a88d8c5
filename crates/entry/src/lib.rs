//! The way into the loop for programs and tests: what `#[asyncio::main]` and `#[asyncio::test]` call.
//!
//! The attributes only move tokens (`crates/macros`). The run-time part is here, as functions that can be called, tested and read
//! without a macro: [`TestRunner`] runs a test and decides whether it has failed, [`run_main`] runs a program and makes the exit
//! code.

#![forbid(unsafe_code)]

mod program;
mod test_runner;

pub use program::{Ended, MainResult, main_result, run_main};
pub use test_runner::{TestOutcome, TestRunner, described, tasks_left, test_result};
