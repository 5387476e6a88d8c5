//! `Tls`: a transport that encrypts the bytes it passes to another transport.
//!
//! The core idea: rustls is given received bytes and asked for bytes to send. When to do either follows from the
//! attempts of which a `Transport` consists. Each attempt advances the handshake as far as possible.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufRead, IoSlice, Write};
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use asyncio_runtime::io::Registration;
use rustls::Connection as Session;

use super::error::SSLError;
use super::object::SSLObject;
use crate::address::Address;
use crate::buffer::Buffer;
use crate::error::is_not_now;
use crate::transport::{self, CHUNK, Finish, Transport};

/// The number of times that received bytes are discarded when a connection is closed.
const DISCARDS: usize = 16;

pub(super) struct Tls {
    under: Rc<dyn Transport>,
    state: RefCell<TlsState>,
    ignore_unexpected_eof: bool,
    /// The limit in seconds for sending the rest, saying goodbye and receiving the peer's.
    shutdown_timeout: f64,
}

struct TlsState {
    session: Box<Session>,
    /// Received bytes that rustls has not taken yet.
    received: Buffer,
    /// An error that occurred while there was something else to return first.
    error: Option<io::Error>,
    said_goodbye: bool,
    heard_goodbye: bool,
}

/// The next need of the handshake.
pub(super) enum Handshake {
    Done(SSLObject),
    Readable,
    Writable,
}

impl Tls {
    pub(super) fn new(
        under: Rc<dyn Transport>,
        session: Session,
        received: Buffer,
        shutdown_timeout: f64,
        ignore_unexpected_eof: bool,
    ) -> Self {
        let mut session = Box::new(session);
        // All bytes written before the end of the handshake are taken: nothing could report room yet.
        session.set_buffer_limit(None);
        let state = TlsState { session, received, error: None, said_goodbye: false, heard_goodbye: false };
        Self { under, state: RefCell::new(state), ignore_unexpected_eof, shutdown_timeout }
    }

