//! Streams of bytes: connections, servers, pipes (`asyncio.streams`), and datagrams.
//!
//! [`open_connection`] returns a [`StreamReader`] and a [`StreamWriter`]; [`start_server`] calls a function with such a
//! pair for each client. [`open_unix_connection`] and [`start_unix_server`] do the same within one machine,
//! [`connect_read_pipe`] and [`connect_write_pipe`] over any pipe. Reader and writer are also `futures_io`'s
//! `AsyncBufRead` and `AsyncWrite`, and [`Duplex`] joins a pair into one object.
//!
//! ```
//! use asyncio::{Result, StreamReader, StreamWriter, open_connection, run, start_server};
//!
//! async fn echo(mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
//!     let data = reader.read(100).await?;
//!     writer.write(&data)?;
//!     writer.drain().await?;
//!     writer.close();
//!     writer.wait_closed().await
//! }
//!
//! run(async {
//!     let server = start_server(echo, "127.0.0.1", 0).await?;
//!     let port = server.sockets()[0].port().unwrap();
//!     let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
//!     writer.write(b"Hello World!")?;
//!     assert_eq!(reader.read(100).await?, b"Hello World!");
//!     assert_eq!(reader.read(100).await?, b"");
//!     server.close();
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! The layers between the program and the system are `connection` (writing), `reader` (reading) and `transport` (how
//! bytes move). Read them in this order. Everything that touches a descriptor is in `system`; without a system there are only
//! [networks](Network) in memory.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Used only by layers over a transport, and by sockets.
#![cfg_attr(not(all(unix, feature = "tls")), allow(dead_code))]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod address;
mod buffer;
mod caller;
mod connect;
mod connection;
mod datagram;
mod duplex;
#[doc(hidden)]
pub mod errno;
mod error;
mod feeder;
mod hosts;
mod listen;
mod names;
mod network;
mod race;
mod reader;
mod server;
#[cfg(all(unix, feature = "tls"))]
pub mod ssl;
#[cfg(not(all(unix, feature = "tls")))]
#[path = "ssl/none.rs"]
mod ssl;
#[cfg_attr(not(unix), path = "no_system.rs")]
mod system;
mod traits;
mod transport;
mod unix;
mod unix_path;
mod writer;

pub use address::Address;
pub use connect::{OpenConnection, open_connection};
pub use datagram::{CreateDatagramEndpoint, DatagramEndpoint, create_datagram_endpoint};
pub use duplex::Duplex;
pub use error::{IncompleteReadError, LimitOverrunError};
pub use feeder::Feeder;
pub use hosts::{Family, Hosts, Port};
pub use listen::{StartServer, start_server};
pub use names::{NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV, getnameinfo};
pub use network::{Lookup, Network, NetworkDatagrams, NetworkHandle, NetworkListener, NetworkScope, NetworkStream};
pub use reader::{DEFAULT_LIMIT, StreamReader};
pub use server::Server;
#[cfg(unix)]
pub use system::{
    connect_read_pipe, connect_write_pipe, create_datagram_endpoint_on, open_connection_on, start_server_on,
    start_unix_server_on, stderr, stdin, stdout,
};
pub use unix::{OpenUnixConnection, StartUnixServer, open_unix_connection, start_unix_server};
pub use writer::StreamWriter;
