//! The same inside one machine: `open_unix_connection` and `start_unix_server`.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::{ExceptionContext, Result, ValueError, get_running_loop};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::address::Address;
use crate::connect::{Connecting, connect_socket, open, stream_socket};
use crate::error::{reason, with_errno};
use crate::listen::{Serving, Starting, as_task, starting};
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::server::{Connected, Listener};
use crate::ssl;
use crate::writer::StreamWriter;

/// Connects to the unix socket with this path: `asyncio.open_unix_connection`.
///
/// # Errors
///
/// `std::io::Error` that names the path; `AF_UNIX path too long` where the system says so little; `ValueError` for a limit
/// of 0; `CancelledError`.
///
/// ```
/// use std::io;
///
/// use asyncio_runtime::run;
/// use asyncio_streams::open_unix_connection;
///
/// run(async {
///     let error = open_unix_connection("no-such.sock").await.unwrap_err();
///     assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::NotFound);
///     assert!(error.to_string().ends_with("cannot connect to 'no-such.sock'"));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn open_unix_connection(path: impl AsRef<Path>) -> OpenUnixConnection {
    let options = Connect { path: path.as_ref().to_owned(), limit: DEFAULT_LIMIT, ssl: ssl::Settings::default() };
    OpenUnixConnection { options: Some(options), connecting: None }
}

/// A connection being opened; to be awaited.
#[must_use = "futures do nothing unless awaited"]
pub struct OpenUnixConnection {
    /// Until it is first polled.
    options: Option<Connect>,
    connecting: Option<Connecting>,
}

struct Connect {
    path: PathBuf,
    limit: usize,
    ssl: ssl::Settings,
}

impl OpenUnixConnection {
    /// How long a line may be that the reader reads; 64 KiB if not set.
    pub fn limit(mut self, limit: usize) -> Self {
        self.options().limit = limit;
        self
    }

    fn options(&mut self) -> &mut Connect {
        self.options.as_mut().expect("options are set before it is awaited")
    }

    pub(crate) fn ssl_settings(&mut self) -> &mut ssl::Settings {
        &mut self.options().ssl
    }
}

impl Future for OpenUnixConnection {
    type Output = Result<(StreamReader, StreamWriter)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(options) = self.options.take() {
            self.connecting = Some(Box::pin(connect(options)));
        }
        self.connecting.as_mut().expect("made at the first poll").as_mut().poll(cx)
    }
}

impl fmt::Debug for OpenUnixConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenUnixConnection").field("started", &self.connecting.is_some()).finish_non_exhaustive()
    }
}

async fn connect(options: Connect) -> Result<(StreamReader, StreamWriter)> {
    let Connect { path, limit, ssl } = options;
    check_limit(limit)?;
    let layer = ssl.client(None)?;
    let address = address(&path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let socket = connect_socket(socket, &address, || format!("cannot connect to '{}'", path.display())).await?;
    open(socket, Address::Unix(path), limit, layer).await
}

fn address(path: &Path) -> io::Result<SockAddr> {
    SockAddr::unix(path).map_err(|error| {
        let too_long = path.as_os_str().len() >= LONGEST_PATH;
        let what = if too_long { "AF_UNIX path too long".to_owned() } else { error.to_string() };
        io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: '{}'", path.display()))
    })
}

/// How many bytes the path of a unix socket has at most, with the zero at its end.
const LONGEST_PATH: usize = 108;

/// Serves connections at a unix socket: `asyncio.start_unix_server`.
///
/// A socket file that nobody serves any more is replaced; the server's own is removed when it is closed, unless another one
/// stands in its place.
///
/// # Errors
///
/// `std::io::Error` that names the path; `ValueError` for a limit of 0; `CancelledError`.
///
/// ```
/// use asyncio_runtime::run;
/// use asyncio_streams::{open_unix_connection, start_unix_server};
///
/// run(async {
///     let path = std::env::temp_dir().join(format!("greeter-{}.sock", std::process::id()));
///     let server = start_unix_server(async |_, writer| Ok(writer.write("hello")?), &path).await?;
///     let (mut reader, _writer) = open_unix_connection(&path).await?;
///     assert_eq!(reader.read_to_end().await?, b"hello");
///     server.close();
///     assert!(!path.exists());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn start_unix_server<F>(client_connected: F, path: impl AsRef<Path>) -> StartUnixServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartUnixServer::new(client_connected, Place::Path(path.as_ref().to_owned()))
}

