//! `DatagramEndpoint`: messages without a connection (UDP). In asyncio it is a transport with callbacks. Here messages
//! are awaited, as with `loop.sock_recvfrom`.

use std::fmt::{self, Display};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, ValueError};

use crate::address::Address;
use crate::connect::bind_error;
use crate::error::with_errno;
use crate::hosts::{Family, Hosts, Port, any, resolve};
use crate::network::{self, Carrier, NetworkDatagrams};
use crate::system::{self, LentSocket, SystemDatagrams};
use crate::unix_path;

/// Opens a socket for datagrams: `loop.create_datagram_endpoint`. Methods set its own address
/// ([`local_addr`](CreateDatagramEndpoint::local_addr), [`local_path`](CreateDatagramEndpoint::local_path)) and that of
/// its peer ([`remote_addr`](CreateDatagramEndpoint::remote_addr),
/// [`remote_path`](CreateDatagramEndpoint::remote_path)). Without either, the system chooses a port at the first send.
///
/// # Errors
///
/// `std::io::Error` that names the address; `ValueError` for an impossible port, or for two addresses of different
/// families; `CancelledError`.
///
/// # Examples
///
/// ```
/// use asyncio::{create_datagram_endpoint, run};
///
/// run(async {
///     let server = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
///     let client = create_datagram_endpoint().remote_addr("127.0.0.1", server.sockname().port().unwrap()).await?;
///     client.send(b"ping").await?;
///     let (message, peer) = server.recvfrom(100).await?;
///     assert_eq!((&message[..], peer), (&b"ping"[..], client.sockname()));
///     server.sendto(b"pong", &client.sockname()).await?;
///     assert_eq!(client.recv(100).await?, b"pong");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn create_datagram_endpoint() -> CreateDatagramEndpoint {
    CreateDatagramEndpoint { options: Some(Options::default()), creating: None }
}

/// An endpoint that is being made: the keyword arguments of Python's `create_datagram_endpoint` are methods, and
/// `await` makes it.
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
///
/// # Examples
///
/// ```
/// use std::net::UdpSocket;
/// use std::os::fd::AsFd;
///
/// use asyncio::{Family, create_datagram_endpoint, run};
///
/// run(async {
///     let first = create_datagram_endpoint().local_addr("127.0.0.1", 0).reuse_port(true).await?;
///     let port = first.sockname().port().unwrap();
///     let second = create_datagram_endpoint().local_addr("127.0.0.1", port).reuse_port(true).await?;
///     assert_eq!(first.sockname(), second.sockname());
///     let nowhere = create_datagram_endpoint().family(Family::Inet).allow_broadcast(true).await?;
///     assert!(UdpSocket::from(nowhere.as_fd().try_clone_to_owned()?).broadcast()?);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct CreateDatagramEndpoint {
    /// `None` after the first poll.
    options: Option<Options>,
    creating: Option<Pin<Box<dyn Future<Output = Result<DatagramEndpoint>>>>>,
}

type HostAndPort = (Option<String>, Result<u16, ValueError>);

#[derive(Default)]
struct Options {
    local: Option<HostAndPort>,
    remote: Option<HostAndPort>,
    local_path: Option<PathBuf>,
    remote_path: Option<PathBuf>,
    family: Family,
    reuse_port: bool,
    allow_broadcast: bool,
}

impl CreateDatagramEndpoint {
    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(self.options.as_mut().expect("options are set before it is awaited"));
        self
    }

    /// Sets the endpoint's own address. With the host `None` that is every address of this machine. Port 0 lets the
    /// system choose.
    pub fn local_addr(self, host: impl Hosts, port: impl Port) -> Self {
        self.set(|options| options.local = Some((host.hosts().into_iter().next(), port.port())))
    }

    /// Sets the peer's address: [`send`](DatagramEndpoint::send) sends to it, and only its messages are received.
    pub fn remote_addr(self, host: impl Display, port: impl Port) -> Self {
        self.set(|options| options.remote = Some((Some(host.to_string()), port.port())))
    }

    /// Sets the endpoint's own path, for a Unix socket: Python's `local_addr=` with `family=socket.AF_UNIX`. A socket
    /// file that no process uses any more is replaced. The file stays when the endpoint is dropped, as in asyncio.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Address, create_datagram_endpoint, run};
    ///
    /// run(async {
    ///     let path = std::env::temp_dir().join(format!("datagrams-{}.sock", std::process::id()));
    ///     let server = create_datagram_endpoint().local_path(&path).await?;
    ///     let client = create_datagram_endpoint().remote_path(&path).await?;
    ///     client.send("ping").await?;
    ///     assert_eq!(server.recvfrom(100).await?, (b"ping".to_vec(), Address::Unnamed));
    ///     Ok(std::fs::remove_file(path)?)
    /// })
    /// .unwrap();
    /// ```
    pub fn local_path(self, path: impl AsRef<Path>) -> Self {
        self.set(|options| options.local_path = Some(path.as_ref().to_owned()))
    }

    /// Sets the peer's path, for a Unix socket: Python's `remote_addr=` with `family=socket.AF_UNIX`.
    pub fn remote_path(self, path: impl AsRef<Path>) -> Self {
        self.set(|options| options.remote_path = Some(path.as_ref().to_owned()))
    }

    /// Uses only addresses of this family.
    pub fn family(self, family: Family) -> Self {
        self.set(|options| options.family = family)
    }

    /// Lets several endpoints use the same port. Off by default.
    pub fn reuse_port(self, reuse: bool) -> Self {
        self.set(|options| options.reuse_port = reuse)
    }

    /// Lets the endpoint send to broadcast addresses. Off by default.
    pub fn allow_broadcast(self, allow: bool) -> Self {
        self.set(|options| options.allow_broadcast = allow)
    }
}

