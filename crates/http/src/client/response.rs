//! `ClientResponse`: the head of a response, and its body as long as that has not been read.

use std::fmt;

use asyncio_runtime::{Result, cancellable, timeout_at, to_thread};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::LOCATION;
use hyper::http::response::Parts;
use hyper::{HeaderMap, Response, StatusCode};
use url::Url;

use super::pool::Busy;
use super::text::{check_size, decode, decode_lossy, decompress};

/// The response to a request of a [`ClientSession`](crate::ClientSession), `aiohttp.ClientResponse`.
///
/// It owns its connection, and its place among the connections of the session, until its body has been read. If it is dropped
/// earlier, the connection is closed.
pub struct ClientResponse {
    url: Url,
    head: Parts,
    body: Incoming,
    deadline: Option<f64>,
    max_body: usize,
    busy: Busy,
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
        Self { url, head, body, deadline, max_body, busy }
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

    /// Reads the body, decompresses it, and decodes it by the charset of its `Content-Type`, or as UTF-8. Decompressing
    /// and decoding run in a thread.
    ///
    /// # Errors
    ///
    /// `ValueError` if the body is too large or not text, `TimeoutError`, `hyper::Error`, `io::Error` for a broken
    /// gzip.
    pub async fn text(self) -> Result<String> {
        self.finish(|headers, body, most| decode(headers, &decompress(headers, body, most)?)).await
    }

    /// Like [`text`](Self::text), with U+FFFD for each sequence of bytes that is not text: `text(errors='replace')`.
    ///
    /// # Errors
    ///
    /// Those of [`text`](Self::text), except that the body need not be text.
    pub async fn text_lossy(self) -> Result<String> {
        self.finish(|headers, body, most| Ok(decode_lossy(headers, &decompress(headers, body, most)?))).await
    }

    /// Reads the body and decompresses it.
    ///
    /// # Errors
    ///
    /// Those of [`text`](Self::text), except that the body need not be text.
    pub async fn read(self) -> Result<Vec<u8>> {
        self.finish(decompress).await
    }

    /// Reads the body to its end, returns the connection to the session, and passes the body to `convert`.
    async fn finish<T: Send + 'static>(
        mut self,
        convert: impl FnOnce(&HeaderMap, Vec<u8>, usize) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let most = self.max_body;
        let body = timeout_at(self.deadline).run(async |_| collect(&mut self.body, most).await).await?;
        self.busy.release().await?;
        let headers = self.head.headers;
        to_thread(move || convert(&headers, body, most)).await?
    }

    /// Returns the connection to the session if there is no body to read.
    pub(super) async fn release_if_empty(self) -> Result<()> {
        if self.body.is_end_stream() { self.busy.release().await } else { Ok(()) }
    }
}

impl fmt::Debug for ClientResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ClientResponse({}) [{}]>", self.url, self.head.status)
    }
}

async fn collect(body: &mut Incoming, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = cancellable(body.frame()).await? {
        bytes.extend_from_slice(frame?.data_ref().map_or(&[], |data| data));
        check_size(bytes.len(), most)?;
    }
    Ok(bytes)
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
