//! In place of `system` where there is no system: a task that is on no network can reach nothing.
//!
//! None of the types here has a value, so none of the functions can be called, except for [`without_network`].

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use asyncio_runtime::Result;

use crate::address::Address;
use crate::network::{Carrier, Network};
use crate::server::Listener;
use crate::transport::Transport;

pub(crate) const NI_NUMERICHOST: i32 = 1;
pub(crate) const NI_NUMERICSERV: i32 = 2;
pub(crate) const NI_NAMEREQD: i32 = 8;
pub(crate) const NI_DGRAM: i32 = 16;

/// A network has them, as on Linux.
pub(crate) const HAS_ABSTRACT_NAMES: bool = true;

/// The system, as the counterpart of a network.
pub(crate) enum System {}

/// A descriptor.
pub(crate) struct Descriptor<'a>(Infallible, PhantomData<&'a ()>);

/// A socket that the program has bound.
pub(crate) enum BoundSocket {}

/// A socket for datagrams.
#[derive(Debug)]
pub(crate) enum SystemDatagrams {}

/// No socket is lent.
pub(crate) type LentSocket = ();

/// A network that nothing is on: the defaults of [`Network`].
struct Nowhere;

impl Network for Nowhere {}

/// What carries the bytes of a task that is on no network.
pub(crate) fn without_network() -> Carrier {
    Carrier::Network(Rc::new(Nowhere))
}

impl System {
    pub(crate) async fn connect(
        self,
        _address: SocketAddr,
        _local: Option<Rc<[SocketAddr]>>,
        _what: impl Fn() -> String,
    ) -> Result<Rc<dyn Transport>> {
        match self {}
    }

    pub(crate) async fn connect_unix(self, _path: &Path, _what: impl Fn() -> String) -> Result<Rc<dyn Transport>> {
        match self {}
    }

    pub(crate) fn bind(
        &self,
        _address: SocketAddr,
        _reuse_address: bool,
        _reuse_port: bool,
    ) -> Result<Option<io::Result<Listener>>> {
        match *self {}
    }

    pub(crate) fn bind_unix(self, _path: &Path, _cleanup: bool) -> Result<Listener> {
        match self {}
    }

    pub(crate) fn datagrams(
        self,
        _is_v6: bool,
        _local: Option<SocketAddr>,
        _remote: Option<SocketAddr>,
        _reuse_port: bool,
        _allow_broadcast: bool,
    ) -> Result<SystemDatagrams> {
        match self {}
    }

    pub(crate) fn datagrams_at_path(
        self,
        _local: Option<PathBuf>,
        _remote: Option<PathBuf>,
    ) -> Result<(SystemDatagrams, Option<Address>)> {
        match self {}
    }

    pub(crate) async fn getnameinfo(self, _address: SocketAddr, _flags: i32) -> Result<(String, String)> {
        match self {}
    }
}

pub(crate) fn listener(socket: BoundSocket) -> Result<Listener> {
    match socket {}
}

pub(crate) fn unix_listener(socket: BoundSocket, _cleanup: bool) -> Result<Listener> {
    match socket {}
}

pub(crate) async fn send_datagram(socket: &SystemDatagrams, _message: &[u8], _to: Option<&Address>) -> Result<()> {
    match *socket {}
}

pub(crate) async fn receive_datagram(socket: &SystemDatagrams, _n: usize) -> Result<(Vec<u8>, Address)> {
    match *socket {}
}

pub(crate) fn datagrams_name(socket: &SystemDatagrams) -> Address {
    match *socket {}
}
