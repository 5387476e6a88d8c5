//! `Host`: one machine as the network knows it, with its addresses and what is bound to them.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::rc::{Rc, Weak};

use asyncio_errors::Result;
use asyncio_streams::{Address, errno};

use super::datagram::Datagrams;
use super::listener::Listener;
use super::stream::End;

/// The first and the last of the ports that a host assigns by itself.
const EPHEMERAL: (u16, u16) = (49_152, 65_535);

pub(super) type Boot = dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>>>>;

/// Crashes a machine for a number of seconds.
pub(super) type Crash = dyn Fn(f64);

pub(super) struct Host {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) address: IpAddr,
    pub(super) is_up: Cell<bool>,
    /// Counts the crashes. Everything from an earlier life is dead.
    pub(super) life: Cell<u64>,
    /// Starts the machine's program.
    pub(super) boot: RefCell<Option<Rc<Boot>>>,
    pub(super) listeners: RefCell<Vec<Weak<Listener>>>,
    pub(super) datagrams: RefCell<Vec<Weak<Datagrams>>>,
    pub(super) ends: RefCell<Vec<Weak<End>>>,
    /// Ends from earlier lives, to which other machines may still send.
    pub(super) dead: RefCell<Vec<Weak<End>>>,
    /// Lets a fault crash the machine, which knows its tasks.
    pub(super) crash: RefCell<Option<Rc<Crash>>>,
    next_port: Cell<u16>,
    /// Sockets that share a port take turns.
    turn: Cell<usize>,
}

/// Something bound to an address of a host: a listener or a datagram socket.
pub(super) trait Bound {
    fn address(&self) -> Address;
    fn shares_port(&self) -> bool;
}

impl Host {
    pub(super) fn new(index: usize, name: &str) -> Self {
        let [high, low] = u16::try_from(index + 1).expect("fewer than 65,536 machines").to_be_bytes();
        Self {
            index,
            name: name.to_owned(),
            address: Ipv4Addr::new(10, 0, high, low).into(),
            is_up: Cell::new(true),
            life: Cell::new(0),
            boot: RefCell::default(),
            listeners: RefCell::default(),
            datagrams: RefCell::default(),
            ends: RefCell::default(),
            dead: RefCell::default(),
            crash: RefCell::default(),
            next_port: Cell::new(EPHEMERAL.0),
            turn: Cell::new(0),
        }
    }

    /// Can a packet to this host have this address?
    pub(super) fn has(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || ip == self.address
    }

    /// The host's address in packets to `to`.
    pub(super) fn source(&self, to: IpAddr) -> IpAddr {
        match to {
            to if to == self.address => to,
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            to if to.is_loopback() || to.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V4(_) => self.address,
        }
    }

    /// A port that is not bound.
    pub(super) fn free_port(&self) -> u16 {
        let is_taken = |port| {
            bound(&self.listeners).iter().any(|one| one.address().port() == Some(port))
                || bound(&self.datagrams).iter().any(|one| one.address().port() == Some(port))
        };
        loop {
            let port = self.next_port.get();
            self.next_port.set(if port == EPHEMERAL.1 { EPHEMERAL.0 } else { port + 1 });
            if !is_taken(port) {
                return port;
            }
        }
    }

    /// The address that is actually bound when `asked` is requested.
    pub(super) fn bind<B: Bound>(
        &self,
        others: &RefCell<Vec<Weak<B>>>,
        at: &Address,
        reuse_port: bool,
    ) -> io::Result<Address> {
        let at = match at.as_socket() {
            Some(at) if !at.ip().is_unspecified() && !self.has(at.ip()) => {
                return Err(errno::error(errno::EADDRNOTAVAIL));
            }
            Some(at) if at.port() == 0 => SocketAddr::new(at.ip(), self.free_port()).into(),
            _ => at.clone(),
        };
        let clashes = |other: &Rc<B>| overlap(&other.address(), &at) && !(reuse_port && other.shares_port());
        if bound(others).iter().any(clashes) {
            return Err(errno::error(errno::EADDRINUSE));
        }
        Ok(at)
    }

    /// The socket that is bound to the address of a packet.
    pub(super) fn find<B: Bound>(&self, all: &RefCell<Vec<Weak<B>>>, to: &Address) -> Option<Rc<B>> {
        let mut found: Vec<_> = bound(all).into_iter().filter(|one| matches(&one.address(), to)).collect();
        // An exact address takes precedence over one for all addresses.
        if found.iter().any(|one| one.address() == *to) {
            found.retain(|one| one.address() == *to);
        }
        self.turn.set(self.turn.get().wrapping_add(usize::from(found.len() > 1)));
        let index = self.turn.get().checked_rem(found.len())?;
        Some(found.swap_remove(index))
    }
}

/// The sockets that still exist. The others are forgotten.
pub(super) fn bound<B>(all: &RefCell<Vec<Weak<B>>>) -> Vec<Rc<B>> {
    let mut all = all.borrow_mut();
    all.retain(|one| one.strong_count() > 0);
    all.iter().filter_map(Weak::upgrade).collect()
}

/// Does a packet to `to` reach a socket that is bound to `at`?
fn matches(at: &Address, to: &Address) -> bool {
    match (at.as_socket(), to.as_socket()) {
        (Some(at), Some(to)) => {
            at.port() == to.port()
                && at.is_ipv4() == to.is_ipv4()
                && (at.ip() == to.ip() || at.ip().is_unspecified() || to.ip().is_unspecified())
        }
        _ => at == to,
    }
}

fn overlap(one: &Address, other: &Address) -> bool {
    *one != Address::Unnamed && matches(one, other)
}
