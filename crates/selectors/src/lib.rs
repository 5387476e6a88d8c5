//! The system's readiness facility, in which an event loop sleeps. It has no interface for programs.

#[cfg(unix)]
pub mod gate;
#[cfg_attr(not(unix), path = "no_selector.rs")]
pub mod selector;
