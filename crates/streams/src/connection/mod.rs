//! `Connection`: the state that the reader and the writer of one connection share.
//!
//! The core idea is that of asyncio's transports: a write is tried at once, and bytes that do not fit are kept and
//! written by the loop when there is room, without a task. Reading is not done here, because a reader receives only
//! when a read asks for bytes; that alone keeps a peer from filling our memory.
//!
//! A connection is *open*, then *closing* (nothing more is read, the kept bytes are still written), then *lost*. The
//! descriptor is closed when the connection is lost.

mod goodbye;
mod handle;
mod idle;
mod unclosed;
mod waiting;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::io;
use std::rc::Rc;
use std::task::Waker;

use asyncio_runtime::io::Registration;
use asyncio_runtime::{Error, ExceptionContext, Result, RuntimeError, TimerHandle, WaitQueue, get_running_loop};

use crate::address::Address;
use crate::buffer::Buffer;
use crate::error::is_not_now;
use crate::transport::{Finish, Transport};
pub(crate) use handle::ConnectionHandle;
use idle::Idle;
use unclosed::Unclosed;

/// The number of bytes that may be kept before `drain` waits.
const HIGH_WATER: usize = 64 * 1024;

/// The number of writes that may be lost without a warning.
const LOST_WRITES: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Open,
    Closing,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eof {
    No,
    /// As soon as the kept bytes are written.
    Wanted,
    Written,
}

