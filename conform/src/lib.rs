//! Checks that the runtime does what CPython does, step for step, by running the same random programs on both.
//!
//! A program is data ([`language`]), written by a generator from a seed ([`mod@generate`]). It is run twice: on CPython's own
//! event loop ([`cpython`], by `interpreter.py`), and on this repository's runtime ([`trace`]). Both write what happens, in
//! which task, and when; the two traces must be equal byte for byte ([`compare`]). A program that shows a difference is made as
//! small as possible ([`mod@shrink`]). In addition to the random ones, all small programs can be run ([`mod@small`]). The
//! traces that CPython wrote are stored for some thousands of programs ([`corpus`]), so that `cargo test` needs no Python. The
//! README lists what the programs leave out, and why.

pub mod compare;
pub mod corpus;
pub mod cpython;
pub mod generate;
pub mod language;
pub mod mixed;
pub mod outside;
pub mod pyodide;
pub mod shrink;
pub mod small;

// The interpreter on our runtime, from the outside in.
mod interpreter;

mod frame;

mod blocks;
mod waits;

mod shared;
mod world;

use std::path::PathBuf;

pub use interpreter::{trace, trace_hosted, trace_scoped, trace_scoped_and_watched, trace_watched};

/// The folder of this package.
#[must_use]
pub fn root() -> PathBuf {
    guide_tests::root().join("conform")
}
