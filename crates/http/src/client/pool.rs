//! The connections of a session: which requests may open one, which are kept, and one request on each.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use asyncio_locks::{Semaphore, SemaphorePermit};
use asyncio_runtime::{Result, ValueError, cancellable, create_task};
use asyncio_streams::ssl::SSLContext;
use asyncio_streams::{Duplex, open_connection};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use smol_hyper::rt::FuturesIo;
use url::Url;

use super::payload::Outgoing;

/// A connection, and the head of the response on it.
pub(super) type Answer = (Connection, Response<Incoming>);

// ANCHOR: session
pub(super) struct Pool {
    connections: usize,
    per_host: usize,
    line: Semaphore,
    /// One line per origin: scheme, name and port. A line without requests is removed.
    lines: RefCell<HashMap<String, Rc<Semaphore>>>,
    /// The open connections without a request, the most recently used at the end.
    idle: RefCell<VecDeque<Connection>>,
    /// Each connection holds a clone, so the count says how many are open.
    open: Rc<()>,
}

pub(super) struct Connection {
    origin: String,
    sender: SendRequest<Outgoing>,
    _open: Rc<()>,
}

/// A request on which the connection broke before there was a response.
pub(super) struct Unanswered {
    pub(super) error: hyper::Error,
    /// The request, if nothing of it was sent.
    pub(super) request: Option<Request<Outgoing>>,
}

/// Permission to proceed: a permit of the host's line and one of the session's.
pub(super) struct Permit {
    _of_session: SemaphorePermit,
    _of_host: SemaphorePermit,
    line: Line,
}

/// The line of an origin, owned by each request that waits in it or has a permit.
struct Line {
    pool: Rc<Pool>,
    origin: String,
    semaphore: Rc<Semaphore>,
}
// ANCHOR_END: session

impl Pool {
    pub(super) fn new(connections: usize, per_host: usize) -> Self {
        assert!(connections > 0 && per_host > 0, "a session without connections cannot do anything");
        Self {
            connections,
            per_host,
            line: semaphore(connections),
            lines: RefCell::default(),
            idle: RefCell::default(),
            open: Rc::default(),
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.connections
    }

    pub(super) fn per_host(&self) -> usize {
        self.per_host
    }

    pub(super) fn open(&self) -> usize {
        Rc::strong_count(&self.open) - 1
    }

    /// Waits until neither the host nor the session has too many requests.
    pub(super) async fn permit(self: &Rc<Self>, origin: &str) -> Result<Permit> {
        let line = Line::of(self, origin);
        let _of_host = line.semaphore.permit().await?;
        let _of_session = self.line.permit().await?;
        Ok(Permit { _of_session, _of_host, line })
    }

    // ANCHOR: pool
    /// The connection to `origin` that was used last.
    pub(super) fn kept(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let last = idle.iter().rposition(|connection| connection.origin == origin)?;
        idle.remove(last)
    }

    pub(super) async fn connect(&self, origin: String, url: &Url, ssl: Option<&SSLContext>) -> Result<Connection> {
        let open = Rc::clone(&self.open);
        // Pooled connections make room for the new one, the oldest first.
        while Rc::strong_count(&open) > self.connections + 1 && self.idle.borrow_mut().pop_front().is_some() {}
        let (Some(host), Some(port), "http" | "https") = (url.host_str(), url.port_or_known_default(), url.scheme())
        else {
            return Err(ValueError::new("it is neither http nor https").into());
        };
        let opening = open_connection(host.trim_matches(['[', ']']), port);
        let opening = match ssl {
            Some(context) if url.scheme() == "https" => opening.ssl(context),
            _ => opening.ssl(url.scheme() == "https"),
        };
        let (reader, writer) = opening.happy_eyeballs_delay(0.25).await?;
        let (sender, connection) = http1::handshake(FuturesIo::new(Duplex::new(reader, writer))).await?;
        // This task moves the bytes. It ends when the sender is dropped. An error reaches the code that waits for the response.
        create_task(async { cancellable(connection).await.map(|_| ()) });
        Ok(Connection { origin, sender, _open: open })
    }

    /// Keeps a connection, unless its last response said that there will be no other.
    async fn keep(&self, mut connection: Connection) -> Result<()> {
        if cancellable(connection.sender.ready()).await?.is_ok() {
            self.idle.borrow_mut().push_back(connection);
        }
        Ok(())
    }
    // ANCHOR_END: pool
}

impl Connection {
    /// Sends one request, and waits for the head of its response.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Result<Response<Incoming>, Unanswered>> {
        Ok(cancellable(self.sender.try_send_request(request)).await?.map_err(|mut unanswered| {
            let request = unanswered.take_message();
            Unanswered { error: unanswered.into_error(), request }
        }))
    }
}

/// A connection that is in use, and the permit that allows it.
pub(super) struct Busy {
    // Dropped before the permit, so that the next request in line finds the connection closed.
    connection: Connection,
    permit: Permit,
}

impl Permit {
    pub(super) fn with(self, connection: Connection) -> Busy {
        Busy { connection, permit: self }
    }
}

impl Busy {
    /// Returns the connection to the session, and then releases the permit.
    pub(super) async fn release(self) -> Result<()> {
        let Self { connection, permit } = self;
        permit.line.pool.keep(connection).await
    }
}

impl Line {
    fn of(pool: &Rc<Pool>, origin: &str) -> Self {
        let mut lines = pool.lines.borrow_mut();
        let semaphore = lines.entry(origin.to_owned()).or_insert_with(|| Rc::new(semaphore(pool.per_host)));
        Self { pool: Rc::clone(pool), origin: origin.to_owned(), semaphore: Rc::clone(semaphore) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // This reference and the table's: no other request waits or has a permit.
        if Rc::strong_count(&self.semaphore) == 2 {
            let removed = self.pool.lines.borrow_mut().remove(&self.origin);
            drop(removed);
        }
    }
}

fn semaphore(permits: usize) -> Semaphore {
    let permits = isize::try_from(permits).unwrap_or(isize::MAX);
    Semaphore::new(permits).expect("it is not negative")
}
