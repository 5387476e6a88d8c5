//! The addresses of Unix sockets: a path, or a name that begins with a NUL and is no file (Linux's *abstract* sockets).

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use asyncio_runtime::{ExceptionContext, Result, ValueError, get_running_loop};
use socket2::{SockAddr, Socket};

use crate::address::Address;
use crate::error::{reason, with_errno};

/// The longest path of a Unix socket in bytes, with the zero at its end.
const LONGEST_PATH: usize = 108;

/// The address of a path.
///
/// # Errors
///
/// `ValueError` for a path that the system would cut off at its NUL, and for an empty path, which means something else
/// to the system.
pub(crate) fn address(path: &Path) -> Result<SockAddr> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.is_empty() {
        return Err(ValueError::new("the path of a unix socket cannot be empty").into());
    }
    if bytes.contains(&0) && !is_abstract(path) {
        return Err(ValueError::new(format!("embedded null character in path: {path:?}")).into());
    }
    let address = SockAddr::unix(path).map_err(|error| {
        let what = if bytes.len() >= LONGEST_PATH { "AF_UNIX path too long".to_owned() } else { error.to_string() };
        let name =
            if is_abstract(path) { format!("b'{}'", bytes.escape_ascii()) } else { format!("'{}'", path.display()) };
        io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {name}"))
    });
    Ok(address?)
}

fn is_abstract(path: &Path) -> bool {
    cfg!(any(target_os = "linux", target_os = "android")) && path.as_os_str().as_bytes().starts_with(&[0])
}

/// Binds a socket to a path. A socket file that no process serves any more is replaced.
pub(crate) fn bind(socket: &Socket, path: &Path) -> Result<()> {
    let address = address(path)?;
    if !is_abstract(path) {
        remove_stale(path);
    }
    Ok(socket.bind(&address).map_err(|error| bind_error(&error, &Address::from(&address)))?)
}

pub(crate) fn bind_error(error: &io::Error, name: &Address) -> io::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => with_errno(error, format!("Address {name:?} is already in use")),
        _ => with_errno(error, format!("cannot bind to {name:?}: {}", reason(error))),
    }
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
