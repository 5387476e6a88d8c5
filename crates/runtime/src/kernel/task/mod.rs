//! A task: what it has beyond a future, how it is made, how it steps, how it is cancelled, how it ends.

pub(crate) mod blocker;
pub(crate) mod cancel;
pub(crate) mod core;
pub(crate) mod coroutine;
pub(crate) mod destroy;
pub(crate) mod spawn;
pub(crate) mod step;
pub(crate) mod visit;
