//! `Address`: where a socket is, printed as Python prints it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use asyncio_runtime::{Error, Result, ValueError};

use crate::unix_path;

/// The address of one end of a connection, or of a server: what `getsockname` and `getpeername` return in Python.
///
/// `Display` is Python's: `('127.0.0.1', 8888)`, `('::1', 8888, 0, 0)`, `/tmp/echo.sock`, `b'\x00name'`.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
///
/// use asyncio::Address;
///
/// let address = Address::from("127.0.0.1:8888".parse::<SocketAddr>().unwrap());
/// assert_eq!(address.to_string(), "('127.0.0.1', 8888)");
/// assert_eq!(address.port(), Some(8888));
/// ```
#[doc(alias("getsockname", "getpeername"))]
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host and port.
    Inet(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// The name of an abstract Unix socket, which is no file (Linux), without the NUL at its beginning.
    Abstract(Vec<u8>),
    /// A Unix socket without a name, like those of clients, or a socket of another kind.
    Unnamed,
}

impl Address {
    /// The address as the standard library's type, if it is a host and port.
    #[must_use]
    pub fn as_socket(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            _ => None,
        }
    }

    /// The port, if the address has one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.as_socket().map(|address| address.port())
    }

    /// The path, if the address is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use asyncio::Address;
    ///
    /// let address = Address::Unix("/run/echo.sock".into());
    /// assert_eq!(address.as_path(), Some(Path::new("/run/echo.sock")));
    /// assert_eq!((address.as_socket(), address.port()), (None, None));
    /// ```
    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            _ => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl Address {
    /// Can a socket have this address?
    ///
    /// # Errors
    ///
    /// `ValueError` if the address is `Unnamed`, or a path or name that no socket can have; `std::io::Error` if that is too long.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Inet(_) => Ok(()),
            Self::Unix(path) => unix_path::check(path),
            Self::Abstract(name) => unix_path::check_abstract(name),
            Self::Unnamed => Err(nowhere()),
        }
    }
}

/// The error for an address without a name.
pub(crate) fn nowhere() -> Error {
    ValueError::new("this address is nowhere").into()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(SocketAddr::V4(address)) => write!(f, "('{}', {})", address.ip(), address.port()),
            Self::Inet(SocketAddr::V6(address)) => {
                let (flow, scope) = (address.flowinfo(), address.scope_id());
                write!(f, "('{}', {}, {flow}, {scope})", address.ip(), address.port())
            }
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Abstract(name) => write!(f, "b'\\x00{}'", name.escape_ascii()),
            Self::Unnamed => Ok(()),
        }
    }
}

/// Like Python's `repr`: a path is in quotes.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(_) | Self::Abstract(_) => write!(f, "{self}"),
            Self::Unix(_) | Self::Unnamed => write!(f, "'{self}'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_in_python() {
        let v6: SocketAddr = "[::1]:80".parse().unwrap();
        assert_eq!(Address::from(v6).to_string(), "('::1', 80, 0, 0)");
        assert_eq!(format!("{:?}", Address::Unix("/tmp/a".into())), "'/tmp/a'");
        assert_eq!(format!("{:?}", Address::Abstract(b"a\x01b".into())), r"b'\x00a\x01b'");
        assert_eq!(format!("{:?}", Address::Unnamed), "''");
    }
}
