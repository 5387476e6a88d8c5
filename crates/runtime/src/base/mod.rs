//! The name of a coroutine and a hint to the processor; they know nothing of errors, loops or tasks.

pub(crate) mod names;
pub(crate) mod prefetch;
