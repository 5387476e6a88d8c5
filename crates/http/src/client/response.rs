//! `ClientResponse`: the head of a response, and its body as long as that has not been read.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use asyncio_iterators::AsyncIterator;
use asyncio_runtime::{Result, cancellable, timeout_at, to_thread};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, LOCATION};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Response, StatusCode};
use url::Url;

use super::inflate::Inflate;
use super::pool::Busy;
use super::text::{check_size, decode, decode_lossy, decompress};

/// The response to a request of a [`ClientSession`](crate::ClientSession), `aiohttp.ClientResponse`.
///
/// It owns its connection, and its place among the connections of the session, until its body has been read. If it is dropped
/// earlier, the connection is closed.
///
/// The body is read whole, by [`text`](Self::text) or [`read`](Self::read), or piece by piece, by [`chunk`](Self::chunk) or as an
/// [`AsyncIterator`]: `async for chunk in response.content.iter_any()`.
pub struct ClientResponse {
    url: Url,
    head: Parts,
    body: Incoming,
    deadline: Option<f64>,
    max_body: usize,
    received: Received,
    /// Made by the first [`chunk`](Self::chunk).
    inflate: Option<Inflate>,
    /// `None` after the body's end: then the connection is back in the session.
    busy: Option<Busy>,
}

impl ClientResponse {
    pub(super) fn new(
        url: Url,
        response: Response<Incoming>,
        deadline: Option<f64>,
        max_body: usize,
        busy: Busy,
    ) -> Self {
        let (head, body) = response.into_parts();
        let received = Received::default();
        Self { url, head, body, deadline, max_body, received, inflate: None, busy: Some(busy) }
    }

    /// The URL where the response was found, after redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The URL that the response redirects to, if it is a redirect.
    ///
    /// # Errors
    ///
    /// `url::ParseError`, or `hyper::http::header::ToStrError`, if the header `Location` has no URL.
    pub fn redirect(&self) -> Result<Option<Url>> {
        match (self.head.status.as_u16(), self.head.headers.get(LOCATION)) {
            (301 | 302 | 303 | 307 | 308, Some(location)) => Ok(Some(self.url.join(location.to_str()?)?)),
            _ => Ok(None),
        }
    }

    /// Returns an error if the status is 400 or higher.
    ///
    /// # Errors
    ///
    /// [`ClientResponseError`].
    pub fn raise_for_status(&self) -> Result<(), ClientResponseError> {
        let status = self.status();
        if status.is_client_error() || status.is_server_error() { Err(ClientResponseError(status)) } else { Ok(()) }
    }

    /// Returns a counter of the bytes of the body that have been received, as they came, compressed or not. It can be read when
    /// the body has been read, and when that has failed.
    #[must_use]
    pub fn received(&self) -> Received {
        self.received.clone()
    }

    /// Reads the body, decompresses it, and decodes it by the charset of its `Content-Type`, or as UTF-8. Decompressing
    /// and decoding run in a thread.
    ///
    /// # Errors
    ///
    /// `ValueError` if the body is too large or not text, `TimeoutError`, `hyper::Error`, `io::Error` for a broken
    /// gzip.
    ///
    /// # Cancellation
    ///
    /// The body is lost. The connection is closed, unless the whole body has arrived.
    pub async fn text(self) -> Result<String> {
        self.finish(|headers, body, most| decode(headers, &decompress(headers, body, most)?)).await
    }

    /// Like [`text`](Self::text), with U+FFFD for each sequence of bytes that is not text: `text(errors='replace')`.
    ///
    /// # Errors
    ///
    /// Those of [`text`](Self::text), except that the body need not be text.
    ///
    /// # Cancellation
    ///
    /// The body is lost. The connection is closed, unless the whole body has arrived.
    pub async fn text_lossy(self) -> Result<String> {
        self.finish(|headers, body, most| Ok(decode_lossy(headers, &decompress(headers, body, most)?))).await
    }

    /// Reads the body and decompresses it.
    ///
    /// # Errors
    ///
    /// Those of [`text`](Self::text), except that the body need not be text.
    ///
    /// # Cancellation
    ///
    /// The body is lost. The connection is closed, unless the whole body has arrived.
    pub async fn read(self) -> Result<Vec<u8>> {
        self.finish(decompress).await
    }

