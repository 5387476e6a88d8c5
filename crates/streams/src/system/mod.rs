//! Sockets, pipes and the resolver of the system.
//!
//! Where there is none, `no_system.rs` takes the place of this module, and there are only [networks](crate::Network).

mod address;
mod connect;
mod datagram;
mod lent;
mod listen;
mod names;
mod pipe;
mod pipes;
mod transport;
mod unix;

pub(crate) use std::os::fd::{BorrowedFd as Descriptor, OwnedFd as BoundSocket};

pub(crate) use libc::{NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV};

pub use connect::open_connection_on;
pub use datagram::create_datagram_endpoint_on;
pub(crate) use datagram::{LentSocket, SystemDatagrams, datagrams_name, receive_datagram, send_datagram};
pub(crate) use listen::listener;
pub use listen::start_server_on;
pub use pipes::{connect_read_pipe, connect_write_pipe, stderr, stdin, stdout};
pub use unix::start_unix_server_on;
pub(crate) use unix::{HAS_ABSTRACT_NAMES, unix_listener};

use crate::network::Carrier;

/// The system, as the counterpart of a network.
pub(crate) struct System;

/// What carries the bytes of a task that is on no network.
pub(crate) fn without_network() -> Carrier {
    Carrier::System(System)
}
