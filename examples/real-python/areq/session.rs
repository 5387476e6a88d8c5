//! A session of HTTP/1.1, as much of `aiohttp.ClientSession` as the guide's program
//! uses.
//!
//! hyper speaks the protocol on one connection. Here is what lies between that and
//! a session: which connections there are, how long each is kept, and who has to
//! wait. A request takes a place in the line of its host and in that of the
//! session; it then has a connection that was kept, or a new one, for itself until
//! its body was read to the end.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::rc::Rc;

use asyncio::{Duplex, Result, Semaphore, SemaphorePermit, ValueError};
use asyncio::{
    cancellable, create_task, get_running_loop, open_connection, timeout_at,
    to_thread,
};
use clap::builder::RangedU64ValueParser;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderValue, LOCATION, USER_AGENT,
};
use hyper::http::response::Parts;
use hyper::{Request, StatusCode};
use log::warn;
use smol_hyper::rt::FuturesIo;
use url::{Position, Url};

use crate::login::take_login;
use crate::text::{check_size, decode};

type Count = RangedU64ValueParser<usize>;

/// The limits of a session.
#[derive(clap::Args)]
pub(crate) struct Limits {
    /// Connections at once
    #[arg(long, default_value_t = 100, value_parser = Count::new().range(1..))]
    connections: usize,
    /// Connections to one host at once
    #[arg(long, default_value_t = 10, value_parser = Count::new().range(1..))]
    per_host: usize,
    /// Seconds for one request
    #[arg(long, default_value_t = 10.0)]
    timeout: f64,
    /// Redirects to follow
    #[arg(long, default_value_t = 10)]
    redirects: u32,
}

// ANCHOR: session
pub(crate) struct Session {
    limits: Limits,
    line: Semaphore,
    /// One line per host, or rather per origin: scheme, name and port.
    lines: RefCell<HashMap<String, Semaphore>>,
    /// The pool of open connections, the most recently used at the end.
    idle: RefCell<VecDeque<Connection>>,
    /// Each connection holds a clone, so the count says how many are open.
    open: Rc<()>,
}

struct Connection {
    origin: String,
    sender: SendRequest<Empty<Bytes>>,
    _open: Rc<()>,
}

/// Permission to proceed: a permit of the host's line and one of the session's.
struct Place {
    _of_host: SemaphorePermit,
    _of_session: SemaphorePermit,
}
// ANCHOR_END: session

impl Session {
    pub(crate) fn new(limits: Limits) -> Result<Rc<Self>> {
        Ok(Rc::new(Self {
            line: Semaphore::new(limits.connections.try_into()?)?,
            limits,
            lines: RefCell::default(),
            idle: RefCell::default(),
            open: Rc::default(),
        }))
    }

