//! `start_server`: from hosts and a port to listening sockets.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, ValueError, create_task, gather};

use crate::address::Address;
use crate::caller::Caller;
use crate::connect::bind_error;
use crate::hosts::{Family, Hosts, Port, any, resolve};
use crate::network::{self, Carrier};
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::server::{Connected, Listener, Server};
use crate::ssl;
use crate::system::{self, BoundSocket};
use crate::writer::{StreamWriter, positive_limit};

/// Starts a server: `asyncio.start_server`. For each client `client_connected` runs as a task of its own, with the
/// reader and the writer of the connection.
///
/// `host` is a name or an address, several of them in an array or `Vec`, or `None` for every address of the machine.
/// Port 0 lets the system choose one, which [`Server::sockets`] returns. A connection is closed when its task has ended
/// and dropped its reader and writer.
///
/// `client_connected` is an `async fn` or an async closure: `async |reader, writer| …`. For `|reader, writer| async move …` the
/// compiler asks for the types of the two, [`StreamReader`] and [`StreamWriter`].
///
/// # Errors
///
/// `std::io::Error` that names the address, for example if another program listens there; `ValueError` for an
/// impossible port or limit; `CancelledError`. An error or a panic of `client_connected` is passed to the loop's
/// exception handler (`Unhandled exception in client_connected_cb`).
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, StreamReader, StreamWriter, run, start_server};
///
/// async fn greet(_: StreamReader, writer: StreamWriter) -> Result<()> {
///     writer.write(format!("hello, {}\n", writer.peername()))?;
///     Ok(())
/// }
///
/// run(async {
///     let server = start_server(greet, ["127.0.0.1", "127.0.0.2"], 0).backlog(10).await?;
///     println!("Serving on {:?}", server.sockets());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias = "create_server")]
#[track_caller]
pub fn start_server<F>(client_connected: F, host: impl Hosts, port: impl Port) -> StartServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartServer::new(client_connected, HostsOrSocket::Hosts(host.hosts(), port.port()))
}

/// A server that is being started: the keyword arguments of Python's `start_server` are methods, and `await` starts it.
///
/// # Examples
///
/// ```
/// use asyncio::{StreamReader, run, start_server};
///
/// run(async {
///     let serve = async |mut reader: StreamReader, _| reader.readline().await.map(drop);
///     let server = start_server(serve, None::<&str>, 0)
///         .limit(1 << 10) // of a line
///         .backlog(10)
///         .reuse_port(true)
///         .start_serving(false)
///         .await?;
///     assert!(!server.is_serving() && !server.sockets().is_empty());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct StartServer {
    /// `None` after the first poll.
    options: Option<Options>,
    starting: Option<Starting>,
    at: Caller,
}

pub(crate) type Starting = Pin<Box<dyn Future<Output = Result<Server>>>>;

struct Options {
    connected: Box<Connected>,
    address: HostsOrSocket,
    family: Family,
    reuse_address: bool,
    reuse_port: bool,
    serving: Serving,
}

pub(crate) enum HostsOrSocket {
    Hosts(Vec<String>, Result<u16, ValueError>),
    Bound(BoundSocket),
}

/// The options of every kind of server.
pub(crate) struct Serving {
    pub(crate) limit: usize,
    pub(crate) backlog: i32,
    pub(crate) start: bool,
    pub(crate) max_connections: Option<usize>,
    pub(crate) idle_timeout: Option<f64>,
    pub(crate) ssl: ssl::Settings,
}

impl Serving {
    pub(crate) fn new() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            backlog: 100,
            start: true,
            max_connections: None,
            idle_timeout: None,
            ssl: ssl::Settings::default(),
        }
    }

    /// Checks for invalid options before anything is bound.
    pub(crate) fn check(&self) -> Result<(), ValueError> {
        check_limit(self.limit)?;
        if self.max_connections == Some(0) {
            return Err(ValueError::new("max_connections should be at least 1, got 0"));
        }
        positive_limit("idle_timeout", self.idle_timeout).map(drop)
    }

    /// Makes the server, and starts it unless `start_serving(false)` was set.
    pub(crate) async fn serve(self, listeners: Vec<Listener>, connected: Box<Connected>) -> Result<Server> {
        let start = self.start;
        let server = Server::new(listeners, connected, self)?;
        if start {
            let unstarted = Unstarted(&server);
            server.start_serving().await?;
            mem::forget(unstarted);
        }
        Ok(server)
    }
}

