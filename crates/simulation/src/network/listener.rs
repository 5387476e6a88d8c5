//! `Listener`: accepts connections, and how a connection is made.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::{Rc, Weak};

use asyncio_runtime::io::Announcer;
use asyncio_streams::{Address, NetworkListener, NetworkStream, errno};

use super::host::{Bound, Host};
use super::shared::{Shared, after};
use super::stream::{End, Stream};
use crate::fault::Fault;

/// How often a request for a connection is repeated, with a pause that doubles each time: 127 seconds in all, as on Linux.
const REPEATS: u32 = 7;

pub(super) struct Listener {
    announcer: Announcer,
    address: Address,
    shares_port: bool,
    /// The length of the queue, once it listens.
    backlog: Cell<Option<usize>>,
    queue: RefCell<VecDeque<Stream>>,
    /// The clients for which the queue has no room yet.
    outside: RefCell<VecDeque<Weak<End>>>,
}

impl Listener {
    pub(super) fn new(host: &Rc<Host>, at: &Address, reuse_port: bool) -> io::Result<Rc<Self>> {
        let listener = Rc::new(Self {
            announcer: Announcer::new(),
            address: host.bind(&host.listeners, at, reuse_port)?,
            shares_port: reuse_port,
            backlog: Cell::new(None),
            queue: RefCell::default(),
            outside: RefCell::default(),
        });
        host.listeners.borrow_mut().push(Rc::downgrade(&listener));
        Ok(listener)
    }

    /// Accepts no more connections. Waiting clients are not told.
    pub(super) fn forget(&self) {
        self.backlog.set(None);
        let queue = self.queue.take();
        queue.iter().for_each(|stream| stream.0.close(true));
        self.outside.take();
    }

    fn has_place(&self) -> bool {
        self.backlog.get().is_some_and(|backlog| self.queue.borrow().len() <= backlog)
    }

    /// Puts a client into the queue, or lets it wait outside.
    fn admit(&self, host: &Rc<Host>, client: &Rc<End>) {
        if !self.has_place() {
            return self.outside.borrow_mut().push_back(Rc::downgrade(client));
        }
        let server = End::answer(client, host, client.peername.clone());
        self.queue.borrow_mut().push_back(Stream(server));
        self.announcer.announce_readable();
        let delay = if client.peername.as_socket().is_some() { client.shared.delay() } else { 0.0 };
        if delay > 0.0 {
            let client = Rc::clone(client);
            after(delay, move || client.establish());
        } else {
            client.establish();
        }
    }
}

/// Asks for a connection.
pub(super) fn connect(client: Rc<End>) {
    if client.peername.as_socket().is_none() {
        return request(&client, 0);
    }
    let delay = client.shared.delay();
    match client.shared.faults.get().draw(Fault::Connect, 4) {
        1 => client.fail(errno::ECONNREFUSED),
        2 => after(delay + 3.0, move || request(&client, 0)),
        3 => after(127.0, move || client.fail(errno::ETIMEDOUT)),
        _ if delay > 0.0 => after(delay, move || request(&client, 0)),
        _ => request(&client, 0),
    }
}

fn request(client: &Rc<End>, repeats: u32) {
    if !client.is_wanted() {
        return;
    }
    let shared = &client.shared;
    let host = match client.peername.as_socket() {
        Some(to) => shared.host_at(&client.host, to.ip()),
        None => Some(Rc::clone(&client.host)),
    };
    let Some(host) = host else { return client.fail(errno::EHOSTUNREACH) };
    shared.may_part(&client.host, &host);
    if !shared.is_open(&client.host, &host) {
        let again = Rc::clone(client);
        return after(f64::from(1 << repeats), move || {
            if repeats + 1 < REPEATS { request(&again, repeats + 1) } else { again.fail(errno::ETIMEDOUT) }
        });
    }
    let is_unix = client.peername.as_socket().is_none();
    match host.find(&host.listeners, &client.peername) {
        Some(listener) if listener.backlog.get().is_some() => listener.admit(&host, client),
        None if is_unix && matches!(client.peername, Address::Unix(_)) => client.fail(errno::ENOENT),
        _ => client.fail(errno::ECONNREFUSED),
    }
}

impl Bound for Listener {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn shares_port(&self) -> bool {
        self.shares_port
    }
}

/// A listener in the hands of its program: dropping it closes the listener.
pub(super) struct Listening {
    pub(super) listener: Rc<Listener>,
    pub(super) host: Rc<Host>,
}

impl NetworkListener for Listening {
    fn announcer(&self) -> &Announcer {
        &self.listener.announcer
    }

    fn listen(&self, backlog: usize) -> io::Result<()> {
        self.listener.backlog.set(Some(backlog));
        Ok(())
    }

    fn accept(&self) -> io::Result<Box<dyn NetworkStream>> {
        let listener = &self.listener;
        let stream = listener.queue.borrow_mut().pop_front().ok_or(io::ErrorKind::WouldBlock)?;
        while listener.has_place() {
            let next = listener.outside.borrow_mut().pop_front();
            let Some(next) = next else { break };
            if let Some(client) = next.upgrade().filter(|client| client.is_wanted()) {
                listener.admit(&self.host, &client);
            }
        }
        Ok(Box::new(stream))
    }

    fn sockname(&self) -> Address {
        self.listener.address.clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let outside = self.listener.outside.take();
        let refuse = |client: Rc<End>| client.fail(errno::ECONNREFUSED);
        outside.iter().filter_map(Weak::upgrade).for_each(refuse);
        // Clients that wait to be accepted are reset, or read the end.
        let queue = self.listener.queue.take();
        queue.iter().for_each(|stream| stream.0.refuse());
    }
}

impl Shared {
    pub(super) fn connect(self: &Rc<Self>, host: &Rc<Host>, from: Address, to: &Address) -> Stream {
        let client = End::new(self, host, from, to.clone());
        connect(Rc::clone(&client));
        Stream(client)
    }
}
