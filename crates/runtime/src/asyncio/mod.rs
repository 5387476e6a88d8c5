//! Python's modules.

pub(crate) mod asyncgens;
pub(crate) mod closing;
pub(crate) mod coroutines;
mod deadlock;
pub(crate) mod events;
pub(crate) mod futures;
pub(crate) mod guest;
pub(crate) mod handles;
pub(crate) mod hooks;
pub mod io;
pub(crate) mod knots;
pub(crate) mod new_loop;
mod repr;
pub(crate) mod runners;
#[cfg_attr(not(unix), path = "no_signals.rs")]
pub(crate) mod signals;
mod slow;
pub(crate) mod taskgroups;
pub(crate) mod tasks;
pub(crate) mod threads;
pub mod time;
pub(crate) mod timeouts;
mod until;
pub(crate) mod wait_queue;
mod watch;
