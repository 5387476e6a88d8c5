//! `Payload`: the body of a request, as bytes or as an iterator.

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use asyncio_iterators::IntoStream;
use asyncio_iterators::{AsyncIterator, into_stream};
use asyncio_runtime::{Error, Result, ValueError};
use futures_core::Stream;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Frame};

/// A body as hyper sends it. It stays in this thread.
pub(super) type Outgoing = Pin<Box<dyn Body<Data = Bytes, Error = Box<dyn StdError + Send + Sync>>>>;

pub(super) enum Payload {
    Bytes(Bytes),
    /// The iterator, until it has been sent.
    Stream(Option<Outgoing>, Raised),
}

/// The error that the iterator raised: hyper takes no error of ours, so it travels beside.
type Raised = Rc<RefCell<Option<Error>>>;

impl Payload {
    pub(super) fn stream(iterator: impl AsyncIterator<Item: Into<Bytes>> + 'static) -> Self {
        let raised = Raised::default();
        let chunks = Chunks { items: into_stream(iterator), raised: Rc::clone(&raised) };
        Self::Stream(Some(Box::pin(chunks)), raised)
    }

    /// Can it be sent a second time?
    pub(super) fn is_repeatable(&self) -> bool {
        matches!(self, Self::Bytes(_))
    }

    pub(super) fn raised(&self) -> Option<Error> {
        match self {
            Self::Bytes(_) => None,
            Self::Stream(_, raised) => raised.take(),
        }
    }

    pub(super) fn take(&mut self) -> Result<Outgoing> {
        match self {
            Self::Bytes(bytes) => Ok(Box::pin(Full::new(bytes.clone()).map_err(|never: Infallible| match never {}))),
            Self::Stream(body, _) => {
                body.take().ok_or_else(|| ValueError::new("the body is a stream, which was already sent").into())
            }
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

/// The items of an iterator as the frames of a body.
struct Chunks<T> {
    items: IntoStream<'static, T>,
    raised: Raised,
}

impl<T: Into<Bytes>> Body for Chunks<T> {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match ready!(Pin::new(&mut self.items).poll_next(cx)) {
            Some(Ok(item)) => Some(Ok(Frame::data(item.into()))),
            Some(Err(error)) => {
                let text = error.to_string();
                self.raised.replace(Some(error));
                Some(Err(text.into()))
            }
            None => None,
        })
    }
}
