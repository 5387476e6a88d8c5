//! Unix sockets of the system, whose paths are files.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use asyncio_runtime::io::{AsyncFd, Registration};
use asyncio_runtime::{ExceptionContext, Result, ValueError, get_running_loop};
use socket2::{Domain, SockAddr, Socket, Type};

use super::connect::connect_socket;
use super::{BoundSocket, System};
use crate::address::Address;
use crate::reader::StreamReader;
use crate::server::{Incoming, Listener};
use crate::transport::Transport;
use crate::unix::{PathOrSocket, StartUnixServer};
use crate::unix_path::{bind_error, check, invalid, is_abstract};
use crate::writer::StreamWriter;

/// Can the system give a Unix socket a name that is no file?
pub(crate) const HAS_ABSTRACT_NAMES: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Starts a server on a Unix socket that is bound already: Python's `start_unix_server(sock=…)`. It takes the
/// `UnixListener` of the standard library, for example. Its file, too, is removed when the server is closed.
///
/// # Errors
///
/// Those of [`start_unix_server`](crate::start_unix_server); `ValueError` for a socket of another kind.
///
/// # Cancellation
///
/// Ends the attempt. No descriptor stays open.
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
#[doc(alias("sock", "create_unix_server"))]
#[track_caller]
pub fn start_unix_server_on<F>(client_connected: F, socket: impl Into<OwnedFd>) -> StartUnixServer
where
    F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
{
    StartUnixServer::new(client_connected, PathOrSocket::Bound(socket.into()))
}

impl System {
    /// Connects to the socket with this path; `what` names it in an error.
    pub(crate) async fn connect_unix(self, path: &Path, what: impl Fn() -> String) -> Result<Rc<dyn Transport>> {
        let address = address(path)?;
        Ok(Rc::new(connect_socket(Socket::new(Domain::UNIX, Type::STREAM, None)?, &address, what).await?))
    }

    /// Binds a listener to a path.
    pub(crate) fn bind_unix(self, path: &Path, cleanup: bool) -> Result<Listener> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        bind(&socket, path)?;
        listener(socket, cleanup)
    }
}

/// A listener on a socket that is bound already. Its file is removed when it is closed, if `cleanup` is set.
pub(crate) fn unix_listener(socket: BoundSocket, cleanup: bool) -> Result<Listener> {
    listener(Socket::from(socket), cleanup)
}

fn listener(socket: Socket, cleanup: bool) -> Result<Listener> {
    let address = socket.local_addr()?;
    if !address.is_unix() || socket.r#type()? != Type::STREAM {
        return Err(ValueError::new("A UNIX Domain Stream Socket was expected").into());
    }
    match address.as_pathname() {
        Some(path) if cleanup => with_file(socket, path.to_owned()),
        _ => super::listen::on_socket(socket),
    }
}

/// A listener on a socket whose file is removed when it is closed.
fn with_file(socket: Socket, path: PathBuf) -> Result<Listener> {
    // A file that was removed already need not be removed.
    let Ok(file) = fs::metadata(&path) else { return super::listen::on_socket(socket) };
    let file = SocketFile { path, identity: (file.dev(), file.ino()) };
    let name = Address::from(&socket.local_addr()?);
    Ok(Listener::over(Box::new(WithFile { io: AsyncFd::new(socket)?, _file: file }), name))
}

/// A listening socket, and its file.
struct WithFile {
    io: AsyncFd<Socket>,
    _file: SocketFile,
}

impl Incoming for WithFile {
    fn registration(&self) -> &Registration {
        self.io.registration()
    }

    fn listen(&self, backlog: i32) -> io::Result<()> {
        self.io.listen(backlog)
    }

    fn accept(&self) -> io::Result<(Result<Rc<dyn Transport>>, Address)> {
        self.io.accept()
    }
}

/// A socket file that is removed on drop, if it is still the one that was made.
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another process may have replaced or removed the file.
        let now = fs::metadata(&self.path).map(|file| (file.dev(), file.ino()));
        if now.is_ok_and(|now| now == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The address of a path.
///
/// # Errors
///
/// Those of [`check`], and the system's.
pub(super) fn address(path: &Path) -> Result<SockAddr> {
    check(path)?;
    Ok(SockAddr::unix(path).map_err(|error| invalid(path, error))?)
}

/// Binds a socket to a path. A socket file that no process serves any more is replaced.
pub(super) fn bind(socket: &Socket, path: &Path) -> Result<()> {
    let address = address(path)?;
    if !is_abstract(path) {
        remove_stale(path);
    }
    Ok(socket.bind(&address).map_err(|error| bind_error(&error, &Address::from(&address)))?)
}

/// Removes the socket file that an earlier server has left. Any other file stays, and `bind` returns the error.
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
