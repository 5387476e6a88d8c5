//! The other end of a connection: a non-blocking socket.

use std::io;
use std::net::Shutdown;

use asyncio::Result;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket};

use super::player::{Lines, bytes, class, optional, settle};

/// What a peer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Send { text: String },
    Receive {},
    Shutdown {},
    Close {},
}

/// A peer with its name.
pub(super) struct Peer {
    lines: Lines,
    name: String,
    socket: Socket,
}

impl Peer {
    pub(super) fn new(lines: &Lines, name: &str, socket: Socket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        if socket.domain()? == Domain::IPV4 {
            // Otherwise the system would wait before it sends a second piece.
            socket.set_tcp_nodelay(true)?;
        }
        Ok(Self { lines: lines.clone(), name: name.to_owned(), socket })
    }

    fn attempt(&self, what: &str, result: io::Result<String>) {
        let result = result.unwrap_or_else(class);
        self.lines.add(format!("{} {what} {result}", self.name));
    }

    pub(super) fn send(&self, text: &str) {
        self.attempt("sends", self.socket.send(text.as_bytes()).map(|n| n.to_string()));
    }

    pub(super) fn receive(&self) {
        let (received, end) = self.take();
        self.lines.add(format!("{} receives {} {end}", self.name, bytes(&received)));
    }

    /// Receives until nothing more comes, and closes. Unread data would reset the connection, which asyncio would notice in the
    /// background.
    pub(super) async fn close(self) -> Result<()> {
        while !self.take().0.is_empty() {
            settle().await?;
        }
        Ok(())
    }

    /// All that has arrived, and what follows it.
    fn take(&self) -> (Vec<u8>, String) {
        use std::io::Read as _;
        let (mut received, mut piece) = (Vec::new(), vec![0; 1 << 16]);
        let end = loop {
            match (&self.socket).read(&mut piece) {
                Ok(0) => break "the end".to_owned(),
                Ok(n) => received.extend_from_slice(&piece[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break "more may come".to_owned(),
                Err(error) => break class(error),
            }
        };
        (received, end)
    }

    pub(super) fn shutdown(&self) {
        self.attempt("shuts down", self.socket.shutdown(Shutdown::Write).map(|()| optional(None)));
    }
}
