//! `Datagrams`: a UDP socket, or a Unix socket for messages.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::{Rc, Weak};

use asyncio_runtime::io::Announcer;
use asyncio_streams::{Address, NetworkDatagrams, errno};

use super::host::{Bound, Host};
use super::shared::{Shared, after};
use crate::fault::Fault;

/// The longest message of UDP over IPv4.
const LONGEST: usize = 65_507;

/// How many messages can wait at a Unix socket before the sender must wait: Linux's default.
const UNIX_QUEUE: usize = 11;

pub(super) struct Datagrams {
    shared: Rc<Shared>,
    host: Rc<Host>,
    life: u64,
    announcer: Announcer,
    address: RefCell<Address>,
    peer: RefCell<Option<Address>>,
    shares_port: bool,
    is_unix: bool,
    inbox: RefCell<VecDeque<(Vec<u8>, Address)>>,
    /// The number of bytes in the inbox.
    pending: Cell<usize>,
    /// An earlier message was refused.
    error: Cell<Option<i32>>,
    /// The sockets that wait for room in the inbox of a Unix socket.
    senders: RefCell<Vec<Weak<Datagrams>>>,
}

impl Datagrams {
    pub(super) fn new(
        shared: &Rc<Shared>,
        host: &Rc<Host>,
        local: Option<&Address>,
        reuse_port: bool,
    ) -> io::Result<Rc<Self>> {
        let address = local.map_or(Ok(Address::Unnamed), |local| host.bind(&host.datagrams, local, reuse_port))?;
        let datagrams = Rc::new(Self {
            shared: Rc::clone(shared),
            host: Rc::clone(host),
            life: host.life.get(),
            announcer: Announcer::new(),
            is_unix: matches!(address, Address::Unix(_) | Address::Abstract(_)),
            address: RefCell::new(address),
            peer: RefCell::default(),
            shares_port: reuse_port,
            inbox: RefCell::default(),
            pending: Cell::new(0),
            error: Cell::new(None),
            senders: RefCell::default(),
        });
        host.datagrams.borrow_mut().push(Rc::downgrade(&datagrams));
        Ok(datagrams)
    }

    /// Its address, as the receiver of a message sees it.
    fn source(&self, to: SocketAddr) -> Address {
        if *self.address.borrow() == Address::Unnamed {
            let ip = if to.is_ipv6() { IpAddr::from([0_u16; 8]) } else { Ipv4Addr::UNSPECIFIED.into() };
            self.address.replace(SocketAddr::new(ip, self.host.free_port()).into());
        }
        match self.address.borrow().as_socket() {
            Some(own) if own.ip().is_unspecified() => SocketAddr::new(self.host.source(to.ip()), own.port()).into(),
            _ => self.address.borrow().clone(),
        }
    }

    fn refuse(&self) {
        if self.peer.borrow().is_some() {
            self.error.set(Some(errno::ECONNREFUSED));
            self.announcer.announce_readable();
            self.announcer.announce_writable();
        }
    }

    /// Sends a message over the network, which may lose it.
    fn post(self: &Rc<Self>, message: &[u8], to: SocketAddr) -> io::Result<()> {
        if message.len() > LONGEST {
            return Err(errno::error(errno::EMSGSIZE));
        }
        let Some(host) = self.shared.host_at(&self.host, to.ip()) else {
            return Err(errno::error(errno::EHOSTUNREACH));
        };
        let source = self.source(to);
        let copies: &[f64] = match self.shared.faults.get().draw(Fault::Datagram, 4) {
            1 => &[],
            2 => &[0.0, 0.0],
            3 => &[0.3],
            _ => &[0.0],
        };
        self.shared.may_part(&self.host, &host);
        self.shared.may_crash(&self.host);
        for extra in copies {
            let (sender, host, message) = (Rc::clone(self), Rc::clone(&host), message.to_vec());
            let (source, to) = (source.clone(), Address::from(to));
            let arrive = move || sender.arrive(&host, message, &source, &to);
            match self.shared.delay() + extra {
                0.0 => arrive(),
                delay => after(delay, arrive),
            }
        }
        Ok(())
    }

