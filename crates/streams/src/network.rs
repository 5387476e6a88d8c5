//! `Network`: a source of connections, servers, datagrams and names in place of the system.
//!
//! The core idea: a task inherits its network like a context variable, and the functions of this crate use it where they would
//! otherwise make a socket. Like a socket, a network object offers an attempt for each operation, so the code above it (buffers,
//! limits, TLS, servers) cannot tell the difference. A program that never enters a network pays for one look at its context when
//! it connects or listens. This exists for the network of `asyncio_simulation`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicUsize, Ordering};

use asyncio_runtime::io::{Announcer, Registration};
use asyncio_runtime::{ContextVar, ResolveHook, Result, VarScope};

use crate::address::Address;
use crate::buffer::Buffer;
use crate::errno;
use crate::error::{is_not_now, with_errno};
use crate::system::{System, without_network};
use crate::transport::{CHUNK, Transport, discard};

/// A name lookup: the future that [`Network::getaddrinfo`] returns.
pub type Lookup<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Replaces the system for the tasks that are [on it](NetworkHandle): connections, servers, datagrams, names.
///
/// Nothing here waits. An operation that cannot be done now returns `WouldBlock`, and the object announces through its
/// [`Announcer`] when to try again. Errors should be the system's, made with `io::Error::from_raw_os_error`, so that they print as
/// usual. Dropping an object closes it. By default each method fails, as on a network that cannot be reached, except that an
/// address has no name. In WebAssembly, which has no system, a task without a network gets these defaults.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
///
/// use asyncio::streams::{Network, NetworkHandle};
/// use asyncio::{open_connection, run};
///
/// struct Unplugged;
///
/// impl Network for Unplugged {}
///
/// run(async {
///     let network = NetworkHandle::new(Rc::new(Unplugged));
///     let _entered = network.enter();
///     let error = open_connection("192.0.2.1", 80).await.unwrap_err();
///     assert!(error.to_string().ends_with("Connect call failed ('192.0.2.1', 80)"));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub trait Network {
    /// The addresses of a host, in the order in which to try them. (A number is not looked up.)
    fn getaddrinfo(&self, host: &str) -> Lookup<Vec<IpAddr>> {
        let _ = host;
        Box::pin(async { Err(unreachable().into()) })
    }

    /// The name of an address; `None` if it has none.
    fn getnameinfo(&self, address: IpAddr) -> Lookup<Option<String>> {
        let _ = address;
        Box::pin(async { Ok(None) })
    }

    /// Starts to connect, from the local address `from` if it is given. [`NetworkStream::connected`] returns the outcome.
    ///
    /// # Errors
    ///
    /// The address to connect from cannot be used.
    fn connect(&self, to: &Address, from: Option<&Address>) -> io::Result<Box<dyn NetworkStream>> {
        let _ = (to, from);
        Err(unreachable())
    }

    /// Binds a listener to an address. With port 0 the network chooses one.
    ///
    /// # Errors
    ///
    /// The address is in use or is not an address of this machine.
    fn bind(&self, at: &Address, reuse_port: bool) -> io::Result<Box<dyn NetworkListener>> {
        let _ = (at, reuse_port);
        Err(unreachable())
    }

    /// Makes an endpoint for datagrams, with an address of its own or without.
    ///
    /// # Errors
    ///
    /// The address is in use or is not an address of this machine.
    fn datagrams(&self, local: Option<&Address>, reuse_port: bool) -> io::Result<Box<dyn NetworkDatagrams>> {
        let _ = (local, reuse_port);
        Err(unreachable())
    }
}

/// One end of a connection.
pub trait NetworkStream: fmt::Debug {
    /// Readable when bytes have arrived or the peer has ended; writable when it is connected and has room.
    fn announcer(&self) -> &Announcer;

    /// Has the connection been made?
    ///
    /// # Errors
    ///
    /// `WouldBlock` while it is being made; the reason why it cannot be.
    fn connected(&self) -> io::Result<()>;

    /// Takes at most `most` of the bytes that have arrived; returns none at the end.
    ///
    /// # Errors
    ///
    /// `WouldBlock`; the error that broke the connection.
    fn receive(&self, most: usize) -> io::Result<Vec<u8>>;

    /// Sends some of the bytes, and returns how many.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room; the error that broke the connection.
    fn send(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Tells the peer that no more will come.
    ///
    /// # Errors
    ///
    /// `NotConnected`, which is ignored: the next operation returns the reason.
    fn shut_down(&self) -> io::Result<()>;

    /// The address of the other end.
    fn peername(&self) -> Address;

    /// The address of this end.
    fn sockname(&self) -> Address;
}

/// A listener for incoming connections.
pub trait NetworkListener {
    /// Readable when a connection has come in.
    fn announcer(&self) -> &Announcer;

    /// Starts to listen, and keeps up to `backlog` connections until they are accepted.
    ///
    /// # Errors
    ///
    /// The address is in use.
    fn listen(&self, backlog: usize) -> io::Result<()>;

    /// The next connection.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none.
    fn accept(&self) -> io::Result<Box<dyn NetworkStream>>;

    /// Its address.
    fn sockname(&self) -> Address;
}

/// A socket for datagrams.
pub trait NetworkDatagrams: fmt::Debug {
    /// Readable when a message has come; writable when there is room for one.
    fn announcer(&self) -> &Announcer;

    /// Sets the only peer.
    ///
    /// # Errors
    ///
    /// The address cannot be reached.
    fn connect(&self, to: &Address) -> io::Result<()>;

