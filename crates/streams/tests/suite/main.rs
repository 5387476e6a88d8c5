//! The streams: readers by themselves (after CPython's `test_streams.py`), then connections, servers and the rest over real
//! sockets.

#[macro_use]
extern crate asyncio_testing;

#[cfg(feature = "tls")]
mod certificates;
mod common;
mod connecting;
mod connection;
mod datagram;
mod ecosystem;
mod events;
mod fakes;
mod libraries;
mod limits;
mod lines;
mod pages;
mod pipe_ends;
mod pipes;
mod reader;
mod server;
mod server_end;
mod terminals;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_certificates;
#[cfg(feature = "tls")]
mod tls_end;
#[cfg(feature = "tls")]
mod tls_events;
#[cfg(feature = "tls")]
mod tls_start;
mod unclosed;
mod unix;
mod writer;
