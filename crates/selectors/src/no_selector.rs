//! `Selector` where the system has no descriptors: it cannot be created, so the loop never sleeps in one.

use std::io;
use std::time::Duration;

use asyncio_errors::RuntimeError;

/// What a system would report about a descriptor.
pub struct Found {
    /// The key that the descriptor was registered with.
    pub key: usize,
    /// There is input, or the end of it.
    pub readable: bool,
    /// There is room for output.
    pub writable: bool,
    /// The peer has gone, or there is an error.
    pub hung_up: bool,
}

/// Where an event loop would sleep.
pub enum Selector {}

impl Selector {
    /// Fails.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn new() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns what ends a wait.
    pub fn bell(&self) -> fn() {
        match *self {}
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// None.
    pub fn wait(&self, _: Option<Duration>, _: impl FnMut(Found)) -> io::Result<()> {
        match *self {}
    }
}

/// Nothing can block a page: it continues only when its functions return.
///
/// # Errors
///
/// Always.
pub fn check_can_wait() -> Result<(), RuntimeError> {
    Err(RuntimeError::new("this thread cannot wait for real time: the host has to run the event loop"))
}
