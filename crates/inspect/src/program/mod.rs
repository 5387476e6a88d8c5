//! The side in the program: observers of its loops, and the thread that answers for them.

mod loops;
mod published;
mod server;
mod walk;

pub(crate) use loops::{watch, watch_running};
pub(crate) use server::start;
