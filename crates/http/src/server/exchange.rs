//! `Exchange`: one request and its response, whatever the handler does.

use std::cell::{Cell, RefCell};
use std::io;

use asyncio_runtime::{Error, ExceptionContext, Result, get_running_loop};
use asyncio_streams::StreamWriter;
use http_body_util::{Either, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response, StatusCode};

use super::Options;
use super::body::{Body, Fate};

/// The state that the exchanges of one connection share.
pub(super) struct Exchange {
    options: Options,
    /// Switches the idle timeout, which applies only while the client must act.
    writer: StreamWriter,
    refused: Cell<bool>,
    cancelled: RefCell<Option<Error>>,
}

impl Exchange {
    pub(super) fn new(options: Options, writer: StreamWriter) -> Self {
        Self { options, writer, refused: Cell::new(false), cancelled: RefCell::default() }
    }

    /// Was a request refused before its end?
    pub(super) fn has_refused(&self) -> bool {
        self.refused.get()
    }

    /// The cancellation that came out of the handler.
    pub(super) fn cancelled(&self) -> Option<Error> {
        self.cancelled.take()
    }

    /// An error from here only ends the connection.
    pub(super) async fn answer<B>(
        &self,
        request: Request<Incoming>,
        respond: impl AsyncFn(Request<Body>) -> Result<Response<B>>,
    ) -> io::Result<Response<Either<B, Full<Bytes>>>> {
        if request.body().size_hint().lower() > self.options.body.bytes {
            return Ok(self.refuse(StatusCode::PAYLOAD_TOO_LARGE));
        }
        // The server must act now: the client may wait as long as the handler takes. The body has a limit of its own.
        self.set_idle_timeout(None);
        let fate = Fate::default();
        let answered = respond(request.map(|body| Body::new(body, self.options.body, fate.clone()))).await;
        self.set_idle_timeout(self.options.idle_timeout);
        match answered {
            Ok(response) => Ok(response.map(Either::Left)),
            Err(error) if error.is_cancelled() => {
                self.cancelled.replace(Some(error));
                Err(io::Error::other("the handler was cancelled"))
            }
            Err(error) => {
                if let Some(status) = fate.status() {
                    return Ok(self.refuse(status));
                }
                if let Ok(event_loop) = get_running_loop() {
                    let context = ExceptionContext::new("Unhandled exception in an HTTP handler");
                    event_loop.call_exception_handler(&context.exception(error));
                }
                Ok(plain(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }

    /// Answers that the rest of the request will not be read.
    fn refuse<B>(&self, status: StatusCode) -> Response<Either<B, Full<Bytes>>> {
        self.refused.set(true);
        let mut response = plain(status);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }

    fn set_idle_timeout(&self, limit: Option<f64>) {
        // Fails only where no loop runs.
        let _ = self.writer.set_idle_timeout(limit);
    }
}

/// A response with this status, and its reason phrase as the body.
fn plain<B>(status: StatusCode) -> Response<Either<B, Full<Bytes>>> {
    let text = format!("{}\n", status.canonical_reason().unwrap_or_default());
    let mut response = Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    response
}