    fn arrive(&self, host: &Rc<Host>, message: Vec<u8>, source: &Address, to: &Address) {
        if !self.shared.is_open(&self.host, host) {
            return;
        }
        match host.find(&host.datagrams, to) {
            Some(receiver) => {
                receiver.take(message, source);
                self.shared.may_crash(host);
            }
            None => self.refuse(),
        }
    }

    /// Puts a message into the inbox, if it is for this socket and there is room.
    fn take(&self, message: Vec<u8>, source: &Address) {
        let is_for_us = self.peer.borrow().as_ref().is_none_or(|only| only == source);
        let pending = self.pending.get() + message.len();
        if is_for_us && self.life == self.host.life.get() && pending <= self.shared.buffer.get() {
            self.pending.set(pending);
            self.inbox.borrow_mut().push_back((message, source.clone()));
            self.announcer.announce_readable();
        }
    }

    /// Sends a message within the machine: it arrives, or the sender waits.
    fn hand_over(self: &Rc<Self>, message: &[u8], to: &Address) -> io::Result<()> {
        let Some(receiver) = self.host.find(&self.host.datagrams, to) else {
            return Err(errno::error(if self.peer.borrow().is_some() { errno::ECONNREFUSED } else { errno::ENOENT }));
        };
        if receiver.inbox.borrow().len() >= UNIX_QUEUE {
            receiver.senders.borrow_mut().push(Rc::downgrade(self));
            return Err(io::ErrorKind::WouldBlock.into());
        }
        receiver.take(message.to_vec(), &self.address.borrow());
        Ok(())
    }
}

impl Bound for Datagrams {
    fn address(&self) -> Address {
        self.address.borrow().clone()
    }

    fn shares_port(&self) -> bool {
        self.shares_port
    }
}

/// A socket in the hands of its program: dropping it closes the socket.
pub(super) struct Socket(pub(super) Rc<Datagrams>);

impl NetworkDatagrams for Socket {
    fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    fn connect(&self, to: &Address) -> io::Result<()> {
        let own = &self.0;
        match to.as_socket() {
            Some(to) => {
                let source = own.source(to);
                own.address.replace(source);
            }
            None if own.host.find(&own.host.datagrams, to).is_none() => return Err(errno::error(errno::ENOENT)),
            None => {}
        }
        own.peer.replace(Some(to.clone()));
        Ok(())
    }

    fn send(&self, message: &[u8], to: Option<&Address>) -> io::Result<()> {
        let own = &self.0;
        if let Some(number) = own.error.take() {
            return Err(errno::error(number));
        }
        let to = to.cloned().or_else(|| own.peer.borrow().clone()).ok_or_else(|| errno::error(errno::EDESTADDRREQ))?;
        match to.as_socket() {
            Some(to) if !own.is_unix => own.post(message, to),
            None => own.hand_over(message, &to),
            Some(_) => Err(errno::error(errno::EAFNOSUPPORT)),
        }
    }

    fn receive(&self) -> io::Result<(Vec<u8>, Address)> {
        let own = &self.0;
        if let Some(number) = own.error.take() {
            return Err(errno::error(number));
        }
        let next = own.inbox.borrow_mut().pop_front().ok_or(io::ErrorKind::WouldBlock)?;
        own.pending.set(own.pending.get() - next.0.len());
        let senders = own.senders.take();
        senders.iter().filter_map(Weak::upgrade).for_each(|sender| sender.announcer.announce_writable());
        Ok(next)
    }

    fn sockname(&self) -> Address {
        self.0.address.borrow().clone()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?} on {}>", self.0.address.borrow(), self.0.host.name)
    }
}
