//! The streams: readers by themselves (after CPython's `test_streams.py`), then connections, servers and the rest over real
//! sockets.

mod common;
mod connecting;
mod connection;
mod datagram;
mod ecosystem;
mod pipes;
mod reader;
mod server;
mod unix;
