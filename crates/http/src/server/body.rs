//! `Body`: the body of a request, with an end to its length and its time.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use asyncio_runtime::get_running_loop;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};

use crate::timer::LoopSleep;

/// The body of a request: a stream of frames, as hyper has it, which ends with a [`BodyError`] when it is larger or slower
/// than the [server](super::HttpServer) allows.
///
/// `http_body_util::BodyExt` collects it: `request.into_body().collect().await?.to_bytes()`.
pub struct Body {
    incoming: Incoming,
    /// How many bytes may still come.
    rest: u64,
    limits: BodyLimits,
    /// Made when it has to be waited for.
    sleep: Option<LoopSleep>,
    fate: Fate,
}

#[derive(Clone, Copy)]
pub(super) struct BodyLimits {
    pub(super) bytes: u64,
    pub(super) seconds: Option<f64>,
}

/// Tells the server, after its handler has failed, whether the body was the reason.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<(AtomicBool, AtomicBool)>);

impl Fate {
    pub(super) fn is_too_large(&self) -> bool {
        self.0.0.load(Ordering::Relaxed)
    }

    pub(super) fn is_too_slow(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }
}

impl Body {
    pub(super) fn new(incoming: Incoming, limits: BodyLimits, fate: Fate) -> Self {
        Self { incoming, rest: limits.bytes, limits, sleep: None, fate }
    }

    /// Has it taken too long?
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
        let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(frame)) => frame.map_err(BodyError::Broken)?,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {
                return self.poll_time(cx).map(|()| {
                    self.fate.0.1.store(true, Ordering::Relaxed);
                    Some(Err(BodyError::TooSlow))
                });
            }
        };
        match self.rest.checked_sub(frame.data_ref().map_or(0, |data| data.len() as u64)) {
            Some(rest) => {
                self.rest = rest;
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                self.rest = 0;
                self.fate.0.0.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(BodyError::TooLarge(self.limits.bytes))))
            }
        }
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

/// Why the body of a request is not whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// It has more bytes than this.
    TooLarge(u64),
    /// It did not come in time.
    TooSlow,
    /// The connection broke, or the client sent something that is not a body.
    Broken(hyper::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the body of the request has more than {limit} bytes"),
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
