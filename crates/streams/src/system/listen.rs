//! Listening at a socket of the system.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use asyncio_runtime::Result;
use asyncio_runtime::io::{AsyncFd, Registration};
use socket2::{Domain, Socket, Type};

use super::connect::stream_socket;
use super::transport::send_at_once;
use super::{BoundSocket, System};
use crate::address::Address;
use crate::listen::{HostsOrSocket, StartServer};
use crate::reader::StreamReader;
use crate::server::{Incoming, Listener};
use crate::transport::Transport;
use crate::writer::StreamWriter;

/// Starts a server on a socket that is bound already, TCP or Unix: Python's `start_server(sock=…)`. It takes the
/// `TcpListener` and `UnixListener` of the standard library, for example. For each client `client_connected` runs as a
/// task of its own, as with [`start_server`](crate::start_server).
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
///
/// # Examples
///
/// ```
/// use std::net::TcpListener;
///
/// use asyncio::{open_connection, run, start_server_on};
///
/// run(async {
///     let socket = TcpListener::bind("127.0.0.1:0")?;
///     let port = socket.local_addr()?.port();
///     let server = start_server_on(async |_, writer| Ok(writer.write("hello")?), socket).await?;
///     assert_eq!(server.sockets()[0].port(), Some(port));
///     let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
///     assert_eq!(reader.read_to_end().await?, b"hello");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias("sock", "create_server"))]
#[track_caller]
pub fn start_server_on<F>(client_connected: F, socket: impl Into<OwnedFd>) -> StartServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartServer::new(client_connected, HostsOrSocket::Bound(socket.into()))
}

impl System {
    /// Binds a listener to an address. `None` if the system has no sockets of this family: without IPv6 it may still have the
    /// addresses. The inner error says why it cannot bind.
    pub(crate) fn bind(
        &self,
        address: SocketAddr,
        reuse_address: bool,
        reuse_port: bool,
    ) -> Result<Option<io::Result<Listener>>> {
        let Ok(socket) = Socket::new(Domain::for_address(address), Type::STREAM, None) else { return Ok(None) };
        socket.set_reuse_address(reuse_address)?;
        socket.set_reuse_port(reuse_port)?;
        if address.is_ipv6() {
            // The IPv4 address has a socket of its own.
            socket.set_only_v6(true)?;
        }
        Ok(Some(match socket.bind(&address.into()) {
            Ok(()) => Ok(on_socket(socket)?),
            Err(error) => Err(error),
        }))
    }
}

/// A listener on a socket that is bound already.
pub(crate) fn listener(socket: BoundSocket) -> Result<Listener> {
    on_socket(stream_socket(socket)?)
}

pub(super) fn on_socket(socket: Socket) -> Result<Listener> {
    let name = Address::from(&socket.local_addr()?);
    Ok(Listener::over(Box::new(AsyncFd::new(socket)?), name))
}

impl Incoming for AsyncFd<Socket> {
    fn registration(&self) -> &Registration {
        self.registration()
    }

    fn listen(&self, backlog: i32) -> io::Result<()> {
        self.get_ref().listen(backlog)
    }

    fn accept(&self) -> io::Result<(Result<Rc<dyn Transport>>, Address)> {
        let (socket, peer) = self.try_read_with(Socket::accept)?;
        let peer = Address::from(&peer);
        if peer.as_socket().is_some() {
            send_at_once(&socket);
        }
        Ok((Self::new(socket).map(|io| Rc::new(io) as Rc<dyn Transport>), peer))
    }
}
