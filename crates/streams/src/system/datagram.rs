//! Sockets of the system for datagrams.

use std::cell::OnceCell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::{Result, ValueError};
use rustix::buffer::spare_capacity;
use rustix::net::{RecvFlags, recv, recvfrom};
use socket2::{Domain, Socket, Type};

use super::{System, unix};
use crate::address::Address;
use crate::connect::bind_error;
use crate::datagram::{DatagramEndpoint, Endpoint};
use crate::error::with_errno;
use crate::transport::{CHUNK, with_scratch};

/// A socket for datagrams.
pub(crate) type SystemDatagrams = AsyncFd<Socket>;

/// A socket that is made when it is asked for.
pub(crate) type LentSocket = OnceCell<Socket>;

/// Makes an endpoint of an existing datagram socket, UDP or Unix: Python's `create_datagram_endpoint(sock=…)`. It takes
/// the `UdpSocket` and `UnixDatagram` of the standard library, for example.
///
/// # Errors
///
/// `ValueError: A datagram socket was expected` for a socket of another kind; any error of the system; `RuntimeError`
/// outside of a loop.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixDatagram;
///
/// use asyncio::{create_datagram_endpoint_on, run};
///
/// run(async {
///     let (here, there) = UnixDatagram::pair()?;
///     let (here, there) = (create_datagram_endpoint_on(here)?, create_datagram_endpoint_on(there)?);
///     here.send("ping").await?;
///     assert_eq!(there.recv(100).await?, b"ping");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias = "sock")]
pub fn create_datagram_endpoint_on(socket: impl Into<OwnedFd>) -> Result<DatagramEndpoint> {
    let socket = Socket::from(socket.into());
    if socket.r#type()? != Type::DGRAM {
        return Err(ValueError::new("A datagram socket was expected").into());
    }
    let peername = socket.peer_addr().ok().map(|address| Address::from(&address));
    Ok(DatagramEndpoint { socket: Endpoint::System(AsyncFd::new(socket)?), peername })
}

impl System {
    /// Makes a socket for datagrams, bound to `local` and connected to `remote` if these are given.
    pub(crate) fn datagrams(
        self,
        is_v6: bool,
        local: Option<SocketAddr>,
        remote: Option<SocketAddr>,
        reuse_port: bool,
        allow_broadcast: bool,
    ) -> Result<SystemDatagrams> {
        let socket = Socket::new(if is_v6 { Domain::IPV6 } else { Domain::IPV4 }, Type::DGRAM, None)?;
        socket.set_reuse_port(reuse_port)?;
        socket.set_broadcast(allow_broadcast)?;
        if let Some(local) = local {
            socket.bind(&local.into()).map_err(|error| bind_error(&error, &local))?;
        }
        if let Some(remote) = remote {
            let name = Address::from(remote);
            // This only records the address, and does not block.
            socket
                .connect(&remote.into())
                .map_err(|error| with_errno(&error, format!("Connect call failed {name}")))?;
        }
        AsyncFd::new(socket)
    }

    /// Makes a Unix socket for datagrams, and returns it with the name of its peer.
    pub(crate) fn datagrams_at_path(
        self,
        local: Option<PathBuf>,
        remote: Option<PathBuf>,
    ) -> Result<(SystemDatagrams, Option<Address>)> {
        let socket = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        if let Some(path) = &local {
            unix::bind(&socket, path)?;
        }
        let Some(path) = &remote else { return Ok((AsyncFd::new(socket)?, None)) };
        let address = unix::address(path)?;
        let name = Address::from(&address);
        socket.connect(&address).map_err(|error| with_errno(&error, format!("Connect call failed {name:?}")))?;
        Ok((AsyncFd::new(socket)?, Some(name)))
    }
}

/// Sends a message to an address, or to the only peer.
pub(crate) async fn send_datagram(socket: &SystemDatagrams, message: &[u8], to: Option<&Address>) -> Result<()> {
    match to {
        None => socket.write_with(|socket| socket.send(message)).await.map(drop),
        Some(to) => {
            let to = to.to_system()?;
            socket.write_with(|socket| socket.send_to(message, &to)).await.map(drop)
        }
    }
}

/// Waits for a message and cuts it off after `n` bytes.
pub(crate) async fn receive_datagram(socket: &SystemDatagrams, n: usize) -> Result<(Vec<u8>, Address)> {
    socket.read_with(|socket| receive(socket, n)).await
}

/// The socket's own address.
pub(crate) fn datagrams_name(socket: &SystemDatagrams) -> Address {
    socket.get_ref().local_addr().map_or(Address::Unnamed, |address| Address::from(&address))
}

/// The socket itself, for options that have no method here. On a [`Network`](crate::Network) in memory, it is a
/// socket that accepts options, and they have no effect.
///
/// # Panics
///
/// There only, if the system has no descriptor left.
impl AsFd for DatagramEndpoint {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Endpoint::System(socket) => socket.as_fd(),
            Endpoint::Network { datagrams, lent } => {
                let is_v6 = datagrams.sockname().as_socket().is_some_and(|address| address.is_ipv6());
                let domain = if is_v6 { Domain::IPV6 } else { Domain::IPV4 };
                let make = || Socket::new(domain, Type::DGRAM, None).expect("a descriptor is left for the socket");
                lent.get_or_init(make).as_fd()
            }
        }
    }
}

/// Receives a message and cuts it off after `n` bytes. The memory allocated depends on the message, not on `n`.
fn receive(socket: &Socket, n: usize) -> io::Result<(Vec<u8>, Address)> {
    if n > CHUNK {
        // Only Unix sockets have messages longer than `CHUNK`.
        let (_, length) = recv(socket, &mut [0; 1], RecvFlags::PEEK | RecvFlags::TRUNC)?;
        if length > CHUNK {
            return receive_into(socket, &mut Vec::with_capacity(length), n);
        }
    }
    with_scratch(|scratch| receive_into(socket, scratch, n))
}

fn receive_into(socket: &Socket, memory: &mut Vec<u8>, n: usize) -> io::Result<(Vec<u8>, Address)> {
    let (_, _, peer) = recvfrom(socket, spare_capacity(memory), RecvFlags::empty())?;
    memory.truncate(n);
    Ok((memory.to_vec(), peer.map_or(Address::Unnamed, Address::from)))
}
