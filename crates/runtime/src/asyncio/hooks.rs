//! What a program is linked with that wants to see every loop (traces, schedules, an inspector), or stands in for the system.
//!
//! Such a crate stands outside of the runtime and may be told of loops that it did not make. So it hands in a function before
//! `main` begins, and every new loop calls it.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;

use asyncio_errors::Result;

use crate::asyncio::events::EventLoop;
use crate::kernel::Observer;

/// A function that is called with every new loop of the process, in the loop's thread, before anything else has seen it.
#[doc(hidden)]
pub struct LoopHook(pub fn(&EventLoop));

inventory::collect!(LoopHook);

/// A function that returns what else observes a loop in debug mode. It is called when debug mode is switched on.
#[doc(hidden)]
pub struct DebugHook(pub fn(&EventLoop) -> Option<Rc<dyn Observer>>);

inventory::collect!(DebugHook);

/// The lookup of a host's addresses.
type Lookup = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>>>>>;

/// A function that looks a host up in the place of the system's resolver. `None` if the system is to be asked in this context.
#[doc(hidden)]
pub struct ResolveHook(pub fn(&str) -> Option<Lookup>);

inventory::collect!(ResolveHook);

pub(crate) fn call(event_loop: &EventLoop) {
    inventory::iter::<LoopHook>.into_iter().for_each(|hook| (hook.0)(event_loop));
}

pub(crate) fn of_debug_mode(event_loop: &EventLoop) -> impl Iterator<Item = Rc<dyn Observer>> {
    inventory::iter::<DebugHook>.into_iter().filter_map(|hook| (hook.0)(event_loop))
}