pub(crate) struct Connection {
    /// `Some` until the connection is lost.
    transport: RefCell<Option<Rc<dyn Transport>>>,
    /// The registration whose readiness is waited for, whatever layers lie over the first transport.
    registration: Registration,
    /// Is there a layer over the first transport?
    layered: Cell<bool>,
    phase: Cell<Phase>,
    /// The error that broke the connection, if one did.
    error: RefCell<Option<Error>>,
    /// Received bytes that were not read yet. They belong to the reader, but a layer that is put over the transport
    /// begins with them.
    unread: RefCell<Buffer>,
    /// The reader is lending `unread` to a caller of `poll_fill_buf`.
    shown: Cell<bool>,
    /// Bytes that are still to be written.
    kept: RefCell<Buffer>,
    eof: Cell<Eof>,
    /// Is a call of `flush` scheduled?
    flush_comes: Cell<bool>,
    /// Have more than `high` bytes been kept, and not as few as `low` since?
    paused: Cell<bool>,
    high: Cell<usize>,
    low: Cell<usize>,
    lost_writes: Cell<u32>,
    /// The number of readers and writers. Dropping the last one closes the connection.
    handles: Cell<usize>,
    draining: OnceCell<WaitQueue>,
    closing: OnceCell<WaitQueue>,
    /// The wakers of `poll` functions that wait for any progress.
    wakers: RefCell<Vec<Waker>>,
    peername: Address,
    sockname: OnceCell<Address>,
    /// The information of a layer over the first transport.
    extra: OnceCell<Rc<dyn Any>>,
    /// Was the connection accepted by a server?
    server_side: Cell<bool>,
    /// The timer that ends the connection if its goodbye takes too long.
    goodbye: Cell<Option<TimerHandle>>,
    idle: Idle,
    unclosed: Unclosed,
    on_lost: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Connection {
    /// Makes a connection over a transport, and its first handle.
    pub(crate) fn over(transport: Rc<dyn Transport>, peername: Option<Address>) -> ConnectionHandle {
        let peername = peername.unwrap_or_else(|| transport.peername());
        ConnectionHandle(Rc::new(Self {
            registration: transport.registration().clone(),
            transport: RefCell::new(Some(transport)),
            layered: Cell::new(false),
            phase: Cell::new(Phase::Open),
            error: RefCell::default(),
            unread: RefCell::default(),
            shown: Cell::new(false),
            kept: RefCell::default(),
            eof: Cell::new(Eof::No),
            flush_comes: Cell::new(false),
            paused: Cell::new(false),
            high: Cell::new(HIGH_WATER),
            low: Cell::new(HIGH_WATER / 4),
            lost_writes: Cell::new(0),
            handles: Cell::new(1),
            draining: OnceCell::new(),
            closing: OnceCell::new(),
            wakers: RefCell::default(),
            peername,
            sockname: OnceCell::new(),
            extra: OnceCell::new(),
            server_side: Cell::new(false),
            goodbye: Cell::default(),
            idle: Idle::default(),
            unclosed: Unclosed::default(),
            on_lost: Cell::default(),
        }))
    }

    /// The transport, until the connection is lost. Do not hold it over a wait: it would keep the descriptor open.
    pub(crate) fn transport(&self) -> Option<Rc<dyn Transport>> {
        self.transport.borrow().clone()
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// The error that breaks the connection, also if it is not lost yet.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.error.borrow().clone()
    }

    /// The error that broke the connection, if one did.
    pub(crate) fn error(&self) -> Option<Error> {
        if self.phase.get() == Phase::Lost { self.error.borrow().clone() } else { None }
    }

    pub(crate) fn peername(&self) -> &Address {
        &self.peername
    }

    pub(crate) fn sockname(&self) -> &Address {
        self.sockname.get_or_init(|| self.transport().map_or(Address::Unnamed, |transport| transport.sockname()))
    }

    #[inline]
    pub(crate) fn unread(&self) -> &RefCell<Buffer> {
        &self.unread
    }

    pub(crate) fn set_shown(&self, shown: bool) {
        self.shown.set(shown);
    }

    pub(crate) fn set_server_side(&self) {
        self.server_side.set(true);
    }

    /// Calls `f` when the connection is lost.
    pub(crate) fn on_lost(&self, f: impl FnOnce() + 'static) {
        self.on_lost.set(Some(Box::new(f)));
    }

    /// May an attempt to receive succeed although the descriptor is not ready? A layer may hold bytes, and a connection
    /// that we have closed is at its end.
    #[inline]
    pub(crate) fn may_give_at_once(&self) -> bool {
        self.layered.get() || self.phase.get() != Phase::Open
    }

    /// One attempt to receive. A connection that we have closed is at its end.
    #[inline]
    pub(crate) fn receive(&self, read: impl FnOnce(&dyn Transport) -> io::Result<usize>) -> io::Result<usize> {
        if self.phase.get() != Phase::Open {
            return Ok(0);
        }
        let received = self.with_transport(read);
        if received.is_ok() {
            self.idle.note();
        }
        received
    }

    /// One attempt on an open connection, without counting a reference to the transport. Handle an error afterwards,
    /// because the end of the connection takes the transport out.
    #[inline]
    fn with_transport<R: Default>(&self, attempt: impl FnOnce(&dyn Transport) -> io::Result<R>) -> io::Result<R> {
        self.transport.borrow().as_deref().map_or(Ok(R::default()), attempt)
    }

    // Writing.

    pub(crate) fn write(self: &Rc<Self>, bytes: &[u8]) -> Result<(), RuntimeError> {
        if self.eof.get() != Eof::No {
            return Err(RuntimeError::new("Cannot call write() after write_eof()"));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let sent = if self.kept() > 0 {
            Ok(0)
        } else if self.phase.get() == Phase::Open {
            self.with_transport(|transport| transport.try_write(bytes))
        } else {
            self.note_lost_write();
            return Ok(());
        };
        if matches!(sent, Ok(1..)) {
            self.idle.note();
        }
        match sent {
            // Nothing is kept, so no task waits for room, and the end was not requested yet: no more to do.
            Ok(n) if n == bytes.len() => self.flush_layer(),
            Ok(n) => self.keep(&bytes[n..]),
            Err(error) if is_not_now(&error) => self.keep(bytes),
            Err(error) => self.fail(error.into()),
        }
        Ok(())
    }

    /// Makes a layer send the bytes that it holds.
    #[inline]
    fn flush_layer(self: &Rc<Self>) {
        if !self.layered.get() {
            return;
        }
        match self.with_transport(|transport| transport.try_flush()) {
            Ok(()) => {}
            Err(error) if is_not_now(&error) => self.flush_later(),
            Err(error) => self.fail(error.into()),
        }
    }

    /// Keeps bytes until there is room for them.
    fn keep(self: &Rc<Self>, bytes: &[u8]) {
        let mut kept = self.kept.borrow_mut();
        kept.extend(bytes);
        self.paused.set(self.paused.get() || kept.len() > self.high.get());
        drop(kept);
        self.flush_later();
    }

    fn note_lost_write(&self) {
        let lost = self.lost_writes.get();
        self.lost_writes.set(lost.saturating_add(1));
        if lost >= LOST_WRITES
            && let Ok(event_loop) = get_running_loop()
        {
            event_loop.call_exception_handler(&ExceptionContext::new("socket.send() raised exception."));
        }
    }

    /// Does the loop still have something to do for the peer?
    fn has_work(&self) -> bool {
        self.flush_comes.get() || !self.kept.borrow().is_empty()
    }

    fn flush_later(self: &Rc<Self>) {
        if self.flush_comes.replace(true) {
            return;
        }
        let connection = Rc::clone(self);
        let call = self.registration.call_when_writable(move || {
            connection.flush_comes.set(false);
            if let Some(transport) = connection.transport() {
                connection.flush(&transport);
            }
        });
        if let Err(error) = call {
            // No loop will ever write the bytes.
            self.fail(error);
        }
    }

    /// Writes as many of the kept bytes as possible now, and then does what had to wait for that.
    fn flush(self: &Rc<Self>, transport: &Rc<dyn Transport>) {
        let mut kept = self.kept.borrow_mut();
        if !kept.is_empty() {
            match transport.try_write(kept.as_slice()) {
                Ok(n) => {
                    kept.consume(n);
                    self.idle.note();
                }
                Err(error) if is_not_now(&error) => {}
                Err(error) => {
                    drop(kept);
                    return self.fail(error.into());
                }
            }
        }
        let left = kept.len();
        drop(kept);
        if self.paused.get() && left <= self.low.get() {
            self.paused.set(false);
            self.draining.get().map(WaitQueue::wake_all);
        }
        self.wake_polls();
        if left > 0 {
            return self.flush_later();
        }
        let close = self.phase.get() == Phase::Closing;
        let finished = transport.try_flush().and_then(|()| {
            if self.eof.get() == Eof::Wanted {
                transport.write_eof()?;
                self.eof.set(Eof::Written);
            }
            if close { transport.try_finish() } else { Ok(Finish::Done) }
        });
        match finished {
            Ok(finish) if close => {
                self.phase.set(Phase::Closing);
                match finish {
                    Finish::Done => self.lose_soon(),
                    Finish::WhenReadable => self.finish_later(),
                    Finish::Unheard(error) => self.end_unheard(transport, error),
                }
            }
            Ok(_) => {}
            Err(error) if is_not_now(&error) => self.flush_later(),
            Err(error) => self.fail(error.into()),
        }
    }

    pub(crate) fn can_write_eof(&self) -> bool {
        self.transport().is_some_and(|transport| transport.can_write_eof())
    }

    pub(crate) fn write_eof(self: &Rc<Self>) -> Result<(), RuntimeError> {
        if self.phase.get() != Phase::Open || self.eof.get() != Eof::No {
            return Ok(());
        }
        let Some(transport) = self.transport() else { return Ok(()) };
        if !transport.can_write_eof() {
            return Err(RuntimeError::new("this connection cannot be closed in one direction only"));
        }
        self.eof.set(Eof::Wanted);
        if transport.is_closed_by_eof() {
            self.close();
        } else if !self.has_work() {
            self.flush(&transport);
        }
        Ok(())
    }

    // What is kept.

    pub(crate) fn set_limits(&self, high: usize, low: usize) {
        self.high.set(high);
        self.low.set(low);
        let kept = self.kept.borrow().len();
        self.paused.set(self.paused.get() || kept > high);
    }

    pub(crate) fn limits(&self) -> (usize, usize) {
        (self.low.get(), self.high.get())
    }

    pub(crate) fn kept(&self) -> usize {
        self.kept.borrow().len()
    }

    // The end.

    /// Closes the connection once everything is written.
    pub(crate) fn close(self: &Rc<Self>) {
        if self.phase.get() != Phase::Open {
            return;
        }
        self.phase.set(Phase::Closing);
        self.limit_goodbye();
        if !self.has_work()
            && let Some(transport) = self.transport()
        {
            self.flush(&transport);
        }
    }

    /// Closes the connection now; the kept bytes are not written.
    pub(crate) fn abort(self: &Rc<Self>) {
        self.kept.borrow_mut().clear();
        self.phase.set(self.phase.get().max(Phase::Closing));
        self.lose_soon();
    }

    /// Records that the connection is broken.
    pub(crate) fn fail(self: &Rc<Self>, error: Error) {
        if self.phase.get() != Phase::Lost {
            self.error.borrow_mut().get_or_insert(error);
            self.abort();
        }
    }

    /// Loses the connection in the next iteration, as asyncio does, or at once if there is no loop.
    fn lose_soon(self: &Rc<Self>) {
        let connection = Rc::clone(self);
        let soon = get_running_loop().and_then(|event_loop| event_loop.call_soon(move || connection.lose()));
        if soon.is_err() {
            self.lose();
        }
    }

    fn lose(&self) {
        if self.phase.replace(Phase::Lost) == Phase::Lost {
            return;
        }
        self.kept.borrow_mut().clear();
        if let Some(timer) = self.goodbye.take() {
            timer.cancel();
        }
        self.idle.stop();
        // Recorded now: after the descriptor is closed the system cannot be asked.
        self.sockname();
        let transport = self.transport.take();
        if let Some(transport) = &transport
            && self.registration.is_readable()
        {
            transport.discard_unread();
        }
        // Closes the descriptor, which wakes the tasks that wait for it.
        drop(transport);
        self.draining.get().map(WaitQueue::wake_all);
        self.closing.get().map(WaitQueue::wake_all);
        self.wake_polls();
        if let Some(on_lost) = self.on_lost.take() {
            on_lost();
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.phase.get() {
            Phase::Open => "",
            Phase::Closing => " closing",
            Phase::Lost => " closed",
        };
        write!(f, "<Connection{state}")?;
        if self.peername != Address::Unnamed {
            write!(f, " peername={:?}", self.peername)?;
        }
        if self.kept() > 0 {
            write!(f, " bufsize={}", self.kept())?;
        }
        f.write_str(">")
    }
}

/// For layers over the first transport.
impl Connection {
    /// Takes the received bytes that were not read yet: they belong to the layer. `None` while the reader is lending
    /// them.
    pub(crate) fn take_unread(&self) -> Option<Buffer> {
        if self.shown.get() { None } else { Some(self.unread.take()) }
    }

    pub(crate) fn replace_transport(&self, transport: Rc<dyn Transport>) {
        self.transport.replace(Some(transport));
        self.layered.set(true);
    }

    pub(crate) fn is_server_side(&self) -> bool {
        self.server_side.get()
    }

    pub(crate) fn set_extra(&self, extra: Rc<dyn Any>) {
        let _ = self.extra.set(extra);
    }

    pub(crate) fn extra(&self) -> Option<Rc<dyn Any>> {
        self.extra.get().cloned()
    }
}
