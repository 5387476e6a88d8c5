//! `open_connection`: from a host and a port to a reader and a writer.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{Error, ExceptionGroup, Result, Seconds, TimeoutError, ValueError, sleep};

use crate::address::Address;
use crate::caller::{Caller, called_at};
use crate::connection::Connection;
use crate::error::{reason, with_errno};
use crate::hosts::{Family, Port, resolve};
use crate::network::{self, Carrier};
use crate::race::{in_turn, interleave, staggered};
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::ssl;
use crate::transport::Transport;
use crate::writer::StreamWriter;

/// Connects to a server and returns a reader and a writer: `asyncio.open_connection`.
///
/// The host is a name or an address. If it has several addresses, they are tried one after the other, or, with
/// [`happy_eyeballs_delay`](OpenConnection::happy_eyeballs_delay), with staggered starts.
///
/// # Errors
///
/// `std::io::Error` that names the host or address: `[Errno 111] Connect call failed ('127.0.0.1', 8888)`. If several
/// addresses failed in different ways, it names all of them. `ValueError` for an impossible port or limit.
/// `CancelledError`.
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
///
/// # Examples
///
/// ```no_run
/// use asyncio::{open_connection, run};
///
/// run(async {
///     let (mut reader, writer) = open_connection("www.python.org", 80).happy_eyeballs_delay(0.25).await?;
///     writer.write(b"HEAD / HTTP/1.0\r\n\r\n")?;
///     print!("{}", String::from_utf8_lossy(&reader.readline().await?));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias = "create_connection")]
#[track_caller]
pub fn open_connection(host: impl Display, port: impl Port) -> OpenConnection {
    OpenConnection {
        options: Some(Options {
            host: host.to_string(),
            port: port.port(),
            limit: DEFAULT_LIMIT,
            local: None,
            family: Family::Unspec,
            delay: None,
            interleave: None,
            all_errors: false,
            ssl: ssl::Settings::default(),
        }),
        connecting: None,
        at: Location::caller(),
    }
}

/// A connection that is being opened: the keyword arguments of Python's `open_connection` are methods, and `await`
/// opens it.
///
/// # Examples
///
/// ```
/// use asyncio::{ExceptionGroup, StreamWriter, open_connection, run, start_server};
///
/// run(async {
///     let tell = async |_, writer: StreamWriter| Ok(writer.write(writer.peername().to_string())?);
///     let server = start_server(tell, "127.0.0.1", 0).await?;
///     let port = server.sockets()[0].port().unwrap();
///     let connecting = open_connection("127.0.0.1", port).limit(100).local_addr("127.0.0.2", 0);
///     let (mut reader, _writer) = connecting.await?;
///     assert!(reader.read_to_end().await?.starts_with(b"('127.0.0.2', "));
///     server.close();
///     let error = open_connection("127.0.0.1", port).all_errors(true).await.unwrap_err();
///     assert!(error.is::<ExceptionGroup>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct OpenConnection {
    /// `None` after the first poll.
    options: Option<Options>,
    connecting: Option<Connecting>,
    at: Caller,
}

pub(crate) type Connecting = Pin<Box<dyn Future<Output = Result<(StreamReader, StreamWriter)>>>>;

struct Options {
    host: String,
    port: Result<u16, ValueError>,
    limit: usize,
    local: Option<(String, Result<u16, ValueError>)>,
    family: Family,
    delay: Option<f64>,
    interleave: Option<usize>,
    all_errors: bool,
    ssl: ssl::Settings,
}