impl Future for CreateDatagramEndpoint {
    type Output = Result<DatagramEndpoint>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(options) = self.options.take() {
            self.creating = Some(Box::pin(create(options)));
        }
        self.creating.as_mut().expect("made at the first poll").as_mut().poll(cx)
    }
}

impl fmt::Debug for CreateDatagramEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateDatagramEndpoint").field("started", &self.creating.is_some()).finish_non_exhaustive()
    }
}

async fn create(options: Options) -> Result<DatagramEndpoint> {
    if options.local_path.is_some() || options.remote_path.is_some() {
        return create_at_path(options);
    }
    let family = options.family;
    let remote = match options.remote {
        Some((host, port)) => Some(first(host, port?, family, |_| true).await?),
        None => None,
    };
    let local = match options.local {
        // The local address must have the family of the remote one.
        Some((host, port)) => {
            let fits = |local: &SocketAddr| remote.is_none_or(|remote| remote.is_ipv4() == local.is_ipv4());
            Some(first(host, port?, family, fits).await?)
        }
        None => None,
    };
    let network = match network::current()? {
        Carrier::Network(network) => network,
        Carrier::System(system) => {
            let is_v6 = local.or(remote).map_or(family == Family::Inet6, |address| address.is_ipv6());
            let socket = system.datagrams(is_v6, local, remote, options.reuse_port, options.allow_broadcast)?;
            return Ok(DatagramEndpoint { socket: Endpoint::System(socket), peername: remote.map(Address::from) });
        }
    };
    let (local, reuse_port) = (local.map(|local| (Address::from(local), local)), options.reuse_port);
    let bound = network.datagrams(local.as_ref().map(|(name, _)| name), reuse_port);
    let bound = match &local {
        Some((_, local)) => bound.map_err(|error| bind_error(&error, local)),
        None => bound,
    };
    DatagramEndpoint::on_network(bound?, remote.map(Address::from))
}

fn create_at_path(options: Options) -> Result<DatagramEndpoint> {
    if options.local.is_some() || options.remote.is_some() || options.family != Family::Unspec {
        return Err(ValueError::new("a path and a host, port or family of the Internet exclude each other").into());
    }
    let network = match network::current()? {
        Carrier::Network(network) => network,
        Carrier::System(system) => {
            let (socket, peername) = system.datagrams_at_path(options.local_path, options.remote_path)?;
            return Ok(DatagramEndpoint { socket: Endpoint::System(socket), peername });
        }
    };
    let name = |path: &PathBuf| unix_path::name(path);
    let (local, remote) = (options.local_path.as_ref().map(name), options.remote_path.as_ref().map(name));
    let (local, remote) = (local.transpose()?, remote.transpose()?);
    let bound = network.datagrams(local.as_ref(), false);
    let bound = match &local {
        Some(local) => bound.map_err(|error| unix_path::bind_error(&error, local)),
        None => bound,
    };
    DatagramEndpoint::on_network(bound?, remote)
}

/// The first address that has the right family.
async fn first(
    host: Option<String>,
    port: u16,
    family: Family,
    fits: impl Fn(&SocketAddr) -> bool,
) -> Result<SocketAddr> {
    let addresses = match &host {
        Some(host) => resolve(host, port, family).await?,
        None => any(port).into_iter().filter(|address| family.has(address)).collect(),
    };
    let found = addresses.into_iter().find(fits);
    Ok(found.ok_or_else(|| ValueError::new("can not get address information"))?)
}

