//! What a loop, a task and a future know of each other.

pub(crate) mod deadlock;
pub(crate) mod event_loop;
pub(crate) mod handle;
pub(crate) mod line;
pub(crate) mod memory;
pub(crate) mod reactor;
pub(crate) mod repr;
pub(crate) mod task;
pub(crate) mod watch;
