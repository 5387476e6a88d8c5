//! Debug mode's report of a writer that was dropped before it was closed: Python's `ResourceWarning`.
//!
//! Dropping the last handle is a way to close a connection, here as in CPython, which gives a warning when it happens. Debug mode
//! is checked once, when the writer is made. Without debug mode, a connection stores nothing.

use std::cell::{Cell, RefCell};
use std::thread::panicking;

use asyncio_runtime::{LoopHandle, get_running_loop, log};

use super::{Connection, Phase};

#[derive(Default)]
pub(super) struct Unclosed {
    /// The loop of a connection that its writer has to close.
    event_loop: RefCell<Option<LoopHandle>>,
    /// A server's connection was left open. This must be reported, unless its handler turns out to have failed.
    left: Cell<bool>,
    /// Its handler has returned.
    handled: Cell<bool>,
}

impl Connection {
    /// From now on the program has a writer.
    pub(crate) fn expect_close(&self) {
        if let Ok(event_loop) = get_running_loop()
            && event_loop.get_debug()
        {
            self.unclosed.event_loop.replace(Some(event_loop.handle()));
        }
    }

    /// The connection belongs to a library, which drops it when it is done.
    pub(crate) fn expect_drop(&self) {
        self.unclosed.event_loop.take();
    }

    /// The last handle was dropped while the connection was in this phase.
    pub(super) fn dropped_in(&self, phase: Phase) {
        if phase != Phase::Open || self.unclosed.event_loop.borrow().is_none() || panicking() {
            return;
        }
        if self.is_server_side() && !self.unclosed.handled.get() {
            self.unclosed.left.set(true);
        } else {
            self.warn_unclosed();
        }
    }

    /// The handler of a client has returned.
    pub(crate) fn handled(&self) {
        self.unclosed.handled.set(true);
        if self.unclosed.left.take() {
            self.warn_unclosed();
        }
    }

    fn warn_unclosed(&self) {
        let event_loop = self.unclosed.event_loop.take();
        if event_loop.is_some_and(|event_loop| event_loop.is_closed()) {
            log::warning("ResourceWarning: loop is closed");
        } else {
            log::warning(format_args!("ResourceWarning: unclosed <StreamWriter transport={self:?}>"));
        }
    }
}
