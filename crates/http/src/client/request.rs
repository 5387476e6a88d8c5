//! `ClientRequest`: what is to be sent, and the future that sends it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_iterators::IntoAsyncIterator;
use asyncio_runtime::{Error, Result, TimeLimit, ValueError};
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap,
    HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT,
};
use hyper::http;
use hyper::{Method, Request, StatusCode};
use url::{Position, Url};

use super::ClientSession;
use super::payload::{Outgoing, Payload};
use super::response::ClientResponse;

/// A request of a [`ClientSession`], which is sent when it is awaited.
///
/// Returned by [`ClientSession::request`] and its short forms. Awaiting it returns when the head of the response is there; the
/// body is read by the methods of [`ClientResponse`].
///
/// # Errors
///
/// `ValueError` for a URL that is neither http nor https and for too many redirects, `TimeoutError`, `hyper::Error`, and the
/// errors of [`open_connection`](asyncio_streams::open_connection); for a body that is an iterator, the errors that it raises. A
/// status such as 404 is not an error; see [`raise_for_status`](ClientResponse::raise_for_status).
///
/// # Cancellation
///
/// The connection is closed, and a body that is being sent is dropped.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, run, start_server};
/// use asyncio_http::{Body, ClientSession, HttpServer};
/// use http_body_util::BodyExt;
/// use hyper::{Request, Response};
///
/// async fn echo(request: Request<Body>) -> Result<Response<String>> {
///     let kind = request.headers()["content-type"].to_str()?.to_owned();
///     let body = request.into_body().collect().await?.to_bytes();
///     Ok(Response::new(format!("{} bytes of {kind}", body.len())))
/// }
///
/// run(async {
///     let http = HttpServer::new();
///     let server = start_server(async move |r, w| http.serve(r, w, echo).await, "127.0.0.1", 0).await?;
///     let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
///
///     let request = ClientSession::new().post(&url).header("Content-Type", "text/csv").body("1,2\n").timeout(5);
///     assert_eq!(request.await?.text().await?, "4 bytes of text/csv");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct ClientRequest {
    /// `None` after the first poll.
    unsent: Option<(ClientSession, Unsent)>,
    sending: Option<Pin<Box<dyn Future<Output = Result<ClientResponse>>>>>,
}

/// The content of a request, which is sent again on each connection and after each redirect.
pub(super) struct Unsent {
    pub(super) url: String,
    method: Method,
    headers: HeaderMap,
    payload: Payload,
    /// The first mistake in an option, which awaiting raises.
    mistake: Option<Error>,
}

impl ClientRequest {
    pub(super) fn new(session: ClientSession, method: Method, url: &str) -> Self {
        let unsent = Unsent {
            url: url.to_owned(),
            method,
            headers: HeaderMap::new(),
            payload: Payload::default(),
            mistake: None,
        };
        Self { unsent: Some((session, unsent)), sending: None }
    }

    fn set(mut self, set: impl FnOnce(&mut ClientSession, &mut Unsent)) -> Self {
        let (session, unsent) = self.unsent.as_mut().expect("options are set before it is awaited");
        set(session, unsent);
        self
    }

