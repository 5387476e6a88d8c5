//! `HttpServer`: serves the requests of one connection, within limits.
//!
//! The core idea: everything that a client decides has a limit here. hyper limits the head of a request, `Body` limits
//! its body, and the connection itself ends if the client does not take the response. `start_server` limits the number
//! of connections.

mod body;
mod exchange;

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use asyncio_runtime::{Error, Result, TimeLimit, TimeoutError, WaitQueue, timeout};
use asyncio_streams::{Duplex, StreamReader, StreamWriter};
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use smol_hyper::rt::FuturesIo;

use crate::timer::LoopTimer;
use body::BodyLimits;
pub use body::{Body, BodyError};
use exchange::Exchange;

/// The largest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// The time in seconds that a refused client may continue to send before its connection is closed. If it were closed at
/// once, the system would reset it, and the client could not read why it was refused.
const LINGER: f64 = 2.0;

/// Serves HTTP/1.1 on connections, with hyper and with limits on everything that a client decides.
///
/// | what | limit, if not set | beyond it |
/// | --- | --- | --- |
/// | the head of a request | 64 KiB, 100 fields | 431 |
/// | [the time for it](Self::header_timeout) | 30 s | the connection is closed |
/// | [the body of a request](Self::max_body) | 1 MiB | 413 |
/// | [the time for it](Self::body_timeout) | 60 s | 408 |
/// | [a client that does not take the response](Self::idle_timeout) | 60 s | the connection is closed |
///
/// The number of connections is limited by [`start_server`](asyncio_streams::start_server) and its
/// [`max_connections`](asyncio_streams::StartServer::max_connections). A clone shares the connections:
/// [`finish`](Self::finish) ends those of all clones.
///
/// # Examples
///
/// ```
/// use asyncio::{Error, Result, run, start_server, wait_for};
/// use asyncio_http::{Body, HttpServer};
/// use http_body_util::{BodyExt, Full};
/// use hyper::body::Bytes;
/// use hyper::{Request, Response};
///
/// async fn count(request: Request<Body>) -> Result<Response<Full<Bytes>>> {
///     let body = request.into_body().collect().await?.to_bytes(); // `?`: too large a body is answered by 413
///     Ok(Response::new(Full::from(format!("{} bytes\n", body.len()))))
/// }
///
/// run(async {
///     let http = HttpServer::new().max_body(100);
///     let serving = http.clone();
///     let connected = async move |reader, writer| serving.serve(reader, writer, count).await;
///     let server = start_server(connected, "127.0.0.1", 0).max_connections(100).await?;
///     // Until it is told to stop; then:
///     server.close();
///     wait_for(http.finish(), 5).await
/// })
/// .unwrap();
/// ```
#[doc(alias = "aiohttp.web")]
#[derive(Clone)]
pub struct HttpServer {
    options: Options,
    shared: Rc<Shared>,
}

#[derive(Clone, Copy)]
struct Options {
    body: BodyLimits,
    header_timeout: Option<f64>,
    idle_timeout: Option<f64>,
}

struct Shared {
    finishing: Cell<bool>,
    finish: WaitQueue,
    /// The number of connections that are being served.
    connections: Cell<usize>,
    finished: WaitQueue,
}

impl HttpServer {
    /// Creates a server with the limits of the table above.
    #[must_use]
    pub fn new() -> Self {
        let body = BodyLimits { bytes: 1 << 20, seconds: Some(60.0) };
        Self {
            options: Options { body, header_timeout: Some(30.0), idle_timeout: Some(60.0) },
            shared: Rc::new(Shared {
                finishing: Cell::new(false),
                finish: WaitQueue::new("HttpServer.serve"),
                connections: Cell::new(0),
                finished: WaitQueue::new("HttpServer.finish"),
            }),
        }
    }