    /// Sends a message to an address, or to the only peer.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, an error for an address that does not exist, or one for an earlier message that was refused.
    fn send(&self, message: &[u8], to: Option<&Address>) -> io::Result<()>;

    /// The next message, and its sender.
    ///
    /// # Errors
    ///
    /// `WouldBlock`, or an error for an earlier message that was refused.
    fn receive(&self) -> io::Result<(Vec<u8>, Address)>;

    /// Its address.
    fn sockname(&self) -> Address;
}

fn unreachable() -> io::Error {
    errno::error(errno::ENETUNREACH)
}

/// The key of the network that a task is on. It is not the network itself, because values in contexts are `Send`.
static CURRENT: ContextVar<usize> = ContextVar::new("network");

thread_local! {
    static NETWORKS: RefCell<BTreeMap<usize, Weak<dyn Network>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A network that tasks can be put on.
///
/// # Examples
///
/// See [`Network`].
pub struct NetworkHandle {
    key: usize,
    network: Rc<dyn Network>,
}

impl NetworkHandle {
    /// Makes a network known to this thread, for as long as the handle exists. Tasks that are left on it afterwards get errors.
    #[must_use]
    pub fn new(network: Rc<dyn Network>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let key = NEXT.fetch_add(1, Ordering::Relaxed);
        NETWORKS.with_borrow_mut(|networks| networks.insert(key, Rc::downgrade(&network)));
        Self { key, network }
    }

    /// Puts the current context on the network until the scope is dropped. This covers all connections and servers that are made
    /// meanwhile, and those of tasks, timers and loops that are created meanwhile.
    #[must_use = "the context leaves the network when this is dropped"]
    pub fn enter(&self) -> NetworkScope {
        NetworkScope { _scope: CURRENT.set_within(self.key) }
    }

    /// Is the current context on this network?
    #[must_use]
    pub fn is_current(&self) -> bool {
        CURRENT.get().is_ok_and(|key| key == self.key)
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Rc<dyn Network> {
        &self.network
    }
}

impl Drop for NetworkHandle {
    fn drop(&mut self) {
        let _ = NETWORKS.try_with(|networks| networks.borrow_mut().remove(&self.key));
    }
}

impl fmt::Debug for NetworkHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkHandle").field("key", &self.key).finish_non_exhaustive()
    }
}

/// As long as the scope exists, the context in which it was made is on a network; made by [`NetworkHandle::enter`].
pub struct NetworkScope {
    _scope: VarScope<'static, usize>,
}

impl fmt::Debug for NetworkScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkScope")
    }
}

/// What carries the bytes of a task.
pub(crate) enum Carrier {
    Network(Rc<dyn Network>),
    System(System),
}

/// The network of the current task, or the system.
///
/// # Errors
///
/// The task is on a network that no longer exists.
pub(crate) fn current() -> io::Result<Carrier> {
    let Ok(key) = CURRENT.get() else { return Ok(without_network()) };
    let network = NETWORKS.with_borrow(|networks| networks.get(&key).and_then(Weak::upgrade));
    let gone = || io::Error::new(io::ErrorKind::NetworkDown, "the network of this task is gone or is another thread's");
    network.map(Carrier::Network).ok_or_else(gone)
}

// `EventLoop::getaddrinfo` asks the network of its task.
inventory::submit! {
    ResolveHook(|host| match current() {
        Ok(Carrier::Network(network)) => Some(network.getaddrinfo(host)),
        Ok(Carrier::System(_)) => None,
        Err(gone) => Some(Box::pin(async { Err(gone.into()) })),
    })
}

/// Waits until a connection is made; `what` names it in an error.
pub(crate) async fn connect(stream: Box<dyn NetworkStream>, what: impl Fn() -> String) -> Result<Rc<dyn Transport>> {
    loop {
        match stream.announcer().try_write_with(|| stream.connected()) {
            Ok(()) => return Ok(Rc::new(Over(stream))),
            Err(error) if is_not_now(&error) => stream.announcer().registration().writable().await?,
            Err(error) => return Err(with_errno(&error, what()).into()),
        }
    }
}

/// A connection that came in.
pub(crate) fn accepted(stream: Box<dyn NetworkStream>) -> (Rc<dyn Transport>, Address) {
    let peer = stream.peername();
    (Rc::new(Over(stream)), peer)
}

/// An end of a connection as a transport.
#[derive(Debug)]
struct Over(Box<dyn NetworkStream>);

impl Transport for Over {
    fn registration(&self) -> &Registration {
        self.0.announcer().registration()
    }

    fn try_read(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.announcer().try_read_with(|| self.0.receive(buffer.len()))?;
        buffer.write_all(&bytes)?;
        Ok(bytes.len())
    }

    fn try_receive(&self, buffer: &mut Buffer) -> io::Result<usize> {
        let mut bytes = self.0.announcer().try_read_with(|| self.0.receive(CHUNK))?;
        let n = bytes.len();
        buffer.put(&mut bytes);
        Ok(n)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.announcer().try_write_with(|| self.0.send(bytes))
    }

    fn write_eof(&self) -> io::Result<()> {
        match self.0.shut_down() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            told => told,
        }
    }

    fn discard_unread(&self) {
        discard(|| Ok((self.0.announcer().try_read_with(|| self.0.receive(CHUNK))?.len(), true)));
    }

    fn peername(&self) -> Address {
        self.0.peername()
    }

    fn sockname(&self) -> Address {
        self.0.sockname()
    }
}
