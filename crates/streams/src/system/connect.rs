//! Connecting a socket of the system.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::{Result, ValueError, sleep};
use socket2::{Domain, SockAddr, Socket, Type};

use super::System;
use super::transport::send_at_once;
use crate::connect::{first_of, streams};
use crate::error::{is_not_now, with_errno};
use crate::reader::{DEFAULT_LIMIT, StreamReader};
use crate::transport::Transport;
use crate::writer::StreamWriter;

/// Returns a reader and a writer for a socket that is connected already, TCP or Unix: Python's
/// `open_connection(sock=…)`. It takes the `TcpStream` and `UnixStream` of the standard library, for example.
///
/// # Errors
///
/// `ValueError` if it is not a stream socket; any error of the system; `RuntimeError` outside of a loop.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixStream;
///
/// use asyncio::{open_connection_on, run};
///
/// run(async {
///     let (here, there) = UnixStream::pair()?;
///     let (mut reader, _keeps_it_open) = open_connection_on(here)?;
///     let (_reader, writer) = open_connection_on(there)?;
///     writer.write("hello\n")?;
///     assert_eq!(reader.readline().await?, b"hello\n");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias("sock", "create_connection"))]
pub fn open_connection_on(socket: impl Into<OwnedFd>) -> Result<(StreamReader, StreamWriter)> {
    let socket = stream_socket(socket.into())?;
    send_at_once(&socket);
    Ok(streams(Rc::new(AsyncFd::new(socket)?), None, DEFAULT_LIMIT))
}

pub(super) fn stream_socket(descriptor: OwnedFd) -> Result<Socket> {
    let socket = Socket::from(descriptor);
    if socket.r#type()? != Type::STREAM {
        return Err(ValueError::new("A Stream Socket was expected").into());
    }
    Ok(socket)
}

impl System {
    /// Connects to an address; `what` names it in an error.
    pub(crate) async fn connect(
        self,
        address: SocketAddr,
        local: Option<Rc<[SocketAddr]>>,
        what: impl Fn() -> String,
    ) -> Result<Rc<dyn Transport>> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(local) = local {
            first_of(&address, &local, |local| socket.bind(&(*local).into()))?;
        }
        send_at_once(&socket);
        Ok(Rc::new(connect_socket(socket, &address.into(), what).await?))
    }
}

/// Connects a socket without blocking; `what` names it in an error.
pub(super) async fn connect_socket(
    socket: Socket,
    address: &SockAddr,
    what: impl Fn() -> String,
) -> Result<AsyncFd<Socket>> {
    let attempt = |socket: &Socket| match socket.connect(address) {
        Ok(()) => Ok(true),
        Err(error) => match error.raw_os_error() {
            Some(libc::EISCONN) => Ok(true),
            Some(libc::EINPROGRESS | libc::EALREADY) => Err(io::ErrorKind::WouldBlock.into()),
            // The queue of a Unix socket's server is full, and there is no event for room in it.
            _ if is_not_now(&error) => Ok(false),
            _ => Err(with_errno(&error, what())),
        },
    };
    socket.set_nonblocking(true)?;
    // Started before the loop watches the socket: a server in the same loop is then notified first, as in asyncio.
    let mut begun = Some(attempt(&socket));
    let io = AsyncFd::unchanged(socket)?;
    loop {
        if io.write_with(|socket| begun.take().unwrap_or_else(|| attempt(socket))).await? {
            return Ok(io);
        }
        sleep(QUEUE_FULL_DELAY).await?;
    }
}

/// The pause in seconds before a server with a full queue is tried again.
const QUEUE_FULL_DELAY: f64 = 0.01;
