//! Encrypted connections: TLS 1.2 and 1.3, by rustls, under the names of Python's module `ssl`.
//!
//! An [`SSLContext`] holds the trusted certificates and our own. [`OpenConnection::ssl`](crate::OpenConnection::ssl)
//! and [`StartServer::ssl`](crate::StartServer::ssl) take one,
//! [`StreamWriter::start_tls`](crate::StreamWriter::start_tls) encrypts a connection from then on, and
//! [`StreamWriter::ssl_object`](crate::StreamWriter::ssl_object) returns what was agreed on.
//!
//! ```no_run
//! use asyncio::{open_connection, run};
//!
//! run(async {
//!     let (mut reader, writer) = open_connection("www.python.org", 443).ssl(true).await?;
//!     println!("{}", writer.ssl_object().unwrap().version());
//!     writer.write("HEAD / HTTP/1.1\r\nHost: www.python.org\r\nConnection: close\r\n\r\n")?;
//!     print!("{}", String::from_utf8_lossy(&reader.readline().await?));
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! Two things differ from Python. A stream that ends without the goodbye of TLS is an error, because an attacker can
//! cut it there (see [`SSLContext::ignore_unexpected_eof`]). And after the peer's goodbye our side may still send,
//! until it is closed.
//!
//! The parts: `context` (settings), `verify` (is the peer the one it claims to be), `tls` (a `Transport` over a
//! `Transport`), `layer` (the handshake), `options` (the methods of the functions that open connections).

mod context;
mod error;
mod layer;
mod object;
mod options;
mod pem;
mod tls;
mod verify;

pub use context::{Protocol, SSLContext, TLSVersion, VerifyMode, create_default_context};
pub use error::SSLError;
pub(crate) use layer::Layer;
pub use object::SSLObject;
pub(crate) use options::Settings;
pub use options::{Ssl, StartTls};
