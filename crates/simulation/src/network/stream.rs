//! `End`: one end of a TCP or Unix connection, and the bytes on their way to it.
//!
//! The core idea: segments on their way belong to the receiving end, as a queue with a timer for each. When a timer fires, the
//! oldest segment arrives, so bytes never overtake each other, however late they are. While the machines cannot reach each other,
//! segments wait in the queue, as if they were sent again and again. An end that its program has closed exists as long as the
//! other end sends to it, and answers with resets. Closing works as on Linux: the tests compare it with real sockets.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};

use asyncio_runtime::io::Announcer;
use asyncio_streams::{Address, NetworkStream, errno};

use super::host::Host;
use super::shared::{Shared, after, now};
use crate::fault::Fault;

/// The time after which bytes that do not arrive break the connection, in seconds: Linux's default.
const GIVE_UP: f64 = 924.0;

/// The pause until a connection has room again, if it is full because of a fault.
const FULL: f64 = 0.05;

pub(super) struct End {
    pub(super) shared: Rc<Shared>,
    pub(super) host: Rc<Host>,
    /// The life of the host in which it was made.
    life: u64,
    pub(super) announcer: Announcer,
    pub(super) sockname: Address,
    pub(super) peername: Address,
    state: Cell<EndState>,
    /// Has the program been told that it must wait for the connection? The system says so once, too.
    asked: Cell<bool>,
    /// The other end, as long as there is anything to send.
    peer: RefCell<Option<Rc<End>>>,
    /// The other end, to answer.
    back: RefCell<Weak<End>>,

    coming: RefCell<VecDeque<Segment>>,
    /// How many of these segments have been on their way long enough.
    due: Cell<usize>,
    arrived: Cell<u64>,
    /// When the last of them arrives.
    last_arrival: Cell<f64>,
    inbox: RefCell<VecDeque<u8>>,
    /// The number of bytes in both.
    pending: Cell<usize>,

    /// The peer has sent the end of the stream.
    ended: Cell<bool>,
    /// We have.
    shut: Cell<bool>,
    /// The program has closed it.
    closed: Cell<bool>,
    broken: Cell<bool>,
    /// The error of the connection, which the program gets once.
    error: Cell<Option<i32>>,

    /// When the last bytes have been handed to the wire.
    sent_at: Cell<f64>,
    /// A write found no room.
    waits_for_room: Cell<bool>,
    /// There is no room for a while, even if bytes are read.
    full: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EndState {
    Connecting,
    Open,
    Failed(i32),
}

enum Segment {
    Bytes(Vec<u8>),
    End,
    Reset,
}

impl End {
    pub(super) fn new(shared: &Rc<Shared>, host: &Rc<Host>, sockname: Address, peername: Address) -> Rc<Self> {
        let end = Rc::new(Self {
            shared: Rc::clone(shared),
            host: Rc::clone(host),
            life: host.life.get(),
            announcer: Announcer::new(),
            sockname,
            peername,
            state: Cell::new(EndState::Connecting),
            asked: Cell::new(false),
            peer: RefCell::default(),
            back: RefCell::default(),
            coming: RefCell::default(),
            due: Cell::new(0),
            arrived: Cell::new(0),
            last_arrival: Cell::new(0.0),
            inbox: RefCell::default(),
            pending: Cell::new(0),
            ended: Cell::new(false),
            shut: Cell::new(false),
            closed: Cell::new(false),
            broken: Cell::new(false),
            error: Cell::new(None),
            sent_at: Cell::new(0.0),
            waits_for_room: Cell::new(false),
            full: Cell::new(false),
        });
        host.ends.borrow_mut().push(Rc::downgrade(&end));
        end
    }

    /// The server's end for the end of a connecting client.
    pub(super) fn answer(client: &Rc<Self>, host: &Rc<Host>, sockname: Address) -> Rc<Self> {
        let server = Self::new(&client.shared, host, sockname, client.sockname.clone());
        server.state.set(EndState::Open);
        for (one, other) in [(&server, client), (client, &server)] {
            one.peer.replace(Some(Rc::clone(other)));
            one.back.replace(Rc::downgrade(other));
        }
        server
    }

    /// The connection is made.
    pub(super) fn establish(&self) {
        if self.state.get() == EndState::Connecting {
            self.state.set(EndState::Open);
            self.announcer.announce_writable();
        }
    }

    /// Fails the attempt to connect.
    pub(super) fn fail(&self, number: i32) {
        self.state.set(EndState::Failed(number));
        self.announcer.announce_writable();
    }