/// A socket for datagrams. It is closed when this is dropped.
///
/// # Cancellation
///
/// If receiving is cancelled, no message is lost. If sending is cancelled, the message was not sent.
///
/// # Examples
///
/// ```
/// use asyncio::{Address, ValueError, create_datagram_endpoint, run};
///
/// run(async {
///     let (here, there) = (create_datagram_endpoint(), create_datagram_endpoint());
///     let (here, there) = (here.local_addr("127.0.0.1", 0).await?, there.local_addr("127.0.0.1", 0).await?);
///     here.sendto("a long message", &there.sockname()).await?;
///     assert_eq!(there.recv(6).await?, b"a long"); // the rest is gone
///     assert_eq!(there.peername(), None); // it was made for nobody
///     assert!(here.sendto("?", &Address::Unnamed).await.unwrap_err().is::<ValueError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias("DatagramTransport", "DatagramProtocol"))]
#[derive(Debug)]
pub struct DatagramEndpoint {
    pub(crate) socket: Endpoint,
    pub(crate) peername: Option<Address>,
}

#[derive(Debug)]
pub(crate) enum Endpoint {
    System(SystemDatagrams),
    Network {
        datagrams: Box<dyn NetworkDatagrams>,
        /// What is lent for options. It is made when it is asked for, and nothing is ever sent through it.
        lent: LentSocket,
    },
}

impl DatagramEndpoint {
    fn on_network(datagrams: Box<dyn NetworkDatagrams>, peername: Option<Address>) -> Result<Self> {
        if let Some(peer) = &peername {
            datagrams.connect(peer).map_err(|error| with_errno(&error, format!("Connect call failed {peer:?}")))?;
        }
        Ok(Self { socket: Endpoint::Network { datagrams, lent: LentSocket::default() }, peername })
    }

    async fn send_to(&self, message: &[u8], to: Option<&Address>) -> Result<()> {
        match &self.socket {
            Endpoint::System(socket) => system::send_datagram(socket, message, to).await,
            Endpoint::Network { datagrams, .. } => {
                let announcer = datagrams.announcer();
                let mut writable = announcer.registration().writable();
                let send = || announcer.try_write_with(|| datagrams.send(message, to));
                Ok(poll_fn(|cx| writable.poll_attempts(cx, false, send)).await??)
            }
        }
    }

    /// Sends a message to the remote address. Waits while the system has no room for it.
    ///
    /// # Errors
    ///
    /// Any error of the system, for example if there is no remote address, if the message is too long, or if an earlier
    /// one was refused. `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The message was not sent.
    pub async fn send(&self, message: impl AsRef<[u8]>) -> Result<()> {
        self.send_to(message.as_ref(), None).await
    }

    /// Sends a message to this address. Waits while the system has no room for it.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). `ValueError` if the address is `Unnamed`, or if the endpoint has a remote address
    /// and this is another one.
    ///
    /// # Cancellation
    ///
    /// The message was not sent.
    #[doc(alias = "sock_sendto")]
    pub async fn sendto(&self, message: impl AsRef<[u8]>, address: &Address) -> Result<()> {
        if let Some(only) = &self.peername {
            if address != only {
                return Err(ValueError::new(format!("Invalid address: must be None or {only:?}")).into());
            }
            return self.send(message).await;
        }
        address.check()?;
        self.send_to(message.as_ref(), Some(address)).await
    }

    /// Waits for a message and returns it. A message longer than `n` bytes is cut off.
    ///
    /// # Errors
    ///
    /// Any error of the system, for example if a message sent before was refused; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// No message is lost: the next call returns it.
    pub async fn recv(&self, n: usize) -> Result<Vec<u8>> {
        self.recvfrom(n).await.map(|(message, _)| message)
    }

    /// Waits for a message and returns it with its sender. A message longer than `n` bytes is cut off.
    ///
    /// # Errors
    ///
    /// Those of [`recv`](Self::recv).
    ///
    /// # Cancellation
    ///
    /// No message is lost: the next call returns it.
    #[doc(alias("datagram_received", "sock_recvfrom"))]
    pub async fn recvfrom(&self, n: usize) -> Result<(Vec<u8>, Address)> {
        match &self.socket {
            Endpoint::System(socket) => system::receive_datagram(socket, n).await,
            Endpoint::Network { datagrams, .. } => {
                let announcer = datagrams.announcer();
                let mut readable = announcer.registration().readable();
                let receive = || announcer.try_read_with(|| datagrams.receive());
                let (mut message, peer) = poll_fn(|cx| readable.poll_attempts(cx, false, receive)).await??;
                message.truncate(n);
                Ok((message, peer))
            }
        }
    }

    /// The endpoint's own address: `get_extra_info('sockname')`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn sockname(&self) -> Address {
        match &self.socket {
            Endpoint::System(socket) => system::datagrams_name(socket),
            Endpoint::Network { datagrams, .. } => datagrams.sockname(),
        }
    }

    /// The peer's address, if one was set: `get_extra_info('peername')`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn peername(&self) -> Option<&Address> {
        self.peername.as_ref()
    }
}
