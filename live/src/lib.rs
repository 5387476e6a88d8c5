//! The programs of the guide in one WebAssembly module, each of which a page can run.
//!
//! A page makes a fresh instance for each run, so a program finds everything as it would in a process of its own. It says what
//! to run and receives what the program prints ([`page`]). `build.rs` makes a module of each program, with different versions
//! of the printing macros.

#![allow(dead_code, unused_imports, missing_docs, unreachable_pub, reason = "the programs are written for themselves")]

#[macro_use]
mod print;
mod echo;
mod ending;
mod hosted;
mod page;
mod reach;

include!(concat!(env!("LIVE_PROGRAMS", "`cargo xtask wasm` builds this"), "/programs.rs"));
