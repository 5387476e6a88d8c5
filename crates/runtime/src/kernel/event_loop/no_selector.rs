//! `Selector` where the system has no descriptors: it cannot be made, so the loop never sleeps in one.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use asyncio_errors::RuntimeError;

use crate::kernel::event_loop::ready::Run;
use crate::kernel::tenant::Tenant;

pub(crate) enum Found {}

pub(crate) enum Selector {}

/// The receiver of a selector's events, of which there are none.
pub(crate) trait EventTarget: Tenant {
    fn found(&self, found: &Found, queue: &mut dyn FnMut(Rc<dyn Run>, u32));
}

impl Selector {
    pub(crate) fn new() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn bell(&self) -> fn() {
        match *self {}
    }

    pub(crate) fn wait(&self, _: Option<Duration>, _: impl FnMut(Found)) -> io::Result<()> {
        match *self {}
    }
}

/// Nothing blocks a page, and it goes on only when its functions return.
pub(crate) fn check_can_wait() -> Result<(), RuntimeError> {
    Err(RuntimeError::new("this thread cannot wait for real time: the host has to run the event loop"))
}
