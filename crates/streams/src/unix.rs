//! The same inside one machine: `open_unix_connection` and `start_unix_server`.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, ValueError};
use socket2::{Domain, Socket, Type};

use crate::address::Address;
use crate::connect::{Connecting, connect_socket, open, stream_socket};
use crate::listen::{Serving, Starting, as_task, starting};
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::server::{Connected, Listener};
use crate::ssl;
use crate::unix_path;
use crate::writer::StreamWriter;

/// Connects to the unix socket with this path: `asyncio.open_unix_connection`.
///
/// A path that begins with a NUL (`"\0name"`) is the name of an abstract socket, on Linux.
///
/// # Errors
///
/// `std::io::Error` that names the path; `AF_UNIX path too long` where the system says so little; `ValueError` for an empty
/// path, one with a NUL inside, or a limit of 0; `CancelledError`.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use asyncio::{open_unix_connection, run};
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
    let address = unix_path::address(&path)?;
    let name = Address::from(&address);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let socket = connect_socket(socket, &address, || format!("cannot connect to {name:?}")).await?;
    open(socket, name, limit, layer).await
}

/// Serves connections at a unix socket: `asyncio.start_unix_server`.
///
/// A socket file that nobody serves any more is replaced; the server's own is removed when it is closed, unless another one
/// stands in its place. A path that begins with a NUL (`"\0name"`) is the name of an abstract socket, on Linux: no file.
///
/// # Errors
///
/// `std::io::Error` that names the path; `ValueError` for an empty path, one with a NUL inside, or a limit of 0;
/// `CancelledError`.
///
/// # Examples
///
/// ```
/// use asyncio::{open_unix_connection, run, start_unix_server};
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
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixListener;
///
/// use asyncio::{open_unix_connection, run, start_unix_server_on};
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
    /// # Examples
    ///
    /// ```
    /// use asyncio::{run, start_unix_server};
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
        Place::Path(path) => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            unix_path::bind(&socket, &path)?;
            socket
        }
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
