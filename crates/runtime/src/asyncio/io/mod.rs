//! `AsyncFd`: reading and writing any descriptor without blocking the loop. Streams, pipes and children are built on it.
//!
//! The core idea: the descriptor is registered once, for as long as the `AsyncFd` lives, and an operation is tried before a
//! task waits. The outcome is remembered (see `io::source`), so neither a wait nor a useless attempt costs a system call. There
//! are no buffers and no protocol here: the operation is a closure.
//!
//! An `Announcer` is such a source without a descriptor: the program itself says when it is ready. It needs no system, so it
//! exists in a page, too.

mod announcer;
#[cfg(unix)]
mod descriptors;
mod registration;
pub(crate) mod source;

pub use announcer::Announcer;
#[cfg(unix)]
pub use descriptors::{AsyncFd, Watched, kill, pidfd_send_signal};
pub use registration::{Readiness, Registration};
