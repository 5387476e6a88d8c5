//! `Transport`: moves the bytes of a connection, and never waits.
//!
//! The core idea: every operation is an attempt. `WouldBlock` means "wait for the registration and try again". So
//! everything above (buffers, limits, waiting, cancelling) is written once, in `connection` and `reader`. A plain
//! descriptor is one transport; a layer such as TLS is another, made around one.

use std::cell::Cell;
use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use asyncio_runtime::io::{AsyncFd, Registration};
use rustix::buffer::spare_capacity;
use rustix::net::{RecvFlags, recv};
use socket2::Socket;

use crate::address::Address;
use crate::buffer::Buffer;

pub(crate) trait Transport: fmt::Debug {
    /// The registration whose readiness is waited for.
    fn registration(&self) -> &Registration;

    /// The descriptor, a socket or one end of a pipe; `None` for what is in memory.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;

    /// Reads some bytes; 0 at the end.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Like `try_read`, but into a buffer: all bytes that are there, up to `CHUNK`.
    fn try_receive(&self, buffer: &mut Buffer) -> io::Result<usize>;

    /// Takes some of the bytes to send them to the peer, and returns how many.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Like `try_write`, for several pieces.
    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_write(pieces.iter().find(|piece| !piece.is_empty()).map_or(&[], |piece| piece))
    }

    /// Sends the bytes that the transport has taken and still holds. `WouldBlock`: not all of them, try again when
    /// writable.
    fn try_flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Can the transport tell the peer that no more will come?
    fn can_write_eof(&self) -> bool {
        true
    }

    /// Tells the peer that no more will come. Called when everything is written and flushed.
    fn write_eof(&self) -> io::Result<()>;

    /// Is the peer told so by closing the connection, which goes in this direction only?
    fn is_closed_by_eof(&self) -> bool {
        false
    }

    /// Takes the received bytes that were not read out of the system. Closing a socket that still holds bytes resets the
    /// connection, and the peer loses what it has not read yet. (asyncio would have received the bytes in the background.)
    fn discard_unread(&self) {}

    /// Has the reading end of a pipe gone? `None` if that is not known without reading.
    fn reader_has_gone(&self) -> Option<bool> {
        None
    }

    /// Says goodbye before the connection is closed. Like `try_flush`, it may have to be called again.
    fn try_finish(&self) -> io::Result<Finish> {
        Ok(Finish::Done)
    }

    /// The limit in seconds for everything before the end, if there is one.
    fn shutdown_timeout(&self) -> Option<f64> {
        None
    }

    fn peername(&self) -> Address {
        Address::Unnamed
    }

    fn sockname(&self) -> Address {
        Address::Unnamed
    }
}

/// The number of bytes that are received at once.
pub(crate) const CHUNK: usize = 64 * 1024;

/// The number of chunks that are discarded at most when a connection is closed: a peer that sends without end is reset.
const DISCARDED: usize = 4;

/// Repeats an attempt to receive, which says how many bytes came and whether there may be more, up to a limit.
pub(crate) fn discard(receive: impl Fn() -> io::Result<(usize, bool)>) {
    let _ = (0..DISCARDED).take_while(|_| matches!(receive(), Ok((1.., true)))).count();
}

/// Lends memory to receive into, empty and with room for `CHUNK`. The callee may keep it. So a connection that waits
/// needs no memory of its own.
pub(crate) fn with_scratch<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    thread_local! {
        static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // Taken out, because a layer receives from the transport below, which then makes its own. So does a connection that
    // is closed while its thread ends.
    let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
    scratch.clear();
    scratch.reserve_exact(CHUNK);
    let result = f(&mut scratch);
    let _ = SCRATCH.try_with(|place| place.set(scratch));
    result
}

/// The remaining step before a connection is closed.
#[derive(Debug)]
pub(crate) enum Finish {
    Done,
    /// Try again when the peer has sent something.
    WhenReadable,
    /// After our goodbye the peer has sent something other than its own.
    Unheard(io::Error),
}

/// Sends small writes at once, as asyncio does: a request must not wait for more to be sent. Only TCP needs to be told.
pub(crate) fn send_at_once(socket: &Socket) {
    let _ = socket.set_tcp_nodelay(true);
}

impl Transport for AsyncFd<Socket> {
    fn registration(&self) -> &Registration {
        self.registration()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.as_fd())
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        read(self, |mut socket| socket.read(buffer), wanted)
    }

    fn try_receive(&self, buffer: &mut Buffer) -> io::Result<usize> {
        receive(self, buffer, CHUNK, |socket, scratch| Ok(recv(socket, spare_capacity(scratch), RecvFlags::empty())?.0))
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        write(self, |mut socket| socket.write(bytes), bytes.len())
    }

    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let wanted = pieces.iter().map(|piece| piece.len()).sum();
        write(self, |mut socket| socket.write_vectored(pieces), wanted)
    }

    fn write_eof(&self) -> io::Result<()> {
        match self.get_ref().shutdown(Shutdown::Write) {
            // The peer has disconnected already; the next read or write returns that.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            told => told,
        }
    }

    fn discard_unread(&self) {
        discard(|| {
            let received = with_scratch(|scratch| {
                self.try_read_with(|socket| Ok(recv(socket, spare_capacity(scratch), RecvFlags::DONTWAIT)?.0))
            });
            Ok((received?, self.registration().is_readable()))
        });
    }

    fn peername(&self) -> Address {
        self.get_ref().peer_addr().map_or(Address::Unnamed, |address| Address::from(&address))
    }

    fn sockname(&self) -> Address {
        self.get_ref().local_addr().map_or(Address::Unnamed, |address| Address::from(&address))
    }
}

/// One read. If it returns less than it `wanted`, nothing more is there for now, which is noted.
pub(crate) fn read<T: AsFd>(
    io: &AsyncFd<T>,
    operation: impl FnOnce(&T) -> io::Result<usize>,
    wanted: usize,
) -> io::Result<usize> {
    let n = io.try_read_with(operation)?;
    if 0 < n && n < wanted {
        io.short_read();
    }
    Ok(n)
}

/// Like `read`, through the scratch memory.
pub(crate) fn receive<T: AsFd>(
    io: &AsyncFd<T>,
    buffer: &mut Buffer,
    wanted: usize,
    operation: impl FnOnce(&T, &mut Vec<u8>) -> io::Result<usize>,
) -> io::Result<usize> {
    let receive = |io: &T| {
        with_scratch(|scratch| {
            let n = operation(io, scratch)?;
            buffer.put(scratch);
            Ok(n)
        })
    };
    read(io, receive, wanted)
}

pub(crate) fn write<T: AsFd>(
    io: &AsyncFd<T>,
    operation: impl FnOnce(&T) -> io::Result<usize>,
    wanted: usize,
) -> io::Result<usize> {
    let n = io.try_write_with(operation)?;
    if n < wanted {
        io.short_write();
    }
    Ok(n)
}