impl OpenConnection {
    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(self.options.as_mut().expect("options are set before it is awaited"));
        self
    }

    pub(crate) fn ssl_settings(&mut self) -> &mut ssl::Settings {
        &mut self.options.as_mut().expect("options are set before it is awaited").ssl
    }

    /// Sets the longest line that the reader reads; 64 KiB by default.
    pub fn limit(self, limit: usize) -> Self {
        self.set(|options| options.limit = limit)
    }

    /// Sets the address to connect from.
    pub fn local_addr(self, host: impl Display, port: impl Port) -> Self {
        self.set(|options| options.local = Some((host.to_string(), port.port())))
    }

    /// Uses only addresses of this family.
    pub fn family(self, family: Family) -> Self {
        self.set(|options| options.family = family)
    }

    /// Tries the next address if the previous ones have not answered within this many seconds, and uses the first that
    /// does (RFC 8305, which recommends 0.25).
    pub fn happy_eyeballs_delay(self, delay: impl Seconds) -> Self {
        let delay = delay.seconds();
        self.set(|options| options.delay = Some(delay))
    }

    /// Alternates between the families of addresses, after `first` addresses of the first family; 0 keeps the system's
    /// order. The default is 1 with a [`happy_eyeballs_delay`](Self::happy_eyeballs_delay), otherwise 0.
    pub fn interleave(self, first: usize) -> Self {
        self.set(|options| options.interleave = Some(first))
    }

    /// If every address failed, returns all errors in an `ExceptionGroup`.
    pub fn all_errors(self, all: bool) -> Self {
        self.set(|options| options.all_errors = all)
    }
}

impl Future for OpenConnection {
    type Output = Result<(StreamReader, StreamWriter)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(options) = self.options.take() {
            self.connecting = Some(Box::pin(called_at(connect(options), self.at)));
        }
        self.connecting.as_mut().expect("made at the first poll").as_mut().poll(cx)
    }
}

impl std::fmt::Debug for OpenConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenConnection").field("started", &self.connecting.is_some()).finish_non_exhaustive()
    }
}

async fn connect(options: Options) -> Result<(StreamReader, StreamWriter)> {
    check_limit(options.limit)?;
    let layer = options.ssl.client(Some(&options.host))?;
    let mut addresses = resolve(&options.host, options.port?, options.family).await?;
    let local = match options.local {
        Some((host, port)) => Some(Rc::from(resolve(&host, port?, options.family).await?)),
        None => None,
    };
    match options.interleave.unwrap_or(usize::from(options.delay.is_some())) {
        0 => {}
        first => addresses = interleave(addresses, first),
    }
    match connect_to_one_of(addresses, local, options.delay).await? {
        Ok((transport, address)) => open(transport, address, options.limit, layer).await,
        Err(errors) if options.all_errors => Err(ExceptionGroup::new("create_connection failed", errors).into()),
        Err(errors) => Err(summary(errors)),
    }
}

/// The streams of a connected transport. They are returned two iterations later, as in asyncio, which starts a transport
/// in between. So whether the client or the server prints first is the same.
pub(crate) async fn open(
    transport: Rc<dyn Transport>,
    peername: Address,
    limit: usize,
    layer: Option<ssl::Layer>,
) -> Result<(StreamReader, StreamWriter)> {
    let streams = streams(transport, Some(peername), limit);
    sleep(0).await?;
    sleep(0).await?;
    if let Some(layer) = layer {
        layer.put_over(&streams.1.connection).await?;
    }
    Ok(streams)
}

type ConnectedTransport = (Rc<dyn Transport>, Address);

async fn connect_to_one_of(
    addresses: Vec<SocketAddr>,
    local: Option<Rc<[SocketAddr]>>,
    delay: Option<f64>,
) -> Result<Result<ConnectedTransport, Vec<Error>>> {
    let attempts = addresses.into_iter().map(|address| connect_to(address, local.clone()));
    match delay {
        None => in_turn(attempts).await,
        Some(delay) => staggered(attempts, delay).await,
    }
}

/// Makes one error of those of several addresses.
fn summary(mut errors: Vec<Error>) -> Error {
    let Some(first) = errors.first() else { return TimeoutError::new("create_connection failed").into() };
    let kind = first.downcast_ref().map_or(io::ErrorKind::Other, io::Error::kind);
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if texts.iter().all(|text| *text == texts[0]) {
        return errors.swap_remove(0);
    }
    io::Error::new(kind, format!("Multiple exceptions: {}", texts.join(", "))).into()
}