    /// Advances the handshake until it would have to wait.
    pub(super) fn try_handshake(&self) -> io::Result<Handshake> {
        let state = &mut *self.state.borrow_mut();
        loop {
            match self.send(state) {
                Err(error) if is_not_now(&error) => return Ok(Handshake::Writable),
                sent => sent?,
            }
            if !state.session.is_handshaking() {
                state.session.set_buffer_limit(Some(CHUNK));
                return Ok(Handshake::Done(SSLObject::of(&state.session)));
            }
            match self.receive(state) {
                Ok(0) => {
                    let message = "the peer closed the connection during the SSL handshake";
                    return Err(io::Error::new(io::ErrorKind::ConnectionReset, message));
                }
                Ok(_) => {}
                Err(error) if is_not_now(&error) => return Ok(Handshake::Readable),
                // The error came after the handshake, together with its end.
                Err(error) if !state.session.is_handshaking() => state.error = Some(error),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends the encrypted bytes. `WouldBlock`: not all of them.
    fn send(&self, state: &mut TlsState) -> io::Result<()> {
        while state.session.wants_write() {
            state.session.write_tls(&mut Under(&*self.under))?;
        }
        Ok(())
    }

    /// Gives rustls more of the received bytes; returns 0 at the end of the connection.
    fn receive(&self, state: &mut TlsState) -> io::Result<usize> {
        let TlsState { session, received, .. } = state;
        let n = if received.is_empty() {
            with_scratch(|scratch| {
                let n = self.under.try_read(scratch)?;
                let taken = decrypt(session, &scratch[..n]);
                received.extend(&scratch[*taken.as_ref().unwrap_or(&n)..n]);
                taken.map(|_| n)
            })
        } else {
            let taken = decrypt(session, received.as_slice());
            received.consume(*taken.as_ref().unwrap_or(&received.len()));
            taken
        };
        // The answer of rustls, for example an alert. If it cannot be sent now, it is sent before the next write.
        match (n, self.send(state)) {
            (Ok(_), Err(error)) if !is_not_now(&error) => Err(error),
            (n, _) => n,
        }
    }

    /// Passes the data that is there to `take`, at most `most` bytes, or notes the end.
    fn read(&self, state: &mut TlsState, most: usize, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
        let mut n = 0;
        loop {
            let mut reader = state.session.reader();
            let error = match reader.fill_buf() {
                Ok([]) => return Ok(n),
                Ok(data) => {
                    let data = &data[..data.len().min(most - n)];
                    let more = data.len();
                    take(data);
                    reader.consume(more);
                    n += more;
                    if n == most {
                        return Ok(n);
                    }
                    continue;
                }
                // The error is returned after all valid data.
                Err(error) if is_not_now(&error) => match state.error.take() {
                    Some(wrong) => wrong,
                    None => match self.receive(state) {
                        Ok(_) => continue,
                        Err(error) if is_not_now(&error) => error,
                        Err(error) => {
                            state.error = Some(error);
                            continue;
                        }
                    },
                },
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    if self.ignore_unexpected_eof {
                        return Ok(n);
                    }
                    SSLError::unexpected_eof().into_io()
                }
                Err(error) => error,
            };
            if n == 0 {
                return Err(error);
            }
            if !is_not_now(&error) {
                state.error = Some(error);
            }
            return Ok(n);
        }
    }
}

/// The end of a connection.
impl Tls {
    /// Discards received bytes, a limited number of times.
    fn discard(&self, state: &mut TlsState) -> io::Result<()> {
        for _ in 0..DISCARDS {
            match self.read_at_end(state) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if is_not_now(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads and discards bytes. Returns 0 when the peer has said goodbye, or has disconnected without.
    fn read_at_end(&self, state: &mut TlsState) -> io::Result<usize> {
        let read = match self.read(state, CHUNK, |_| ()) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        };
        state.heard_goodbye |= matches!(read, Ok(0));
        read
    }
}

/// Gives rustls as many of the bytes as it takes at once, at least a record if there is one, and returns how many. No
/// bytes mean the end.
fn decrypt(session: &mut Session, bytes: &[u8]) -> io::Result<usize> {
    let mut rest = bytes;
    loop {
        session.read_tls(&mut rest)?;
        session.process_new_packets().map_err(|error| SSLError::from(error).into_io())?;
        if rest.is_empty() || !session.wants_read() {
            return Ok(bytes.len() - rest.len());
        }
    }
}

/// Lends memory to receive into. That of `reader` is in use by the code that reads through this transport.
fn with_scratch<R>(f: impl FnOnce(&mut [u8]) -> R) -> R {
    thread_local! {
        static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // Taken out: TLS over TLS makes its own, and so does a connection that is closed while its thread ends.
    let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
    scratch.resize(CHUNK, 0);
    let result = f(&mut scratch);
    let _ = SCRATCH.try_with(|place| place.set(scratch));
    result
}

impl Transport for Tls {
    fn registration(&self) -> &Registration {
        self.under.registration()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.under.descriptor()
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (most, mut rest) = (buffer.len(), buffer);
        self.read(&mut self.state.borrow_mut(), most, |data| {
            let (place, after) = std::mem::take(&mut rest).split_at_mut(data.len());
            place.copy_from_slice(data);
            rest = after;
        })
    }

    fn try_receive(&self, buffer: &mut Buffer) -> io::Result<usize> {
        transport::with_scratch(|scratch| {
            let n = self.read(&mut self.state.borrow_mut(), CHUNK, |data| scratch.extend_from_slice(data))?;
            buffer.put(scratch);
            Ok(n)
        })
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let state = &mut *self.state.borrow_mut();
        let mut taken = 0;
        while taken < bytes.len() {
            let n = state.session.writer().write(&bytes[taken..])?;
            taken += n;
            match self.send(state) {
                Err(error) if is_not_now(&error) && taken > 0 => break,
                sent => sent?,
            }
        }
        Ok(taken)
    }

    fn try_flush(&self) -> io::Result<()> {
        self.send(&mut self.state.borrow_mut())
    }

    fn can_write_eof(&self) -> bool {
        false
    }

    fn write_eof(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Says goodbye and waits for the peer's goodbye, so that sent bytes are not lost when the connection is closed
    /// with unread data. Anything else that arrives ends the wait.
    fn try_finish(&self) -> io::Result<Finish> {
        let state = &mut *self.state.borrow_mut();
        if !state.session.is_handshaking() {
            if !state.said_goodbye {
                // The received bytes were sent before our goodbye, and no task will read them.
                self.discard(state)?;
                state.said_goodbye = true;
                state.session.send_close_notify();
            }
            self.send(state)?;
            if !state.heard_goodbye {
                match self.read_at_end(state) {
                    Ok(0) => {}
                    Ok(_) => return Ok(Finish::Unheard(SSLError::data_after_goodbye().into_io())),
                    Err(error) if is_not_now(&error) => return Ok(Finish::WhenReadable),
                    Err(error) => return Err(error),
                }
            }
        }
        self.under.try_finish()
    }

    fn shutdown_timeout(&self) -> Option<f64> {
        Some(self.shutdown_timeout)
    }

    fn peername(&self) -> Address {
        self.under.peername()
    }

    fn sockname(&self) -> Address {
        self.under.sockname()
    }
}

/// The transport below, as rustls writes to it.
struct Under<'a>(&'a dyn Transport);

impl Write for Under<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.try_flush()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Tls over {:?}>", self.under)
    }
}