    /// Returns the next piece of the body, decompressed, or `None` at its end: `await response.content.readany()`. How the body
    /// is divided into pieces is up to the network.
    ///
    /// No more is read from the connection than is asked for, so the server waits if you do. The [size of the
    /// body](crate::ClientSession::max_body) has no limit here; the [time for the request](crate::ClientSession::timeout) still
    /// has, so a body that takes long needs `timeout(None)`.
    ///
    /// # Errors
    ///
    /// `TimeoutError`, `hyper::Error`, `ValueError` for a compression other than gzip, `io::Error` for a broken gzip.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost: the next call continues.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Result, run, start_server};
    /// use asyncio_http::{Body, ClientSession, HttpServer};
    /// use hyper::{Request, Response};
    ///
    /// async fn much(_: Request<Body>) -> Result<Response<String>> {
    ///     Ok(Response::new("much ".repeat(100_000)))
    /// }
    ///
    /// run(async {
    ///     let http = HttpServer::new();
    ///     let server = start_server(async move |r, w| http.serve(r, w, much).await, "127.0.0.1", 0).await?;
    ///     let url = format!("http://127.0.0.1:{}/", server.sockets()[0].port().unwrap());
    ///
    ///     let mut response = ClientSession::new().get(&url).await?;
    ///     let mut bytes = 0;
    ///     while let Some(piece) = response.chunk().await? {
    ///         bytes += piece.len();
    ///     }
    ///     assert_eq!(bytes, 500_000);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        if self.inflate.is_none() {
            self.inflate = Some(Inflate::new(&self.head.headers)?);
        }
        loop {
            let inflate = self.inflate.as_mut().expect("made above");
            if let Some(piece) = inflate.next()? {
                return Ok(Some(piece));
            }
            if self.busy.is_none() {
                return Ok(None);
            }
            match timeout_at(self.deadline).run(async |_| cancellable(self.body.frame()).await).await? {
                Some(frame) => {
                    let packed = frame?.into_data().unwrap_or_default();
                    self.received.add(packed.len());
                    inflate.feed(packed);
                }
                None => {
                    inflate.finish()?;
                    if let Some(busy) = self.busy.take() {
                        busy.release().await?;
                    }
                }
            }
        }
    }

    /// Reads the body to its end, returns the connection to the session, and passes the body to `convert`.
    async fn finish<T: Send + 'static>(
        mut self,
        convert: impl FnOnce(&HeaderMap, Vec<u8>, usize) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let most = self.max_body;
        let mut bytes = Vec::new();
        if self.inflate.is_some() {
            // The rest of a body that was begun in pieces, which are decompressed already.
            while let Some(piece) = self.chunk().await? {
                bytes.extend_from_slice(&piece);
                check_size(bytes.len(), most)?;
            }
            self.head.headers.remove(CONTENT_ENCODING);
        } else {
            bytes =
                timeout_at(self.deadline).run(async |_| collect(&mut self.body, most, &self.received).await).await?;
        }
        if let Some(busy) = self.busy.take() {
            busy.release().await?;
        }
        let headers = self.head.headers;
        to_thread(move || convert(&headers, bytes, most)).await?
    }

    /// Returns the connection to the session if there is no body to read.
    pub(super) async fn release_if_empty(mut self) -> Result<()> {
        match self.busy.take() {
            Some(busy) if self.body.is_end_stream() => busy.release().await,
            _ => Ok(()),
        }
    }
}

/// The pieces of the body, as [`chunk`](ClientResponse::chunk) returns them.
impl AsyncIterator for ClientResponse {
    type Item = Bytes;

    async fn anext(&mut self) -> Result<Option<Bytes>> {
        self.chunk().await
    }
}

impl fmt::Debug for ClientResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ClientResponse({}) [{}]>", self.url, self.head.status)
    }
}

async fn collect(body: &mut Incoming, most: usize, received: &Received) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = cancellable(body.frame()).await? {
        let data = frame?.into_data().unwrap_or_default();
        received.add(data.len());
        bytes.extend_from_slice(&data);
        check_size(bytes.len(), most)?;
    }
    Ok(bytes)
}

/// How many bytes of a body have been received. A clone counts the same body.
#[derive(Clone, Debug, Default)]
pub struct Received(Rc<Cell<u64>>);

impl Received {
    /// Returns the number of bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.get()
    }

    fn add(&self, bytes: usize) {
        self.0.set(self.0.get() + bytes as u64);
    }
}

/// A response whose status says that there is no page, `aiohttp.ClientResponseError`.
#[derive(Clone, Copy, Debug)]
pub struct ClientResponseError(StatusCode);

impl ClientResponseError {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0
    }
}

impl fmt::Display for ClientResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]: {}", self.0.as_u16(), self.0.canonical_reason().unwrap_or_default())
    }
}

impl std::error::Error for ClientResponseError {}
