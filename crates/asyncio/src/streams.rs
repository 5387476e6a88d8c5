//! Streams of bytes over TCP, Unix sockets and pipes, servers for them, and datagrams.
//!
//! [`open_connection`] returns a [`StreamReader`] and a [`StreamWriter`]; [`start_server`] calls a function with such a pair
//! for each client. [`StreamReader`] and [`StreamWriter`] also implement the traits of `futures_io`; [`Duplex`] joins a pair
//! for libraries that want one object. Options of a function are methods of what it returns, such as [`StartServer`]; those
//! for TLS are there when the feature `tls` is on.

#[doc(inline)]
pub use asyncio_streams::{
    Address, CreateDatagramEndpoint, DEFAULT_LIMIT, DatagramEndpoint, Duplex, Family, Feeder, Hosts,
    IncompleteReadError, LimitOverrunError, Lookup, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV, Network,
    NetworkDatagrams, NetworkHandle, NetworkListener, NetworkScope, NetworkStream, OpenConnection, OpenUnixConnection,
    Port, Server, StartServer, StartUnixServer, StreamReader, StreamWriter, create_datagram_endpoint, getnameinfo,
    open_connection, open_unix_connection, start_server, start_unix_server,
};
#[cfg(unix)]
#[doc(inline)]
pub use asyncio_streams::{
    connect_read_pipe, connect_write_pipe, create_datagram_endpoint_on, open_connection_on, start_server_on,
    start_unix_server_on, stderr, stdin, stdout,
};