/// Closes the server if its start is cancelled or fails, because then there is no handle that could.
struct Unstarted<'a>(&'a Server);

impl Drop for Unstarted<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The methods of every builder of a server, which has `Options` and a `start` of its own beside them.
macro_rules! starting {
    ($builder:ident) => {
        impl $builder {
            fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
                set(self.options.as_mut().expect("options are set before it is awaited"));
                self
            }

            pub(crate) fn ssl_settings(&mut self) -> &mut crate::ssl::Settings {
                &mut self.options.as_mut().expect("options are set before it is awaited").serving.ssl
            }

            /// Sets the longest line that a reader reads; 64 KiB by default.
            pub fn limit(self, limit: usize) -> Self {
                self.set(|options| options.serving.limit = limit)
            }

            /// Sets how many connections the system keeps waiting to be accepted; 100 by default.
            pub fn backlog(self, backlog: u32) -> Self {
                self.set(|options| options.serving.backlog = backlog.try_into().unwrap_or(i32::MAX))
            }

            /// Sets the largest number of connections that are served at once; there is no limit by default. A
            /// connection counts until it is closed and its task is done.
            ///
            /// At the limit the server stops accepting. Further clients wait in the system's queue, whose length is the
            /// [`backlog`](Self::backlog), and are served in order when others leave. No client is refused. To close
            /// the connections of silent clients, use [`idle_timeout`](Self::idle_timeout). asyncio has no such limit.
            ///
            /// # Errors
            ///
            /// Awaiting returns `ValueError` for 0.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{Result, StreamReader, StreamWriter, open_connection, run, start_server};
            ///
            /// async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
            ///     writer.write(reader.readline().await?)?;
            ///     writer.drain().await
            /// }
            ///
            /// run(async {
            ///     let server = start_server(echo, "127.0.0.1", 0).max_connections(1).await?;
            ///     let port = server.sockets()[0].port().unwrap();
            ///     let (mut first, to_first) = open_connection("127.0.0.1", port).await?;
            ///     let (mut second, to_second) = open_connection("127.0.0.1", port).await?;
            ///     to_second.write("two\n")?; // waits in the system until the first has left
            ///     to_first.write("one\n")?;
            ///     assert_eq!(first.readline().await?, b"one\n");
            ///     assert_eq!(second.readline().await?, b"two\n");
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            pub fn max_connections(self, most: usize) -> Self {
                self.set(|options| options.serving.max_connections = Some(most))
            }

            /// Closes a connection after no byte has been received or sent for this many seconds; never by default. Its
            /// task then reads the end of the stream. On an encrypted connection the time starts after the handshake,
            /// which has a limit of its own. For details, and for a limit on a single connection, see
            /// [`StreamWriter::set_idle_timeout`](crate::StreamWriter::set_idle_timeout). asyncio has no such limit.
            ///
            /// # Errors
            ///
            /// Awaiting returns `ValueError` if it is not a positive number.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{Result, StreamReader, StreamWriter, open_connection, run, start_server};
            ///
            /// async fn greet(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
            ///     let name = reader.readline().await?;
            ///     writer.write(if name.is_empty() { "too late\n" } else { "hello\n" })?;
            ///     Ok(())
            /// }
            ///
            /// run(async {
            ///     let server = start_server(greet, "127.0.0.1", 0).idle_timeout(0.01).await?;
            ///     let (mut reader, _writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
            ///     assert_eq!(reader.readline().await?, b""); // we said nothing, and the server has hung up
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            pub fn idle_timeout(self, seconds: impl asyncio_runtime::Seconds) -> Self {
                self.set(|options| options.serving.idle_timeout = Some(seconds.seconds()))
            }

            /// Sets whether the server accepts at once, or not before
            /// [`Server::start_serving`](crate::Server::start_serving). `true` by default.
            pub fn start_serving(self, start: bool) -> Self {
                self.set(|options| options.serving.start = start)
            }
        }

        impl Future for $builder {
            type Output = Result<crate::Server>;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                if let Some(options) = self.options.take() {
                    self.starting = Some(Box::pin(crate::caller::called_at(start(options), self.at)));
                }
                self.starting.as_mut().expect("made at the first poll").as_mut().poll(cx)
            }
        }

        impl fmt::Debug for $builder {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($builder)).field("started", &self.starting.is_some()).finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use starting;
