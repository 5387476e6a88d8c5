//! `Body`: the body of a request, with limits on its length and its time.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};

use asyncio_runtime::get_running_loop;
use hyper::StatusCode;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};

use crate::timer::LoopSleep;

/// The body of a request: a stream of frames, as in hyper, that ends with a [`BodyError`] if it is larger or slower
/// than the [server](super::HttpServer) allows.
///
/// `http_body_util::BodyExt` collects it: `request.into_body().collect().await?.to_bytes()`.
pub struct Body {
    incoming: Incoming,
    /// The number of bytes that may still come.
    rest: u64,
    /// The memory that small pieces may still take in addition to their bytes.
    rest_of_pieces: u64,
    limits: BodyLimits,
    /// Created at the first wait.
    sleep: Option<LoopSleep>,
    fate: Fate,
}

#[derive(Clone, Copy)]
pub(super) struct BodyLimits {
    pub(super) bytes: u64,
    pub(super) seconds: Option<f64>,
}

/// The memory that a piece of a body takes, however few bytes it has.
const PIECE: u64 = size_of::<Bytes>() as u64;

/// The memory that small pieces may take even if a body may have less.
const PIECES: u64 = 64 * 1024;

/// Tells the server the status for the response if the handler failed because of the body.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<AtomicU16>);

impl Fate {
    pub(super) fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.0.load(Ordering::Relaxed)).ok()
    }

    fn set(&self, status: StatusCode) {
        self.0.store(status.as_u16(), Ordering::Relaxed);
    }
}

impl Body {
    pub(super) fn new(incoming: Incoming, limits: BodyLimits, fate: Fate) -> Self {
        let rest_of_pieces = limits.bytes.max(PIECES);
        Self { incoming, rest: limits.bytes, rest_of_pieces, limits, sleep: None, fate }
    }

    /// Counts a piece of this many bytes.
    fn count(&mut self, bytes: u64) -> Result<(), BodyError> {
        let Some(rest) = self.rest.checked_sub(bytes) else {
            self.rest = 0;
            return Err(BodyError::TooLarge(self.limits.bytes));
        };
        let Some(rest_of_pieces) = self.rest_of_pieces.checked_sub(PIECE.saturating_sub(bytes)) else {
            self.rest_of_pieces = 0;
            return Err(BodyError::TooManyPieces);
        };
        (self.rest, self.rest_of_pieces) = (rest, rest_of_pieces);
        Ok(())
    }

    fn poll_counted(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(frame)) => {
                let frame = frame.map_err(BodyError::Broken)?;
                self.count(frame.data_ref().map_or(0, |data| data.len() as u64))?;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.poll_time(cx).map(|()| Some(Err(BodyError::TooSlow))),
        }
    }

    /// Has the body taken too long?
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(seconds) = self.limits.seconds else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| {
            LoopSleep::until(get_running_loop().map_or(0.0, |event_loop| event_loop.time()) + seconds)
        });
        Pin::new(sleep).poll(cx)
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = self.poll_counted(cx);
        if let Poll::Ready(Some(Err(error))) = &frame {
            self.fate.set(error.status());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("incoming", &self.incoming).finish_non_exhaustive()
    }
}

/// The error of a body that could not be read whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The body has more bytes than this.
    TooLarge(u64),
    /// The body comes in so many small pieces that they would take more memory than its bytes may.
    TooManyPieces,
    /// The body did not come in time.
    TooSlow,
    /// The connection broke, or the client sent something that is not a body.
    Broken(hyper::Error),
}

impl BodyError {
    /// The status of the response to a request with such a body.
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) | Self::TooManyPieces => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the body of the request has more than {limit} bytes"),
            Self::TooManyPieces => f.write_str("the body of the request comes in too many small pieces"),
            Self::TooSlow => f.write_str("the body of the request did not come in time"),
            Self::Broken(error) => write!(f, "cannot read the body of the request: {error}"),
        }
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(error) => error.source(),
            _ => None,
        }
    }
}
