//! What a program is linked with that wants to see every loop: traces, schedules, an inspector.
//!
//! Such a crate stands outside of the runtime and may be told of loops that it did not make. So it hands in a function before
//! `main` begins, and every new loop calls it.

use crate::asyncio::events::EventLoop;

/// A function that is called with every new loop of the process, in the loop's thread, before anything else has seen it.
#[doc(hidden)]
pub struct LoopHook(pub fn(&EventLoop));

inventory::collect!(LoopHook);

pub(crate) fn call(event_loop: &EventLoop) {
    inventory::iter::<LoopHook>.into_iter().for_each(|hook| (hook.0)(event_loop));
}
