//! The names of Unix sockets: a path, or a name that begins with a NUL and is no file (Linux's *abstract* sockets).

use std::io;
use std::path::Path;

use asyncio_runtime::{Result, ValueError};

use crate::address::Address;
use crate::error::{reason, with_errno};
use crate::system::HAS_ABSTRACT_NAMES;

/// The longest path of a Unix socket in bytes, with the zero at its end.
const LONGEST_PATH: usize = 108;

/// Checks that a socket can have this path.
///
/// # Errors
///
/// `ValueError` for a path that the system would cut off at its NUL, and for an empty path, which means something else
/// to the system; `std::io::Error` for one that is too long.
pub(crate) fn check(path: &Path) -> Result<()> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() {
        return Err(ValueError::new("the path of a unix socket cannot be empty").into());
    }
    if bytes.contains(&0) && !is_abstract(path) {
        return Err(ValueError::new(format!("embedded null character in path: {path:?}")).into());
    }
    // A name that is no file has no zero at its end.
    if bytes.len() + usize::from(!is_abstract(path)) > LONGEST_PATH {
        return Err(invalid(path, "AF_UNIX path too long").into());
    }
    Ok(())
}

/// Like [`check`], for an abstract name without the NUL at its beginning.
pub(crate) fn check_abstract(name: &[u8]) -> Result<()> {
    let shown = name.escape_ascii();
    if !HAS_ABSTRACT_NAMES {
        return Err(ValueError::new(format!("embedded null character in path: b'\\x00{shown}'")).into());
    }
    if name.len() + 1 > LONGEST_PATH {
        let why = format!("AF_UNIX path too long: b'\\x00{shown}'");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why).into());
    }
    Ok(())
}

/// The address of a path.
///
/// # Errors
///
/// Those of [`check`].
pub(crate) fn name(path: &Path) -> Result<Address> {
    check(path)?;
    Ok(match path.as_os_str().as_encoded_bytes() {
        [0, name @ ..] => Address::Abstract(name.to_owned()),
        _ => Address::Unix(path.to_owned()),
    })
}

pub(crate) fn is_abstract(path: &Path) -> bool {
    HAS_ABSTRACT_NAMES && path.as_os_str().as_encoded_bytes().starts_with(&[0])
}

/// The error for a path that no socket can have.
pub(crate) fn invalid(path: &Path, why: impl std::fmt::Display) -> io::Error {
    let name = match path.as_os_str().as_encoded_bytes() {
        bytes if is_abstract(path) => format!("b'{}'", bytes.escape_ascii()),
        _ => format!("'{}'", path.display()),
    };
    io::Error::new(io::ErrorKind::InvalidInput, format!("{why}: {name}"))
}

pub(crate) fn bind_error(error: &io::Error, name: &Address) -> io::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => with_errno(error, format!("Address {name:?} is already in use")),
        _ => with_errno(error, format!("cannot bind to {name:?}: {}", reason(error))),
    }
}