starting!(StartServer);

/// Makes a task for each client.
pub(crate) fn as_task<F>(client_connected: F) -> Box<Connected>
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    let client_connected = Rc::new(client_connected);
    Box::new(move |reader, writer| {
        let client_connected = Rc::clone(&client_connected);
        create_task(async move { client_connected(reader, writer).await })
    })
}

impl StartServer {
    #[track_caller]
    pub(crate) fn new<F>(client_connected: F, address: HostsOrSocket) -> Self
    where
        F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        Self {
            options: Some(Options {
                connected: as_task(client_connected),
                address,
                family: Family::Unspec,
                reuse_address: true,
                reuse_port: false,
                serving: Serving::new(),
            }),
            starting: None,
            at: Location::caller(),
        }
    }

    /// Uses only addresses of this family.
    pub fn family(self, family: Family) -> Self {
        self.set(|options| options.family = family)
    }

    /// Sets whether the server may use an address whose last connections are still in the system's `TIME_WAIT` state.
    /// `true` by default.
    pub fn reuse_address(self, reuse: bool) -> Self {
        self.set(|options| options.reuse_address = reuse)
    }

    /// Sets whether several servers may listen at the same port. `false` by default.
    pub fn reuse_port(self, reuse: bool) -> Self {
        self.set(|options| options.reuse_port = reuse)
    }
}

async fn start(options: Options) -> Result<Server> {
    options.serving.check()?;
    let listeners = match options.address {
        HostsOrSocket::Bound(socket) => vec![system::listener(socket)?],
        HostsOrSocket::Hosts(hosts, port) => {
            let port = port?;
            let found = gather(names(hosts).into_iter().map(|host| addresses_of(host, port, options.family))).await?;
            // A set, because names may share addresses; sorted, because that is a defined order.
            let addresses = found.into_iter().flatten().collect();
            bind_all(&addresses, options.reuse_address, options.reuse_port)?
        }
    };
    options.serving.serve(listeners, options.connected).await
}

/// The names to look up; `None` for all addresses of this machine.
fn names(hosts: Vec<String>) -> Vec<Option<String>> {
    if hosts.is_empty() { vec![None] } else { hosts.into_iter().map(Some).collect() }
}

async fn addresses_of(host: Option<String>, port: u16, family: Family) -> Result<Vec<SocketAddr>> {
    match host {
        Some(host) => resolve(&host, port, family).await,
        None => Ok(any(port).into_iter().filter(|address| family.has(address)).collect()),
    }
}

/// Binds to each address that this machine has.
fn bind_all(addresses: &BTreeSet<SocketAddr>, reuse_address: bool, reuse_port: bool) -> Result<Vec<Listener>> {
    let carrier = network::current()?;
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = match &carrier {
            Carrier::Network(network) => network.bind(&Address::from(*address), reuse_port).map(Listener::on_network),
            Carrier::System(system) => match system.bind(*address, reuse_address, reuse_port)? {
                Some(bound) => bound,
                None => continue,
            },
        };
        match bound {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && addresses.len() > 1 => {}
            Err(error) => return Err(bind_error(&error, address).into()),
        }
    }
    if listeners.is_empty() {
        let names: Vec<Address> = addresses.iter().map(|address| Address::from(*address)).collect();
        return Err(io::Error::other(format!("could not bind on any address out of {names:?}")).into());
    }
    Ok(listeners)
}