    /// Sets the largest body of a request, in bytes. A request whose header announces more is answered by 413 without
    /// calling the handler. Otherwise the handler gets [`BodyError::TooLarge`] when it has read that many bytes; if it
    /// passes the error on, the answer is 413, too. The same holds for a body in so many small pieces that they would
    /// take more memory than that in addition to their bytes ([`BodyError::TooManyPieces`]).
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.options.body.bytes = bytes;
        self
    }

    /// Sets the time for the head of a request, in seconds, from the start of the connection or the end of the last
    /// response. A connection without a request is kept for as long. `None` means no limit.
    ///
    /// # Panics
    ///
    /// If `limit` is not a positive number.
    #[must_use]
    pub fn header_timeout(mut self, limit: impl TimeLimit) -> Self {
        self.options.header_timeout = positive("header_timeout", limit);
        self
    }

    /// Sets the time for the body of a request, in seconds, from the first wait for it. After that the handler gets
    /// [`BodyError::TooSlow`]; if it passes the error on, the answer is 408. `None` means no limit.
    ///
    /// # Panics
    ///
    /// If `limit` is not a positive number.
    #[must_use]
    pub fn body_timeout(mut self, limit: impl TimeLimit) -> Self {
        self.options.body.seconds = positive("body_timeout", limit);
        self
    }

    /// Sets the time in seconds after which a connection is closed whose client takes nothing of a response. It is also
    /// the longest pause within a response that is a stream. The time that a handler takes does not count. `None` means
    /// no limit.
    ///
    /// # Panics
    ///
    /// If `limit` is not a positive number.
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl TimeLimit) -> Self {
        self.options.idle_timeout = positive("idle_timeout", limit);
        self
    }

    /// Serves the requests of one connection, one after the other, until either side ends it.
    ///
    /// `respond` is called for each request. If it fails because the body was too large, too slow or malformed, the
    /// answer is 413, 408 or 400. After any other error the answer is 500, and the error is passed to the loop's
    /// exception handler.
    ///
    /// # Errors
    ///
    /// `hyper::Error` if the client does not speak HTTP or disconnects in the middle of a request: worth a line in a
    /// log at most. `CancelledError`. A client that is silent or too slow is no error.
    ///
    /// # Cancellation
    ///
    /// A cancellation comes out in `respond` if that waits for something of this runtime. The connection is closed.
    pub async fn serve<F, B>(&self, reader: StreamReader, writer: StreamWriter, respond: F) -> Result<()>
    where
        F: AsyncFn(Request<Body>) -> Result<Response<B>>,
        B: hyper::body::Body<Data = Bytes> + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let _served = Served::new(&self.shared);
        writer.set_idle_timeout(None)?;
        let exchange = Exchange::new(self.options, writer.clone());
        let mut builder = http1::Builder::new();
        builder.timer(LoopTimer::new()?).max_buf_size(HEAD);
        builder.header_read_timeout(self.options.header_timeout.map(Duration::from_secs_f64));
        let service = service_fn(|request| exchange.answer(request, &respond));
        let mut connection = builder.serve_connection(FuturesIo::new(Duplex::new(reader, writer)), service);

        let mut finish = self.shared.finish.wait();
        let mut graceful = false;
        let ended = poll_fn(|cx| {
            loop {
                let mut connection = Pin::new(&mut connection);
                if self.shared.finishing.get() && !graceful {
                    graceful = true;
                    connection.as_mut().graceful_shutdown();
                }
                // Polled first, so that a cancellation comes out in the handler if that waits.
                if let Poll::Ready(ended) = connection.poll(cx) {
                    return Poll::Ready(Ok::<_, Error>(ended));
                }
                ready!(Pin::new(&mut finish).poll(cx))?;
                finish = self.shared.finish.wait();
            }
        });
        let ended = ended.await?;
        if exchange.has_refused() {
            let (reader, writer) = connection.into_parts().io.into_inner().into_parts();
            return linger(reader, writer).await;
        }
        drop(connection);
        match (exchange.cancelled(), ended) {
            (Some(cancelled), _) => Err(cancelled),
            (None, Err(error)) if !error.is_timeout() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Ends all connections gracefully and waits until they have ended. A connection on which no request is being
    /// answered is closed now, any other after its response. Close the listening [`Server`](asyncio_streams::Server)
    /// first, and put a limit on the wait: `wait_for(http.finish(), 5)`.
    ///
    /// # Errors
    ///
    /// `CancelledError`; the connections still end.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The connections still end.
    pub async fn finish(&self) -> Result<()> {
        self.shared.finishing.set(true);
        self.shared.finish.wake_all();
        while self.shared.connections.get() > 0 {
            self.shared.finished.wait().await?;
        }
        Ok(())
    }
}

impl Default for HttpServer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<HttpServer connections={}>", self.shared.connections.get())
    }
}

/// Counts a connection while it is being served.
struct Served<'a>(&'a Shared);

impl<'a> Served<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.connections.set(shared.connections.get() + 1);
        Self(shared)
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        self.0.connections.set(self.0.connections.get() - 1);
        if self.0.connections.get() == 0 {
            self.0.finished.wake_all();
        }
    }
}

#[track_caller]
fn positive(name: &str, limit: impl TimeLimit) -> Option<f64> {
    let limit = limit.limit();
    assert!(limit.is_none_or(|seconds| seconds > 0.0), "{name} should be a positive number, got {limit:?}");
    // A limit that is too long for a `Duration` never expires.
    limit.filter(|&seconds| Duration::try_from_secs_f64(seconds).is_ok())
}

/// Lets a refused client read why, while it may still be sending.
async fn linger(mut reader: StreamReader, _writer: StreamWriter) -> Result<()> {
    let limit = timeout(LINGER);
    let sent = limit.run(async |_| {
        while !reader.read(64 * 1024).await?.is_empty() {}
        Ok(())
    });
    match sent.await {
        Err(error) if error.is::<TimeoutError>() || error.is::<std::io::Error>() => Ok(()),
        ended => ended,
    }
}