    /// Is the program still interested, and its machine alive?
    pub(super) fn is_wanted(&self) -> bool {
        !self.closed.get() && self.life == self.host.life.get()
    }

    fn is_unix(&self) -> bool {
        self.peername.as_socket().is_none() && self.sockname.as_socket().is_none()
    }

    // Sending.

    /// Sends a segment to the other end.
    fn transmit(&self, segment: Segment) {
        let Some(peer) = self.peer.borrow().clone().or_else(|| self.back.borrow().upgrade()) else { return };
        let (shared, length) = (&self.shared, segment.len());
        if !self.is_unix() {
            shared.may_part(&self.host, &peer.host);
        }
        peer.pending.set(peer.pending.get() + length);
        if self.is_unix() {
            peer.coming.borrow_mut().push_back(segment);
            return peer.arrive();
        }
        let start = now();
        let sent_at = self.sent_at.get().max(start) + length as f64 / shared.bandwidth.get();
        self.sent_at.set(sent_at);
        let arrival = (sent_at + shared.delay()).max(peer.last_arrival.get());
        peer.last_arrival.set(arrival);
        peer.coming.borrow_mut().push_back(segment);
        if arrival <= start && peer.coming.borrow().len() == 1 {
            peer.arrive();
        } else {
            after(arrival - start, move || peer.arrive());
        }
        shared.may_crash(&self.host);
    }

    fn peer_host(&self) -> Rc<Host> {
        self.back.borrow().upgrade().map_or_else(|| Rc::clone(&self.host), |peer| Rc::clone(&peer.host))
    }

    fn room(&self) -> usize {
        let pending = self.peer.borrow().as_ref().map_or(0, |peer| peer.pending.get());
        if self.full.get() { 0 } else { self.shared.buffer.get().saturating_sub(pending) }
    }

    // Arriving.

    /// Notes that one more segment has been on its way long enough.
    fn arrive(self: &Rc<Self>) {
        self.due.set(self.due.get() + 1);
        self.deliver();
    }

    /// Delivers all segments that can arrive.
    pub(super) fn deliver(self: &Rc<Self>) {
        while self.due.get() > 0 {
            if !self.shared.is_open(&self.peer_host(), &self.host) {
                return self.give_up_later();
            }
            let Some(segment) = self.coming.borrow_mut().pop_front() else { return };
            self.due.set(self.due.get() - 1);
            self.arrived.set(self.arrived.get() + 1);
            self.take(segment);
        }
    }

    fn take(self: &Rc<Self>, segment: Segment) {
        let is_dead = !self.is_wanted() || self.broken.get();
        match segment {
            Segment::Bytes(bytes) if is_dead => {
                self.pending.set(self.pending.get() - bytes.len());
                if !self.broken.replace(true) || self.life != self.host.life.get() {
                    self.transmit(Segment::Reset);
                }
            }
            Segment::Bytes(bytes) => {
                self.inbox.borrow_mut().extend(bytes);
                self.announcer.announce_readable();
                self.shared.may_crash(&self.host);
            }
            Segment::End => {
                self.ended.set(true);
                self.announcer.announce_readable();
            }
            Segment::Reset => {
                self.break_off(if self.ended.get() && !self.is_unix() { errno::EPIPE } else { errno::ECONNRESET });
            }
        }
    }

    /// Ends the connection with an error.
    pub(super) fn break_off(&self, number: i32) {
        if !self.broken.replace(true) {
            self.error.set(Some(number));
            // Bytes that were sent and have not arrived are lost.
            self.peer.take();
            self.announcer.announce_readable();
            self.announcer.announce_writable();
        }
    }

    /// If the machines stay cut off, the other end, which has sent in vain, eventually gets an error.
    fn give_up_later(self: &Rc<Self>) {
        let (end, arrived) = (Rc::downgrade(self), self.arrived.get());
        after(GIVE_UP, move || {
            if let Some(end) = end.upgrade().filter(|end| end.due.get() > 0 && end.arrived.get() == arrived)
                && let Some(peer) = end.back.borrow().upgrade()
            {
                peer.break_off(errno::ETIMEDOUT);
            }
        });
    }

