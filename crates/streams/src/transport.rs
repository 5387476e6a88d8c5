//! `Transport`: moves the bytes of a connection, and never waits.
//!
//! The core idea: every operation is an attempt. `WouldBlock` means "wait for the registration and try again". So
//! everything above (buffers, limits, waiting, cancelling) is written once, in `connection` and `reader`. A plain
//! descriptor is one transport; a layer such as TLS is another, made around one.

use std::cell::Cell;
use std::fmt;
use std::io::{self, IoSlice};

use asyncio_runtime::io::Registration;

use crate::address::Address;
use crate::buffer::Buffer;
use crate::system::Descriptor;

pub(crate) trait Transport: fmt::Debug {
    /// The registration whose readiness is waited for.
    fn registration(&self) -> &Registration;

    /// The descriptor, a socket or one end of a pipe; `None` for what is in memory.
    fn descriptor(&self) -> Option<Descriptor<'_>> {
        None
    }

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
