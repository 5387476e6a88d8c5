//! `ClientSession`: what aiohttp's session does between a program and hyper.
//!
//! hyper speaks the protocol on one connection. The session decides which connections there are, how long each is kept,
//! and which request waits. A request waits in line for its host and for the session. Then it has a connection, kept or
//! new, for itself until its body has been read to the end (`pool`). Deliberately not here: cookies, proxies, forms.

mod codecs;
mod inflate;
mod login;
mod payload;
mod pool;
mod request;
mod response;
mod text;

use std::fmt;
use std::rc::Rc;

use asyncio_runtime::{Result, TimeLimit, ValueError, get_running_loop, timeout, timeout_at};
use asyncio_streams::ssl::SSLContext;
use hyper::Method;
use hyper::header::HeaderValue;
use log::warn;
use url::Url;

use login::take_login;
use pool::{Pool, Unanswered};
pub use request::ClientRequest;
use request::Unsent;
pub use response::{ClientResponse, ClientResponseError, Received};

/// A session of HTTP/1.1 requests that share a pool of connections, `aiohttp.ClientSession`.
///
/// | what | limit, if not set | beyond it |
/// | --- | --- | --- |
/// | [connections at once](Self::limit) | 100 | a request waits |
/// | [connections to one host](Self::limit_per_host) | 10 | a request waits |
/// | [the time to connect](Self::connect_timeout) | none | `TimeoutError` |
/// | [the time for one request](Self::timeout) | 10 s | `TimeoutError` |
/// | [redirects](Self::max_redirects) | 10 | `ValueError` |
/// | [the body of a response](Self::max_body), read whole | 8 MiB, compressed or not | `ValueError` |
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
    connect_timeout: Option<f64>,
    ssl: Option<SSLContext>,
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
                connect_timeout: None,
                ssl: None,
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

    /// Sets the time in seconds that a new connection may take, with the name of its host and TLS: `ClientTimeout(connect=…)`.
    /// It is part of the time for the request. `None` means no limit of its own.
    #[must_use]
    pub fn connect_timeout(mut self, limit: impl TimeLimit) -> Self {
        self.options.connect_timeout = limit.limit();
        self
    }

    /// Sets what connections to `https` trust, and how they identify themselves: `aiohttp.TCPConnector(ssl=…)`. If not set, they
    /// trust what the system trusts. The session gets a new pool, which it does not share with its earlier clones.
    #[must_use]
    pub fn ssl(mut self, context: &SSLContext) -> Self {
        self.options.ssl = Some(context.clone());
        self.pool = Rc::new(Pool::new(self.pool.connections(), self.pool.per_host()));
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

    /// Sets the largest body of a response in bytes, both as sent and decompressed. It holds for a body that is
    /// [read whole](ClientResponse::read), not for one that is read [piece by piece](ClientResponse::chunk).
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

    /// Requests a page, and follows redirects: [`request`](Self::request) with the method `GET`.
    ///
    /// A name and a password in the URL are sent as the header `Authorization`. A redirect to another origin gets no password,
    /// unless its URL has one.
    pub fn get(&self, url: &str) -> ClientRequest {
        self.request(Method::GET, url)
    }

    /// A request with the method `HEAD`, whose response has no body.
    pub fn head(&self, url: &str) -> ClientRequest {
        self.request(Method::HEAD, url)
    }

    /// A request with the method `POST`.
    pub fn post(&self, url: &str) -> ClientRequest {
        self.request(Method::POST, url)
    }

    /// A request with the method `PUT`.
    pub fn put(&self, url: &str) -> ClientRequest {
        self.request(Method::PUT, url)
    }

    /// A request with the method `PATCH`.
    pub fn patch(&self, url: &str) -> ClientRequest {
        self.request(Method::PATCH, url)
    }

    /// A request with the method `DELETE`.
    pub fn delete(&self, url: &str) -> ClientRequest {
        self.request(Method::DELETE, url)
    }

    /// Creates a request, to which you can add [headers](ClientRequest::header) and a [body](ClientRequest::body), and which is
    /// sent when you await it.
    ///
    /// Redirects are followed as browsers and aiohttp follow them: 303, and 301 or 302 after a `POST`, become a `GET` without a
    /// body; 307 and 308 repeat the request. At another origin, the headers `Authorization` and `Cookie` are left out. A request
    /// whose kept connection turns out to be closed is sent again on another one, if it was not sent at all, or if the method
    /// is idempotent and the body is not a stream.
    ///
    /// # Errors
    ///
    /// Awaiting raises the errors of [`ClientRequest`].
    pub fn request(&self, method: Method, url: &str) -> ClientRequest {
        ClientRequest::new(self.clone(), method, url)
    }

    // ANCHOR: get
    async fn send(&self, mut unsent: Unsent) -> Result<ClientResponse> {
        unsent.check()?;
        let mut url = Url::parse(&unsent.url)?;
        let mut login = take_login(&mut url)?;
        if login.is_some() && unsent.has_authorization() {
            return Err(ValueError::new("the URL has a password, and there is a header Authorization").into());
        }
        for _ in 0..=self.options.redirects {
            let response = self.exchange(url, &mut unsent, login.as_ref()).await?;
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
            unsent.redirect(response.status(), elsewhere)?;
            url = next;
            response.release_if_empty().await?;
        }
        Err(ValueError::new(format!("more than {} redirects", self.options.redirects)).into())
    }

    async fn exchange(&self, url: Url, unsent: &mut Unsent, login: Option<&HeaderValue>) -> Result<ClientResponse> {
        let origin = url.origin().ascii_serialization();
        let permit = self.pool.permit(&origin).await?;
        // Waiting in line does not count.
        let now = get_running_loop()?.time();
        let deadline = self.options.timeout.map(|seconds| now + seconds);
        let answer = timeout_at(deadline).run(async |_| self.answer(origin, &url, unsent, login).await).await;
        // hyper knows only that the body broke off.
        let (connection, response) = answer.map_err(|error| unsent.raised().unwrap_or(error))?;
        Ok(ClientResponse::new(url, response, deadline, self.options.max_body, permit.with(connection)))
    }

    async fn answer(
        &self,
        origin: String,
        url: &Url,
        unsent: &mut Unsent,
        login: Option<&HeaderValue>,
    ) -> Result<pool::Answer> {
        let user_agent = &self.options.user_agent;
        let mut request = unsent.prepare(url, user_agent, login)?;
        while let Some(mut connection) = self.pool.kept(&origin) {
            // The server may have closed it in the meantime: try the next, and finally a new one.
            request = match connection.exchange(request).await? {
                Ok(response) => return Ok((connection, response)),
                Err(Unanswered { request: Some(request), .. }) => request,
                Err(_) if unsent.is_repeatable() => unsent.prepare(url, user_agent, login)?,
                Err(Unanswered { error, .. }) => return Err(error.into()),
            };
        }
        let opening = self.pool.connect(origin, url, self.options.ssl.as_ref());
        let mut connection = timeout(self.options.connect_timeout).run(async |_| opening.await).await?;
        match connection.exchange(request).await? {
            Ok(response) => Ok((connection, response)),
            Err(Unanswered { error, .. }) => Err(error.into()),
        }
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
