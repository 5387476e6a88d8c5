//! What the compiler refuses where Python fails at run time, each case checked as a
//! documentation test.

pub mod coroutines;
pub mod event_loop;
pub mod gather;
pub mod generators;
pub mod history;
pub mod iterators;
pub mod questions;
pub mod queues;
pub mod real_python;
pub mod reference;
pub mod run;
pub mod streams;
pub mod subprocesses;
pub mod tasks;
pub mod threads;
pub mod wait;
