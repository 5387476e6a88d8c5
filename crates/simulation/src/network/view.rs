//! `View`: the network as one machine sees it, through the interface that the streams provide for other networks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use asyncio_errors::GaiError;
use asyncio_runtime::sleep;
use asyncio_streams::{Address, Lookup, Network, NetworkDatagrams, NetworkListener, NetworkStream, errno};

use super::datagram::{Datagrams, Socket};
use super::host::Host;
use super::listener::{Listener, Listening};
use super::shared::Shared;
use crate::fault::Fault;

pub(super) struct View {
    shared: Rc<Shared>,
    host: Rc<Host>,
}

impl View {
    pub(super) fn new(shared: &Rc<Shared>, host: &Rc<Host>) -> Self {
        Self { shared: Rc::clone(shared), host: Rc::clone(host) }
    }

    fn find(&self, name: &str) -> Vec<IpAddr> {
        match self.shared.host_named(name) {
            _ if name == "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Some(host) => vec![host.address],
            None => Vec::new(),
        }
    }
}

impl Network for View {
    fn getaddrinfo(&self, name: &str) -> Lookup<Vec<IpAddr>> {
        let (fate, found, name) = (self.shared.faults.get().draw(Fault::Resolve, 3), self.find(name), name.to_owned());
        Box::pin(async move {
            sleep(if fate == 1 { 1.0 } else { 0.0 }).await?;
            let why = match fate {
                2 => "Temporary failure in name resolution",
                _ if found.is_empty() => "Name or service not known",
                _ => return Ok(found),
            };
            Err(io::Error::from(GaiError::new(name, why)).into())
        })
    }

    fn getnameinfo(&self, address: IpAddr) -> Lookup<Option<String>> {
        let name = match self.shared.hosts.borrow().iter().find(|host| host.address == address) {
            _ if address.is_loopback() => Some("localhost".to_owned()),
            host => host.map(|host| host.name.clone()),
        };
        Box::pin(async move {
            sleep(0).await?;
            Ok(name)
        })
    }

    fn connect(&self, to: &Address, from: Option<&Address>) -> io::Result<Box<dyn NetworkStream>> {
        let from = match (from.and_then(Address::as_socket), to.as_socket()) {
            (Some(from), _) if !from.ip().is_unspecified() && !self.host.has(from.ip()) => {
                return Err(errno::error(errno::EADDRNOTAVAIL));
            }
            (Some(from), _) if from.port() != 0 && self.has_bound(&from.into()) => {
                return Err(errno::error(errno::EADDRINUSE));
            }
            (from, Some(to)) => {
                let ip = from.map(|from| from.ip()).filter(|ip| !ip.is_unspecified());
                let port = from.map_or(0, |from| from.port());
                let port = if port == 0 { self.host.free_port() } else { port };
                SocketAddr::new(ip.unwrap_or_else(|| self.host.source(to.ip())), port).into()
            }
            (_, None) => Address::Unnamed,
        };
        Ok(Box::new(self.shared.connect(&self.host, from, to)))
    }

    fn bind(&self, at: &Address, reuse_port: bool) -> io::Result<Box<dyn NetworkListener>> {
        let listener = Listener::new(&self.host, at, reuse_port)?;
        Ok(Box::new(Listening { listener, host: Rc::clone(&self.host) }))
    }

    fn datagrams(&self, local: Option<&Address>, reuse_port: bool) -> io::Result<Box<dyn NetworkDatagrams>> {
        Ok(Box::new(Socket(Datagrams::new(&self.shared, &self.host, local, reuse_port)?)))
    }
}

impl View {
    fn has_bound(&self, address: &Address) -> bool {
        self.host.find(&self.host.listeners, address).is_some()
    }
}
