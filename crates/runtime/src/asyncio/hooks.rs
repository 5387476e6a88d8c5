//! Hooks for linked crates that want to see every loop (traces, schedules, an inspector), or that replace the system.
//!
//! Such a crate is outside of the runtime, and must learn of loops that it did not make. So it registers a function before
//! `main` starts, and every new loop calls it.

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

/// A function that returns a further observer of a loop in debug mode. It is called when debug mode is switched on.
#[doc(hidden)]
pub struct DebugHook(pub fn(&EventLoop) -> Option<Rc<dyn Observer>>);

inventory::collect!(DebugHook);

/// The lookup of a host's addresses.
type HostLookup = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>>>>>;

/// A function that looks up a host in place of the system's resolver. It returns `None` if the system should be asked in this
/// context.
#[doc(hidden)]
pub struct ResolveHook(pub fn(&str) -> Option<HostLookup>);

inventory::collect!(ResolveHook);
