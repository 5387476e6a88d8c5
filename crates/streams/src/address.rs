//! `Address`: where a socket is, printed as Python prints it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use socket2::SockAddr;

/// The address of one end of a connection, or of a server: what `getsockname` and `getpeername` give in Python.
///
/// `Display` is Python's: `('127.0.0.1', 8888)`, `('::1', 8888, 0, 0)`, `/tmp/echo.sock`.
///
/// ```
/// use std::net::SocketAddr;
///
/// use asyncio_streams::Address;
///
/// let address = Address::from("127.0.0.1:8888".parse::<SocketAddr>().unwrap());
/// assert_eq!(address.to_string(), "('127.0.0.1', 8888)");
/// assert_eq!(address.port(), Some(8888));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host and port.
    Inet(SocketAddr),
    /// A file, for a socket of the machine itself.
    Unix(PathBuf),
    /// A socket of the machine itself that has no name, as clients' have none, or one of another kind.
    Unnamed,
}

impl Address {
    /// As the standard library has it, if it is of the Internet.
    #[must_use]
    pub fn as_socket(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            _ => None,
        }
    }

    /// The port, if there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.as_socket().map(|address| address.port())
    }

    /// The file, if it is one.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use asyncio_streams::Address;
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

impl From<&SockAddr> for Address {
    fn from(address: &SockAddr) -> Self {
        match (address.as_socket(), address.as_pathname()) {
            (Some(address), _) => Self::Inet(address),
            (None, Some(path)) => Self::Unix(path.to_owned()),
            (None, None) => Self::Unnamed,
        }
    }
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
            Self::Unnamed => Ok(()),
        }
    }
}

/// As Python's `repr`: a path stands in quotes.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(_) => write!(f, "{self}"),
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
        assert_eq!(format!("{:?}", Address::Unnamed), "''");
    }
}
