//! Addresses in the system's form.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;

use asyncio_runtime::Result;
use rustix::net::{SocketAddrAny, SocketAddrUnix};
use socket2::SockAddr;

use super::unix;
use crate::address::{Address, nowhere};

impl From<&SockAddr> for Address {
    fn from(address: &SockAddr) -> Self {
        match (address.as_socket(), address.as_pathname(), address.as_abstract_namespace()) {
            (Some(address), ..) => Self::Inet(address),
            (None, Some(path), _) => Self::Unix(path.to_owned()),
            (None, None, Some(name)) => Self::Abstract(name.to_owned()),
            (None, None, None) => Self::Unnamed,
        }
    }
}

/// The sender of a datagram.
impl From<SocketAddrAny> for Address {
    fn from(address: SocketAddrAny) -> Self {
        if let Ok(address) = SocketAddr::try_from(address.clone()) {
            return Self::Inet(address);
        }
        let Ok(address) = SocketAddrUnix::try_from(address) else { return Self::Unnamed };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(name) = address.abstract_name() {
            return Self::Abstract(name.to_owned());
        }
        address.path_bytes().map_or(Self::Unnamed, |path| Self::Unix(OsStr::from_bytes(path).into()))
    }
}

impl Address {
    /// The address in the system's form.
    ///
    /// # Errors
    ///
    /// `ValueError` if the address is `Unnamed`, or a path that no socket can have.
    pub(crate) fn to_system(&self) -> Result<SockAddr> {
        match self {
            Self::Inet(address) => Ok((*address).into()),
            Self::Unix(path) => unix::address(path),
            Self::Abstract(name) => unix::address(OsStr::from_bytes(&[b"\0", &name[..]].concat()).as_ref()),
            Self::Unnamed => Err(nowhere()),
        }
    }
}
