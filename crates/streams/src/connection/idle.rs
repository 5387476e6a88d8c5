//! `Idle`: closes a connection on which no byte has moved for some time.
//!
//! The core idea: each connection has one timer, which is not reset when bytes move. Moving bytes only records the time. When the
//! timer fires early, it is set again for the remainder. A connection without a limit pays for one comparison.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use asyncio_runtime::{Result, TimerHandle, get_running_loop};

use super::{Connection, Phase};

#[derive(Default)]
pub(super) struct Idle {
    /// The limit in seconds; `None` means no limit.
    limit: Cell<Option<f64>>,
    /// The last time at which bytes moved, by the loop's clock.
    moved: Cell<f64>,
    timer: RefCell<Option<TimerHandle>>,
}

impl Idle {
    /// Records that bytes have moved.
    #[inline]
    pub(super) fn note(&self) {
        if self.limit.get().is_some() {
            self.note_now();
        }
    }

    #[cold]
    fn note_now(&self) {
        if let Ok(event_loop) = get_running_loop() {
            self.moved.set(event_loop.time());
        }
    }

    pub(super) fn stop(&self) {
        self.limit.set(None);
        let timer = self.timer.take();
        if let Some(timer) = timer {
            timer.cancel();
        }
    }
}

impl Connection {
    /// Sets the limit, counted from now, or removes it.
    pub(crate) fn set_idle_timeout(self: &Rc<Self>, limit: Option<f64>) -> Result<()> {
        self.idle.stop();
        let Some(seconds) = limit else { return Ok(()) };
        if self.phase.get() == Phase::Lost {
            return Ok(());
        }
        self.idle.moved.set(get_running_loop()?.time());
        self.watch_idle(seconds)?;
        self.idle.limit.set(limit);
        Ok(())
    }

    fn watch_idle(self: &Rc<Self>, seconds: f64) -> Result<()> {
        let connection = Rc::downgrade(self);
        let timer = get_running_loop()?.call_later(seconds, move || look(&connection))?;
        self.idle.timer.replace(Some(timer));
        Ok(())
    }

    /// Ends the connection. Bytes that are still kept are dropped: none of them could be sent in all that time.
    fn end_idle(self: &Rc<Self>) {
        if self.kept() > 0 { self.abort() } else { self.close() }
    }
}

/// The timer has fired: is time up, or have bytes moved since it was set?
fn look(connection: &Weak<Connection>) {
    let Some(connection) = connection.upgrade() else { return };
    let (Some(limit), Ok(event_loop)) = (connection.idle.limit.get(), get_running_loop()) else { return };
    let rest = connection.idle.moved.get() + limit - event_loop.time();
    // Rounding may leave less than a nanosecond.
    if rest > 1e-9 {
        // Fails only on a closed loop, which ends the connection itself.
        let _ = connection.watch_idle(rest);
    } else {
        connection.idle.stop();
        connection.end_idle();
    }
}