/// As [`start_unix_server`], on a socket that is bound already: `start_unix_server(sock=…)`. Takes the `UnixListener` of the
/// standard library, for example. Its file, too, is removed when the server is closed.
///
/// # Errors
///
/// As there, and `ValueError` if it is another kind of socket.
///
/// ```
/// use std::os::unix::net::UnixListener;
///
/// use asyncio_runtime::run;
/// use asyncio_streams::{open_unix_connection, start_unix_server_on};
///
/// run(async {
///     let path = std::env::temp_dir().join(format!("bound-{}.sock", std::process::id()));
///     let socket = UnixListener::bind(&path)?;
///     let server = start_unix_server_on(async |_, writer| Ok(writer.write("hello")?), socket).await?;
///     let (mut reader, _writer) = open_unix_connection(&path).await?;
///     assert_eq!(reader.read_to_end().await?, b"hello");
///     server.close();
///     assert!(!path.exists());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn start_unix_server_on<F>(client_connected: F, socket: impl Into<OwnedFd>) -> StartUnixServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartUnixServer::new(client_connected, Place::Bound(socket.into()))
}

/// A server being started; to be awaited.
#[must_use = "futures do nothing unless awaited"]
pub struct StartUnixServer {
    /// Until it is first polled.
    options: Option<Options>,
    starting: Option<Starting>,
}

struct Options {
    connected: Box<Connected>,
    place: Place,
    cleanup_socket: bool,
    serving: Serving,
}

enum Place {
    Path(PathBuf),
    Bound(OwnedFd),
}

impl StartUnixServer {
    fn new<F>(client_connected: F, place: Place) -> Self
    where
        F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        let connected = as_task(client_connected);
        let options = Options { connected, place, cleanup_socket: true, serving: Serving::new() };
        Self { options: Some(options), starting: None }
    }

    /// Is the file removed when the server is closed? `true` if not set.
    ///
    /// ```
    /// use asyncio_runtime::run;
    /// use asyncio_streams::start_unix_server;
    ///
    /// run(async {
    ///     let path = std::env::temp_dir().join(format!("kept-{}.sock", std::process::id()));
    ///     let server = start_unix_server(async |_, _| Ok(()), &path).cleanup_socket(false).await?;
    ///     server.close();
    ///     assert!(path.exists());
    ///     Ok(std::fs::remove_file(path)?)
    /// })
    /// .unwrap();
    /// ```
    pub fn cleanup_socket(self, cleanup: bool) -> Self {
        self.set(|options| options.cleanup_socket = cleanup)
    }
}

starting!(StartUnixServer);

async fn start(options: Options) -> Result<crate::Server> {
    options.serving.check()?;
    let socket = match options.place {
        Place::Path(path) => bind(&path)?,
        Place::Bound(descriptor) => stream_socket(descriptor)?,
    };
    let address = socket.local_addr()?;
    if !address.is_unix() {
        return Err(ValueError::new("A UNIX Domain Stream Socket was expected").into());
    }
    let listener = match address.as_pathname() {
        Some(path) if options.cleanup_socket => Listener::with_file(socket, path.to_owned()),
        _ => Listener::new(socket),
    };
    options.serving.serve(vec![listener?], options.connected).await
}

fn bind(path: &Path) -> Result<Socket> {
    let address = address(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    remove_stale(path);
    socket.bind(&address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => with_errno(&error, format!("Address '{}' is already in use", path.display())),
        _ => with_errno(&error, format!("cannot bind to '{}': {}", path.display(), reason(&error))),
    })?;
    Ok(socket)
}

/// Removes the socket that an earlier server has left; anything else stays, and `bind` will say so.
fn remove_stale(path: &Path) {
    let removed = match fs::metadata(path) {
        Ok(file) if file.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => return,
        Err(error) => Err(error),
    };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
        && let Ok(event_loop) = get_running_loop()
    {
        let message = format!("Unable to check or remove stale UNIX socket '{}'", path.display());
        event_loop.call_exception_handler(&ExceptionContext::new(message).exception(error.into()));
    }
}
