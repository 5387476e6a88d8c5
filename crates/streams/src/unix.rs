//! Streams within one machine: `open_unix_connection` and `start_unix_server`.

use std::fmt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::Result;

use crate::caller::{Caller, called_at};
use crate::connect::{Connecting, open};
use crate::error::with_errno;
use crate::listen::{Serving, Starting, as_task, starting};
use crate::network::{self, Carrier};
use crate::reader::{DEFAULT_LIMIT, StreamReader, check_limit};
use crate::server::{Connected, Listener};
use crate::ssl;
use crate::system::{self, BoundSocket};
use crate::unix_path;
use crate::writer::StreamWriter;

/// Connects to the Unix socket with this path: `asyncio.open_unix_connection`.
///
/// A path that begins with a NUL (`"\0name"`) is the name of an abstract socket, on Linux.
///
/// # Errors
///
/// `std::io::Error` that names the path; `AF_UNIX path too long` where the system says so little; `ValueError` for an empty
/// path, one with a NUL inside, or a limit of 0; `CancelledError`.
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
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
#[doc(alias = "create_unix_connection")]
#[track_caller]
pub fn open_unix_connection(path: impl AsRef<Path>) -> OpenUnixConnection {
    let options = Connect { path: path.as_ref().to_owned(), limit: DEFAULT_LIMIT, ssl: ssl::Settings::default() };
    OpenUnixConnection { options: Some(options), connecting: None, at: Location::caller() }
}

/// A connection that is being opened: options are methods, and `await` opens it.
#[must_use = "futures do nothing unless awaited"]
pub struct OpenUnixConnection {
    /// `None` after the first poll.
    options: Option<Connect>,
    connecting: Option<Connecting>,
    at: Caller,
}

struct Connect {
    path: PathBuf,
    limit: usize,
    ssl: ssl::Settings,
}

impl OpenUnixConnection {
    /// Sets the longest line that the reader reads; 64 KiB by default.
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
            self.connecting = Some(Box::pin(called_at(connect(options), self.at)));
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
    let name = unix_path::name(&path)?;
    let what = || format!("cannot connect to {name:?}");
    let transport = match network::current()? {
        Carrier::Network(network) => {
            let stream = network.connect(&name, None).map_err(|error| with_errno(&error, what()))?;
            network::connect(stream, what).await?
        }
        Carrier::System(system) => system.connect_unix(&path, what).await?,
    };
    open(transport, name, limit, layer).await
}

/// Starts a server at a Unix socket: `asyncio.start_unix_server`. For each client `client_connected` runs as a task of
/// its own, with the reader and the writer of the connection.
///
/// A socket file that no process serves any more is replaced. The server's own file is removed when the server is
/// closed, unless it was replaced by another. A path that begins with a NUL (`"\0name"`) is the name of an abstract
/// socket, on Linux: no file.
///
/// # Errors
///
/// `std::io::Error` that names the path; `ValueError` for an empty path, a path with a NUL inside, or a limit of 0;
/// `CancelledError`.
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
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
#[doc(alias = "create_unix_server")]
#[track_caller]
pub fn start_unix_server<F>(client_connected: F, path: impl AsRef<Path>) -> StartUnixServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartUnixServer::new(client_connected, PathOrSocket::Path(path.as_ref().to_owned()))
}

/// A server that is being started: options are methods, and `await` starts it.
#[must_use = "futures do nothing unless awaited"]
pub struct StartUnixServer {
    /// `None` after the first poll.
    options: Option<Options>,
    starting: Option<Starting>,
    at: Caller,
}

struct Options {
    connected: Box<Connected>,
    address: PathOrSocket,
    cleanup_socket: bool,
    serving: Serving,
}

pub(crate) enum PathOrSocket {
    Path(PathBuf),
    Bound(BoundSocket),
}

impl StartUnixServer {
    #[track_caller]
    pub(crate) fn new<F>(client_connected: F, address: PathOrSocket) -> Self
    where
        F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        let connected = as_task(client_connected);
        let options = Options { connected, address, cleanup_socket: true, serving: Serving::new() };
        Self { options: Some(options), starting: None, at: Location::caller() }
    }

    /// Sets whether the file is removed when the server is closed. `true` by default.
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
    let listener = match options.address {
        PathOrSocket::Path(path) => match network::current()? {
            Carrier::Network(network) => {
                let at = unix_path::name(&path)?;
                let listener = network.bind(&at, false).map_err(|error| unix_path::bind_error(&error, &at))?;
                Listener::on_network(listener)
            }
            Carrier::System(system) => system.bind_unix(&path, options.cleanup_socket)?,
        },
        PathOrSocket::Bound(socket) => system::unix_listener(socket, options.cleanup_socket)?,
    };
    options.serving.serve(vec![listener], options.connected).await
}
