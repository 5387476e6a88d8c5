//! `Selector` where the system has no descriptors: it cannot be made, so the loop never sleeps in one.

use std::io;
use std::time::Duration;

use asyncio_errors::RuntimeError;

pub(crate) enum Found {}

pub(crate) enum Selector {}

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
