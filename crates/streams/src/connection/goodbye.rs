//! The end of a connection whose transport says goodbye, as TLS does. It has a time limit, from `close` until the connection is
//! lost, whatever the peer does.

use std::io;
use std::rc::Rc;

use asyncio_runtime::{TimeoutError, get_running_loop};

use super::Connection;
use crate::transport::Transport;

/// The time in seconds that a peer has to read what was sent, if the connection ends because the peer keeps sending.
/// (Closing a descriptor with unread data resets the connection, and the peer loses what it has not read.)
const LINGER: f64 = 2.0;

impl Connection {
    /// Starts the limit, if the transport has one.
    pub(super) fn limit_goodbye(self: &Rc<Self>) {
        let within = self.transport().and_then(|transport| transport.shutdown_timeout());
        let (Some(within), Ok(event_loop)) = (within, get_running_loop()) else { return };
        let connection = Rc::downgrade(self);
        let timer = event_loop.call_later(within, move || {
            if let Some(connection) = connection.upgrade() {
                connection.fail(TimeoutError::new("SSL shutdown timed out").into());
            }
        });
        match timer {
            Ok(timer) => self.goodbye.set(Some(timer)),
            Err(error) => self.fail(error),
        }
    }

    /// Everything is written, and the peer's goodbye is still missing: waits for it.
    pub(super) fn finish_later(self: &Rc<Self>) {
        let connection = Rc::clone(self);
        let waiting = self.registration.call_when_readable(move || {
            if let Some(transport) = connection.transport() {
                connection.flush(&transport);
            }
        });
        if let Err(error) = waiting {
            self.fail(error);
        }
    }

    /// Everything is written, and the peer answers the goodbye with more data: the connection ends, but its descriptor
    /// stays open for a while.
    pub(super) fn end_unheard(self: &Rc<Self>, transport: &Rc<dyn Transport>, error: io::Error) {
        let transport = Rc::clone(transport);
        if let Ok(event_loop) = get_running_loop() {
            // Fails only on a closed loop, which keeps nothing open.
            let _ = event_loop.call_later(LINGER, move || drop(transport));
        }
        self.fail(error.into());
    }
}