    fn take_error(&self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), |number| Err(errno::error(number)))
    }

    /// Closes this end for its program, or because its machine crashes; in that case the other end is told nothing.
    pub(super) fn close(&self, crashed: bool) {
        if self.closed.replace(true) || self.life != self.host.life.get() {
            return;
        }
        // First the waiters at this end are notified, then the other end, as with a descriptor.
        self.announcer.close();
        if !crashed && !self.broken.get() && self.state.get() == EndState::Open {
            if !self.inbox.borrow().is_empty() {
                self.transmit(Segment::Reset);
            } else if !self.shut.replace(true) {
                self.transmit(Segment::End);
            }
        }
        self.peer.take();
        self.pending.set(self.pending.get() - self.inbox.take().len());
        if crashed {
            self.broken.set(true);
        }
    }

    /// Refuses the connection, at the server.
    pub(super) fn refuse(&self) {
        if !self.broken.get() {
            self.shut.set(true);
            self.transmit(Segment::Reset);
        }
    }

    /// Breaks the connection at both ends.
    fn cut_short(&self) {
        let peer = self.back.borrow().upgrade();
        self.break_off(errno::ECONNRESET);
        if let Some(peer) = peer {
            peer.break_off(errno::ECONNRESET);
        }
    }
}

impl Segment {
    fn len(&self) -> usize {
        if let Self::Bytes(bytes) = self { bytes.len() } else { 0 }
    }
}

/// An end in the hands of its program: dropping it closes the end.
pub(super) struct Stream(pub(super) Rc<End>);

impl NetworkStream for Stream {
    fn announcer(&self) -> &Announcer {
        &self.0.announcer
    }

    fn connected(&self) -> io::Result<()> {
        let end = &self.0;
        match end.state.get() {
            _ if !end.is_unix() && !end.asked.replace(true) => Err(io::ErrorKind::WouldBlock.into()),
            EndState::Connecting => Err(io::ErrorKind::WouldBlock.into()),
            EndState::Open => Ok(()),
            EndState::Failed(number) => Err(errno::error(number)),
        }
    }

    fn receive(&self, most: usize) -> io::Result<Vec<u8>> {
        let end = &self.0;
        let there = end.inbox.borrow().len().min(most);
        if there == 0 {
            end.take_error()?;
            let over = end.ended.get() || end.broken.get();
            return if over { Ok(Vec::new()) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let n = match if there > 1 { end.shared.faults.get().draw(Fault::Split, 3) } else { 0 } {
            1 => 1,
            2 => there / 2,
            _ => there,
        };
        let bytes = end.inbox.borrow_mut().drain(..n).collect();
        end.pending.set(end.pending.get() - n);
        if let Some(peer) = end.back.borrow().upgrade()
            && peer.waits_for_room.get()
            && peer.room() >= end.shared.buffer.get() / 3
        {
            peer.waits_for_room.set(false);
            peer.announcer.announce_writable();
        }
        Ok(bytes)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let end = &self.0;
        if !end.is_unix() {
            // At a Unix socket only a read gets the error.
            end.take_error()?;
        }
        let is_gone = || end.is_unix() && end.peer.borrow().as_ref().is_none_or(|peer| peer.closed.get());
        if end.broken.get() || end.shut.get() || is_gone() {
            return Err(errno::error(errno::EPIPE));
        }
        if end.shared.faults.get().draw(Fault::Reset, 2) == 1 {
            end.cut_short();
            end.take_error()?;
        }
        let mut n = end.room().min(bytes.len());
        if n > 0 {
            n = match end.shared.faults.get().draw(Fault::Full, 4) {
                1 => 1,
                2 => n.div_ceil(2),
                3 => {
                    end.full.set(true);
                    let full = Rc::downgrade(end);
                    after(FULL, move || {
                        if let Some(end) = full.upgrade() {
                            end.full.set(false);
                            end.announcer.announce_writable();
                        }
                    });
                    0
                }
                _ => n,
            };
        }
        if n == 0 {
            end.waits_for_room.set(true);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        end.transmit(Segment::Bytes(bytes[..n].to_vec()));
        Ok(n)
    }

    fn shut_down(&self) -> io::Result<()> {
        let end = &self.0;
        if end.broken.get() {
            return Err(errno::error(errno::ENOTCONN));
        }
        if !end.shut.replace(true) {
            end.transmit(Segment::End);
        }
        Ok(())
    }

    fn peername(&self) -> Address {
        self.0.peername.clone()
    }

    fn sockname(&self) -> Address {
        self.0.sockname.clone()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.close(false);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?} to {:?} on {}>", self.0.sockname, self.0.peername, self.0.host.name)
    }
}
