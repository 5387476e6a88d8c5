//! `ClientSession`: what aiohttp's session does between a program and hyper.
//!
//! hyper speaks the protocol on one connection. The session decides which connections there are, how long each is kept,
//! and which request waits. A request waits in line for its host and for the session. Then it has a connection, kept or
//! new, for itself until its body has been read to the end (`pool`). Deliberately not here: cookies, proxies, request
//! bodies, and methods other than GET.

mod codecs;
mod login;
mod pool;
mod response;
mod text;

use std::fmt;
use std::rc::Rc;

use asyncio_runtime::{Result, TimeLimit, ValueError, get_running_loop, timeout_at};
use hyper::header::HeaderValue;
use log::warn;
use url::Url;

use login::take_login;
use pool::Pool;
pub use response::{ClientResponse, ClientResponseError};

/// A session of HTTP/1.1 requests that share a pool of connections, `aiohttp.ClientSession`.
///
/// | what | limit, if not set | beyond it |
/// | --- | --- | --- |
/// | [connections at once](Self::limit) | 100 | a request waits |
/// | [connections to one host](Self::limit_per_host) | 10 | a request waits |
/// | [the time for one request](Self::timeout) | 10 s | `TimeoutError` |
/// | [redirects](Self::max_redirects) | 10 | `ValueError` |
/// | [the body of a response](Self::max_body) | 8 MiB, compressed or not | `ValueError` |
///
/// A clone shares the connections, but has its own limits for a request. Dropping the last clone closes the
/// connections.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, run, start_server};
/// use asyncio_http::{Body, ClientSession, HttpServer};
/// use hyper::{Request, Response};
///
/// async fn greet(request: Request<Body>) -> Result<Response<String>> {
///     Ok(Response::new(format!("you asked for {}\n", request.uri().path())))
/// }
///
/// run(async {
///     let http = HttpServer::new();
///     let server = start_server(async move |r, w| http.serve(r, w, greet).await, "127.0.0.1", 0).await?;
///     let url = format!("http://127.0.0.1:{}/here", server.sockets()[0].port().unwrap());
///
///     let session = ClientSession::new().timeout(5);
///     let response = session.get(&url).await?;
///     response.raise_for_status()?;
///     assert_eq!(response.text().await?, "you asked for /here\n");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct ClientSession {
    options: Options,
    pool: Rc<Pool>,
}

#[derive(Clone)]
struct Options {
    timeout: Option<f64>,
    redirects: u32,
    follow: bool,
    max_body: usize,
    user_agent: HeaderValue,
}

impl ClientSession {
    /// Creates a session with the limits of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self {
            options: Options {
                timeout: Some(10.0),
                redirects: 10,
                follow: true,
                max_body: 8 << 20,
                user_agent: HeaderValue::from_static(concat!("asyncio-http/", env!("CARGO_PKG_VERSION"))),
            },
            pool: Rc::new(Pool::new(100, 10)),
        }
    }

    /// Sets how many connections may be open at once: `aiohttp.TCPConnector(limit=…)`. The session gets a new pool,
    /// which it does not share with its earlier clones.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn limit(mut self, connections: usize) -> Self {
        self.pool = Rc::new(Pool::new(connections, self.pool.per_host()));
        self
    }

    /// Sets how many connections to one origin (scheme, host and port) may be open at once. The session gets a new
    /// pool, which it does not share with its earlier clones.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn limit_per_host(mut self, connections: usize) -> Self {
        self.pool = Rc::new(Pool::new(self.pool.connections(), connections));
        self
    }

    /// Sets the time in seconds that one request may take with its body, counted from the moment when it may proceed.
    /// Each redirect is a request of its own. `None` means no limit.
    #[must_use]
    pub fn timeout(mut self, limit: impl TimeLimit) -> Self {
        self.options.timeout = limit.limit();
        self
    }

    /// Sets how many redirects are followed.
    #[must_use]
    pub fn max_redirects(mut self, redirects: u32) -> Self {
        self.options.redirects = redirects;
        self
    }

    /// Sets whether redirects are followed at all. If not, the redirect is the response, and
    /// [`redirect`](ClientResponse::redirect) returns its target.
    #[must_use]
    pub fn allow_redirects(mut self, follow: bool) -> Self {
        self.options.follow = follow;
        self
    }

    /// Sets the largest body of a response in bytes, both as sent and decompressed.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// Sets the header `User-Agent`.
    ///
    /// # Errors
    ///
    /// `hyper::http::header::InvalidHeaderValue` if the text cannot be the value of a header.
    pub fn user_agent(mut self, name: &str) -> Result<Self> {
        self.options.user_agent = HeaderValue::from_str(name)?;
        Ok(self)
    }

    // ANCHOR: get
    /// Requests a page and follows redirects. Returns when the head of the response is there; the body is read by
    /// [`ClientResponse::text`] or [`ClientResponse::read`].
    ///
    /// A name and a password in the URL are sent as the header `Authorization`. A redirect to another origin gets no password,
    /// unless its URL has one.
    ///
    /// # Errors
    ///
    /// `ValueError` for a URL that is neither http nor https and for too many redirects, `TimeoutError`, `hyper::Error`, and the
    /// errors of [`open_connection`](asyncio_streams::open_connection). A status such as 404 is not an error; see
    /// [`raise_for_status`](ClientResponse::raise_for_status).
    pub async fn get(&self, url: &str) -> Result<ClientResponse> {
        let mut url = Url::parse(url)?;
        let mut login = take_login(&mut url)?;
        for _ in 0..=self.options.redirects {
            let response = self.request(url, login.as_ref()).await?;
            let next = if self.options.follow { response.redirect()? } else { None };
            let Some(mut next) = next else { return Ok(response) };
            // A password is for the site that asks for it, as in aiohttp.
            let elsewhere = next.origin() != response.url().origin();
            match take_login(&mut next)? {
                None if !elsewhere => {}
                new => {
                    if login.is_some() && new.is_none() {
                        warn!("{} redirects to {next}, which gets no password", response.url());
                    }
                    login = new;
                }
            }
            url = next;
            response.release_if_empty().await?;
        }
        Err(ValueError::new(format!("more than {} redirects", self.options.redirects)).into())
    }

    async fn request(&self, url: Url, login: Option<&HeaderValue>) -> Result<ClientResponse> {
        let origin = url.origin().ascii_serialization();
        let place = self.pool.place(&origin).await?;
        // Waiting in line does not count.
        let now = get_running_loop()?.time();
        let deadline = self.options.timeout.map(|seconds| now + seconds);
        let (connection, response) = timeout_at(deadline).run(async |_| self.answer(origin, &url, login).await).await?;
        Ok(ClientResponse::new(url, response, deadline, self.options.max_body, place.with(connection)))
    }

    async fn answer(&self, origin: String, url: &Url, login: Option<&HeaderValue>) -> Result<pool::Answer> {
        let user_agent = &self.options.user_agent;
        while let Some(mut connection) = self.pool.kept(&origin) {
            match connection.exchange(url, user_agent, login).await {
                // The server may have closed it in the meantime: try the next, and finally a new one.
                Err(error) if error.is::<hyper::Error>() => {}
                response => return Ok((connection, response?)),
            }
        }
        let mut connection = self.pool.connect(origin, url).await?;
        let response = connection.exchange(url, user_agent, login).await?;
        Ok((connection, response))
    }
    // ANCHOR_END: get
}

impl Default for ClientSession {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ClientSession connections={}>", self.pool.open())
    }
}
