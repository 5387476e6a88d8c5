//! HTTP/1.1 over the streams of this loop. [hyper] implements the protocol; this crate adds limits, timers and a
//! graceful end.
//!
//! [`HttpServer`] serves requests on a connection that [`start_server`](asyncio_streams::start_server) has accepted,
//! with limits on everything that a client decides, and ends gracefully. [`ClientSession`] sends requests over a pool
//! of connections, like aiohttp's, with bodies that are streams in both directions (feature `client`, on by default).
//! [`LoopTimer`] is a timer by the loop's clock for programs that use hyper directly.
//!
//! Like aiohttp beside asyncio, it is not part of the crate `asyncio`: a program without HTTP does not build hyper.
//!
//! ```
//! use asyncio::{Result, open_connection, run, start_server};
//! use asyncio_http::{Body, HttpServer};
//! use hyper::{Request, Response};
//!
//! async fn greet(request: Request<Body>) -> Result<Response<String>> {
//!     Ok(Response::new(format!("you asked for {}\n", request.uri().path())))
//! }
//!
//! run(async {
//!     let http = HttpServer::new().max_body(64 * 1024).header_timeout(10);
//!     let serve = async move |reader, writer| http.serve(reader, writer, greet).await;
//!     let server = start_server(serve, "127.0.0.1", 0).max_connections(1000).await?;
//!
//!     let (mut reader, writer) = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).await?;
//!     writer.write("GET /here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
//!     let answer = String::from_utf8(reader.read_to_end().await?)?;
//!     assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nyou asked for /here\n"));
//!     Ok(())
//! })
//! .unwrap();
//! ```

#![forbid(unsafe_code)]

#[cfg(all(test, feature = "client"))]
#[macro_use]
extern crate asyncio_testing;

#[cfg(feature = "client")]
mod client;
mod server;
mod timer;

#[cfg(feature = "client")]
pub use client::{ClientRequest, ClientResponse, ClientResponseError, ClientSession, Received};
pub use server::{Body, BodyError, HttpServer};
pub use timer::LoopTimer;