    /// Adds a header field. The fields that the session sends by itself (`User-Agent`, `Accept-Encoding`, `Host`) are replaced.
    ///
    /// # Errors
    ///
    /// Awaiting raises `hyper::http::Error` if the name or the value cannot be that of a header field.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        let field =
            || Ok((HeaderName::try_from(name).map_err(Into::into)?, HeaderValue::try_from(value).map_err(Into::into)?));
        let field: Result<_, http::Error> = field();
        self.set(|_, unsent| match field {
            Ok((name, value)) => {
                unsent.headers.append(name, value);
            }
            Err(error) => unsent.mistake = unsent.mistake.take().or(Some(error.into())),
        })
    }

    /// Sets the body: `data=b"…"`. It is sent with its length.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        self.set(|_, unsent| unsent.payload = Payload::Bytes(body))
    }

    /// Sets a body that is made while it is sent: `data=` with an asynchronous generator. The next item is asked for when the
    /// connection can take more. The body is sent in chunks, or as it is if you set the header `Content-Length`.
    ///
    /// An error that the iterator raises ends the request, and is raised by the request. A body of this kind cannot be sent a
    /// second time, so a redirect that asks for this (307, 308) is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, Result, from_iter, run, sleep, start_server};
    /// use asyncio_http::{Body, ClientSession, HttpServer};
    /// use http_body_util::BodyExt;
    /// use hyper::{Request, Response};
    ///
    /// async fn count(request: Request<Body>) -> Result<Response<String>> {
    ///     let body = request.into_body().collect().await?.to_bytes();
    ///     Ok(Response::new(format!("{} bytes", body.len())))
    /// }
    ///
    /// run(async {
    ///     let http = HttpServer::new();
    ///     let server = start_server(async move |r, w| http.serve(r, w, count).await, "127.0.0.1", 0).await?;
    ///     let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
    ///
    ///     let lines = from_iter(1..=3).then(async |n| {
    ///         sleep(0.01).await?;
    ///         Ok(format!("line {n}\n"))
    ///     });
    ///     let response = ClientSession::new().put(&url).body_stream(lines).await?;
    ///     assert_eq!(response.text().await?, "21 bytes");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn body_stream<I>(self, body: I) -> Self
    where
        I: IntoAsyncIterator<Item: Into<Bytes>, IntoAsyncIter: 'static>,
    {
        let body = Payload::stream(body.aiter());
        self.set(|_, unsent| unsent.payload = body)
    }

    /// Sets the time in seconds for this request alone; see [`ClientSession::timeout`].
    pub fn timeout(self, limit: impl TimeLimit) -> Self {
        let limit = limit.limit();
        self.set(|session, _| session.options.timeout = limit)
    }
}

impl Future for ClientRequest {
    type Output = Result<ClientResponse>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some((session, unsent)) = self.unsent.take() {
            self.sending = Some(Box::pin(async move { session.send(unsent).await }));
        }
        self.sending.as_mut().expect("made at the first poll").as_mut().poll(cx)
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unsent {
            Some((_, Unsent { url, method, .. })) => write!(f, "<ClientRequest {method} {url}>"),
            None => f.write_str("<ClientRequest sent>"),
        }
    }
}

impl Unsent {
    /// Raises the mistake of an option.
    pub(super) fn check(&mut self) -> Result<()> {
        self.mistake.take().map_or(Ok(()), Err)
    }

    pub(super) fn has_authorization(&self) -> bool {
        self.headers.contains_key(AUTHORIZATION)
    }

    /// May it be sent again if its connection breaks before a response? As in aiohttp, only if a second time has the same effect.
    pub(super) fn is_repeatable(&self) -> bool {
        self.method.is_idempotent() && self.payload.is_repeatable()
    }

    /// The error that its body raised.
    pub(super) fn raised(&self) -> Option<Error> {
        self.payload.raised()
    }

    /// As hyper sends it.
    pub(super) fn prepare(
        &mut self,
        url: &Url,
        user_agent: &HeaderValue,
        login: Option<&HeaderValue>,
    ) -> Result<Request<Outgoing>> {
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let mut request = Request::builder().method(&self.method).uri(target).body(self.payload.take()?)?;
        let headers = request.headers_mut();
        // First, because some servers look for it there.
        headers.insert(HOST, HeaderValue::try_from(&url[Position::BeforeHost..Position::AfterPort])?);
        headers.insert(USER_AGENT, user_agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for name in self.headers.keys() {
            headers.remove(name);
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        if let Some(login) = login {
            headers.insert(AUTHORIZATION, login.clone());
        }
        Ok(request)
    }

    /// Becomes the request that follows a redirect with this status. At another origin it must not tell any secrets.
    pub(super) fn redirect(&mut self, status: StatusCode, elsewhere: bool) -> Result<()> {
        // What browsers do, and aiohttp.
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.payload = Payload::default();
            for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
                self.headers.remove(name);
            }
        } else if !self.payload.is_repeatable() {
            let message = format!("a redirect ({}) asks for the body again, which was a stream", status.as_u16());
            return Err(ValueError::new(message).into());
        }
        if elsewhere {
            for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST] {
                self.headers.remove(name);
            }
        }
        Ok(())
    }
}
