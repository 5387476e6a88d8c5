//! A socket of the system as a transport, and what all transports over descriptors do.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use asyncio_runtime::io::{AsyncFd, Registration};
use rustix::buffer::spare_capacity;
use rustix::net::{RecvFlags, recv};
use socket2::Socket;

use crate::address::Address;
use crate::buffer::Buffer;
use crate::transport::{CHUNK, Transport, discard, with_scratch};

/// Sends small writes at once, as asyncio does: a request must not wait for more to be sent. Only TCP needs to be told.
pub(super) fn send_at_once(socket: &Socket) {
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
pub(super) fn read<T: AsFd>(
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
pub(super) fn receive<T: AsFd>(
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

pub(super) fn write<T: AsFd>(
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