async fn connect_to(address: SocketAddr, local: Option<Rc<[SocketAddr]>>) -> Result<ConnectedTransport> {
    let name = Address::from(address);
    let what = || format!("Connect call failed {name}");
    let transport = match network::current()? {
        Carrier::Network(network) => {
            let stream = match &local {
                Some(local) => first_of(&address, local, |local| network.connect(&name, Some(&Address::from(*local))))?,
                None => network.connect(&name, None).map_err(|error| with_errno(&error, what()))?,
            };
            network::connect(stream, what).await?
        }
        Carrier::System(system) => system.connect(address, local, what).await?,
    };
    Ok((transport, name))
}

/// Binds to the first local address of the right family that works.
pub(crate) fn first_of<R>(
    address: &SocketAddr,
    local: &[SocketAddr],
    bind: impl Fn(&SocketAddr) -> io::Result<R>,
) -> io::Result<R> {
    let mut failed = None;
    for local in local.iter().filter(|local| local.is_ipv4() == address.is_ipv4()) {
        match bind(local) {
            Ok(bound) => return Ok(bound),
            Err(error) => failed = Some(bind_error(&error, local)),
        }
    }
    Err(failed.unwrap_or_else(|| io::Error::other(format!("no local address of the family of {address}"))))
}

pub(crate) fn bind_error(error: &io::Error, address: &SocketAddr) -> io::Error {
    let (name, why) = (Address::from(*address), reason(error).to_lowercase());
    with_errno(error, format!("error while attempting to bind on address {name}: {why}"))
}

pub(crate) fn streams(
    transport: Rc<dyn Transport>,
    peername: Option<Address>,
    limit: usize,
) -> (StreamReader, StreamWriter) {
    let connection = Connection::over(transport, peername);
    (StreamReader::over(connection.clone(), limit), StreamWriter::over(connection))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, TcpListener};

    use asyncio_runtime::{Clock, Runner};

    use super::*;

    /// Addresses of one machine at which no server listens.
    fn nobody() -> Vec<SocketAddr> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        (1..=2).map(|last| ([127, 0, 0, last], port).into()).collect()
    }

    async fn why(addresses: Vec<SocketAddr>, local: Option<SocketAddr>, delay: Option<f64>) -> Result<Vec<Error>> {
        let local = local.map(|local| Rc::from([local]));
        Ok(connect_to_one_of(addresses, local, delay).await?.err().unwrap())
    }

    // CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_multiple,
    // test_create_connection_multiple_errors, test_create_connection_multiple_errors_local_addr
    #[test]
    fn errors_of_several_addresses_are_told_together() {
        let told = async {
            let addresses = nobody();
            let port = addresses[0].port();
            let refused = |host: &str| format!("[Errno {}] Connect call failed ('{host}', {port})", libc::ECONNREFUSED);
            let both = format!("Multiple exceptions: {}, {}", refused("127.0.0.1"), refused("127.0.0.2"));
            for delay in [None, Some(10.0)] {
                let errors = why(addresses.clone(), None, delay).await?;
                assert!(errors.iter().all(|error| error.is::<io::Error>()));
                assert_eq!(summary(errors).to_string(), both);
            }
            // The same error twice is reported once.
            let errors = why(vec![addresses[0]; 2], None, None).await?;
            assert_eq!(summary(errors).to_string(), refused("127.0.0.1"));
            // The local address is in use in the one family, and of the wrong family for the other.
            let taken = TcpListener::bind("127.0.0.1:0")?;
            let addresses = vec![addresses[0], (Ipv6Addr::LOCALHOST, port).into()];
            let errors = why(addresses, Some(taken.local_addr()?), None).await?;
            let told = summary(errors).to_string();
            assert!(told.starts_with("Multiple exceptions: "), "{told}");
            assert!(told.contains("error while attempting to bind on address ('127.0.0.1', "), "{told}");
            Ok(())
        };
        Runner::new().clock(Clock::Real).run(told).unwrap();
    }
}
