//! `Pipe`: the transport over one end of a pipe, a terminal, a socket that is used in one direction, or a file.
//!
//! The core idea: the mode of a descriptor is not changed. *Non-blocking* is a property of the open file, which other
//! processes may share: if standard output were made non-blocking, the next `println!` could panic. On a blocking
//! descriptor the system is asked before each operation, and the operation is kept so small that it cannot block. A
//! regular file or `/dev/null`, for which the system has no events, is always ready.

use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use asyncio_runtime::io::{AsyncFd, Registration};
use asyncio_runtime::{Error, Result};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::transport::{read, receive, write};
use crate::buffer::Buffer;
use crate::transport::{CHUNK, Transport, with_scratch};

/// The number of bytes that can be written to a pipe that is ready.
const PIPE_ROOM: usize = 4096;
/// The same for a terminal.
const TERMINAL_ROOM: usize = 256;

#[derive(Debug)]
pub(crate) enum Pipe {
    Watched {
        io: AsyncFd<File>,
        manner: Manner,
        /// A terminal returns one line at a time, so a short read does not mean that there is no more.
        is_fifo: bool,
    },
    /// Always ready. The registration in the loop is that of an unused pipe.
    Ready { file: File, place: AsyncFd<PipeReader> },
}

/// How an operation is kept from blocking.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// The descriptor is non-blocking.
    NonBlocking,
    /// A flag of each operation, which sockets have.
    Socket,
    /// The system is asked before. At most `room` bytes are written then.
    Asked { room: usize },
}

impl Pipe {
    pub(crate) fn new(end: OwnedFd) -> Result<Self> {
        let kind = FileType::from_raw_mode(fstat(&end).map_err(io::Error::from)?.st_mode);
        let is_fifo = kind == FileType::Fifo;
        let manner = if fcntl_getfl(&end).map_err(io::Error::from)?.contains(OFlags::NONBLOCK) {
            Manner::NonBlocking
        } else if kind == FileType::Socket {
            Manner::Socket
        } else {
            Manner::Asked { room: if is_fifo { PIPE_ROOM } else { TERMINAL_ROOM } }
        };
        let file = File::from(end);
        if is_fifo || kind == FileType::Socket {
            return Ok(Self::Watched { io: AsyncFd::unchanged(file)?, manner, is_fifo });
        }
        match AsyncFd::unchanged(file.try_clone()?) {
            Ok(io) => Ok(Self::Watched { io, manner, is_fifo }),
            Err(error) if is_always_ready(&error) => {
                let place = AsyncFd::unchanged(io::pipe()?.0)?;
                Ok(Self::Ready { file, place })
            }
            Err(error) => Err(error),
        }
    }
}

/// Has the system no events for this descriptor, because it never waits?
fn is_always_ready(error: &Error) -> bool {
    let errno = error.downcast_ref().and_then(io::Error::raw_os_error);
    matches!(errno, Some(libc::EPERM | libc::EINVAL | libc::ENODEV))
}

/// Fails with `WouldBlock` unless the descriptor is ready, has an error, or is at the end.
fn ask(end: BorrowedFd<'_>, wanted: PollFlags) -> io::Result<()> {
    let mut asked = [PollFd::from_borrowed_fd(end, wanted)];
    let ready = poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if ready > 0 { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

fn write_some(mut end: &File, bytes: &[u8], manner: Manner) -> io::Result<usize> {
    let room = match manner {
        Manner::NonBlocking => return end.write(bytes),
        Manner::Socket => return Ok(send(end, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?),
        Manner::Asked { room } => room,
    };
    let mut written = 0;
    for piece in bytes.chunks(room) {
        match ask(end.as_fd(), PollFlags::OUT).and_then(|()| end.write(piece)) {
            Ok(n) => {
                written += n;
                if n < piece.len() {
                    break;
                }
            }
            // The error is about the earlier bytes, and the next attempt will return it again.
            Err(_) if written > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

impl Transport for Pipe {
    fn registration(&self) -> &Registration {
        match self {
            Self::Watched { io, .. } => io.registration(),
            Self::Ready { place, .. } => place.registration(),
        }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(match self {
            Self::Watched { io, .. } => io.as_fd(),
            Self::Ready { file, .. } => file.as_fd(),
        })
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (io, manner, is_fifo) = match self {
            Self::Watched { io, manner, is_fifo } => (io, *manner, *is_fifo),
            Self::Ready { file, .. } => return (&*file).read(buffer),
        };
        let wanted = if is_fifo { buffer.len() } else { 0 };
        let operation = |mut pipe: &File| match manner {
            Manner::NonBlocking => pipe.read(buffer),
            Manner::Socket => Ok(recv(pipe, buffer, RecvFlags::DONTWAIT)?.0),
            Manner::Asked { .. } => ask(pipe.as_fd(), PollFlags::IN).and_then(|()| pipe.read(buffer)),
        };
        read(io, operation, wanted)
    }

    fn try_receive(&self, buffer: &mut Buffer) -> io::Result<usize> {
        let (io, manner, is_fifo) = match self {
            Self::Watched { io, manner, is_fifo } => (io, *manner, *is_fifo),
            Self::Ready { file, .. } => {
                return with_scratch(|scratch| {
                    let n = rustix::io::read(file, spare_capacity(scratch))?;
                    buffer.put(scratch);
                    Ok(n)
                });
            }
        };
        let wanted = if is_fifo { CHUNK } else { 0 };
        receive(io, buffer, wanted, |pipe, scratch| {
            Ok(match manner {
                Manner::NonBlocking => rustix::io::read(pipe, spare_capacity(scratch))?,
                Manner::Socket => recv(pipe, spare_capacity(scratch), RecvFlags::DONTWAIT)?.0,
                Manner::Asked { .. } => {
                    ask(pipe.as_fd(), PollFlags::IN)?;
                    rustix::io::read(pipe, spare_capacity(scratch))?
                }
            })
        })
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Watched { io, manner, .. } => write(io, |pipe| write_some(pipe, bytes, *manner), bytes.len()),
            // There would be no event to continue after a partial write.
            Self::Ready { file, .. } => (&*file).write_all(bytes).map(|()| bytes.len()),
        }
    }

    fn reader_has_gone(&self) -> Option<bool> {
        let Self::Watched { io, .. } = self else { return None };
        let mut gone = false;
        // As an attempt to read, so that the next event on this side is waited for.
        let _ = io.try_read_with(|pipe| {
            let mut asked = [PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::RDHUP)];
            poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
            gone = asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::RDHUP);
            if gone { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
        });
        Some(gone)
    }

    fn write_eof(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_closed_by_eof(&self) -> bool {
        true
    }
}