    // ANCHOR: get
    /// Asks for a page, and follows redirects. Awaiting it gives the head of the
    /// response; its body is still to come.
    pub(crate) async fn get(&self, url: &str) -> Result<Response<'_>> {
        let mut url = Url::parse(url)?;
        let mut login = take_login(&mut url)?;
        for _ in 0..=self.limits.redirects {
            let response = self.request(url, login.as_ref()).await?;
            let Some(mut next) = response.redirect()? else { return Ok(response) };
            // A password is for the site that asks for it, as in aiohttp.
            let elsewhere = next.origin() != response.url.origin();
            match take_login(&mut next)? {
                None if !elsewhere => {}
                new => {
                    if login.is_some() && new.is_none() {
                        warn!(
                            "{} redirects to {next}, which gets no password",
                            response.url
                        );
                    }
                    login = new;
                }
            }
            url = next;
            if response.body.is_end_stream() {
                self.keep(response.connection).await?;
            }
        }
        Err(ValueError::new(format!(
            "more than {} redirects",
            self.limits.redirects
        ))
        .into())
    }

    async fn request(
        &self,
        url: Url,
        login: Option<&HeaderValue>,
    ) -> Result<Response<'_>> {
        let origin = url.origin().ascii_serialization();
        let place = self.place(&origin).await?;
        // Waiting in line does not count.
        let deadline = get_running_loop()?.time() + self.limits.timeout;
        let answer = timeout_at(deadline)
            .run(async |_| self.answer(origin, &url, login).await)
            .await?;
        let (connection, (head, body)) = (answer.0, answer.1.into_parts());
        Ok(Response { url, head, body, deadline, connection, session: self, place })
    }

    async fn answer(
        &self,
        origin: String,
        url: &Url,
        login: Option<&HeaderValue>,
    ) -> Result<(Connection, hyper::Response<Incoming>)> {
        while let Some(mut connection) = self.kept(&origin) {
            match exchange(&mut connection, url, login).await {
                // The server may have closed it in the meantime: try the next, and
                // finally a new one.
                Err(error) if error.is::<hyper::Error>() => {}
                response => return Ok((connection, response?)),
            }
        }
        let mut connection = self.connect(origin, url).await?;
        let response = exchange(&mut connection, url, login).await?;
        Ok((connection, response))
    }
    // ANCHOR_END: get

    /// Waits until neither the host nor the session has too many requests.
    async fn place(&self, origin: &str) -> Result<Place> {
        let line = match self.lines.borrow_mut().entry(origin.to_owned()) {
            Entry::Occupied(line) => line.get().clone(),
            Entry::Vacant(vacant) => vacant
                .insert(Semaphore::new(self.limits.per_host.try_into()?)?)
                .clone(),
        };
        Ok(Place {
            _of_host: line.permit().await?,
            _of_session: self.line.permit().await?,
        })
    }

    // ANCHOR: pool
    /// The connection to `origin` that was used last.
    fn kept(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let last =
            idle.iter().rposition(|connection| connection.origin == origin)?;
        idle.remove(last)
    }

    /// Keeps a connection, unless its last response said that there will be no
    /// other.
    async fn keep(&self, mut connection: Connection) -> Result<()> {
        if cancellable(connection.sender.ready()).await?.is_ok() {
            self.idle.borrow_mut().push_back(connection);
        }
        Ok(())
    }

    async fn connect(&self, origin: String, url: &Url) -> Result<Connection> {
        let open = self.open.clone();
        // Pooled connections make room for the new one, the oldest first.
        while Rc::strong_count(&open) > self.limits.connections + 1
            && self.idle.borrow_mut().pop_front().is_some()
        {}
        let (Some(host), Some(port), "http" | "https") =
            (url.host_str(), url.port_or_known_default(), url.scheme())
        else {
            return Err(ValueError::new("it is neither http nor https").into());
        };
        let opening = open_connection(host.trim_matches(['[', ']']), port)
            .ssl(url.scheme() == "https");
        let (reader, writer) = opening.happy_eyeballs_delay(0.25).await?;
        let (sender, connection) =
            http1::handshake(FuturesIo::new(Duplex::new(reader, writer))).await?;
        // This task moves the bytes. It ends when the sender is dropped. An error
        // reaches the code that waits for the response.
        create_task(async { cancellable(connection).await.map(|_| ()) });
        Ok(Connection { origin, sender, _open: open })
    }
    // ANCHOR_END: pool
}

/// One request, and the head of its response.
async fn exchange(
    connection: &mut Connection,
    url: &Url,
    login: Option<&HeaderValue>,
) -> Result<hyper::Response<Incoming>> {
    let mut request =
        Request::get(&url[Position::BeforePath..Position::AfterQuery])
            .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(USER_AGENT, "areq")
            .header(ACCEPT_ENCODING, "gzip")
            .body(Empty::new())?;
    if let Some(login) = login {
        request.headers_mut().insert(AUTHORIZATION, login.clone());
    }
    Ok(cancellable(connection.sender.send_request(request)).await??)
}

/// The head of a response, with the body still to come.
pub(crate) struct Response<'a> {
    /// Where it was found, after redirects.
    pub(crate) url: Url,
    head: Parts,
    body: Incoming,
    deadline: f64,
    session: &'a Session,
    connection: Connection,
    place: Place,
}

impl Response<'_> {
    /// Where it redirects to, if it does.
    fn redirect(&self) -> Result<Option<Url>> {
        match (self.head.status.as_u16(), self.head.headers.get(LOCATION)) {
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                Ok(Some(self.url.join(location.to_str()?)?))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.head.status
    }

    pub(crate) fn raise_for_status(&self) -> Result<(), BadStatus> {
        let status = self.status();
        if status.is_client_error() || status.is_server_error() {
            Err(BadStatus(status))
        } else {
            Ok(())
        }
    }

    /// Reads the body to its end, gives the connection back to the session, and
    /// decodes what was read.
    pub(crate) async fn text(mut self) -> Result<String> {
        let body = timeout_at(self.deadline)
            .run(async |_| read(&mut self.body).await)
            .await?;
        self.session.keep(self.connection).await?;
        drop(self.place);
        to_thread(move || decode(&self.head.headers, body)).await?
    }
}

async fn read(body: &mut Incoming) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = cancellable(body.frame()).await? {
        bytes.extend_from_slice(frame?.data_ref().map_or(&[], |data| data));
        check_size(bytes.len())?;
    }
    Ok(bytes)
}

/// A response that says that there is no page, `aiohttp.ClientResponseError`.
#[derive(Debug)]
pub(crate) struct BadStatus(StatusCode);

impl fmt::Display for BadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[{}]: {}",
            self.0.as_u16(),
            self.0.canonical_reason().unwrap_or_default()
        )
    }
}

impl std::error::Error for BadStatus {}
