//! Bridges to `futures_core::Stream`, the protocol of Rust's other asynchronous crates.
//!
//! A stream of results is an asynchronous iterator, and the other way round. The core idea of `into_stream`: since
//! `anext` borrows the iterator, one coroutine that owns the iterator runs to its end and leaves each item in a slot.
//! Nothing is allocated per item.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{Error, Result};
use futures_lite::{Stream, StreamExt as _};

use crate::iterator::AsyncIterator;

/// Makes an asynchronous iterator of a stream of results. Dropping `anext` half-way loses nothing that the stream
/// itself does not lose.
///
/// The stream must be [`Unpin`]; `Box::pin(stream)` is.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, from_iter, from_stream, into_stream, run};
///
/// run(async {
///     let there = into_stream(from_iter(0..3));
///     let back: Vec<i32> = from_stream(there).collect().await?;
///     assert_eq!(back, [0, 1, 2]);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn from_stream<S>(stream: S) -> FromStream<S> {
    FromStream { stream: Some(stream) }
}

/// A stream as an asynchronous iterator; returned by [`from_stream`].
#[derive(Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct FromStream<S> {
    /// `None` after the end: a stream must not be polled again.
    stream: Option<S>,
}

impl<T, E: Into<Error>, S: Stream<Item = Result<T, E>> + Unpin> AsyncIterator for FromStream<S> {
    type Item = T;

    async fn anext(&mut self) -> Result<Option<T>> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let item = stream.next().await;
        if item.is_none() {
            self.stream = None;
        }
        item.transpose().map_err(Into::into)
    }
}

/// Makes a stream of results of an asynchronous iterator. The stream ends after an error.
///
/// # Examples
///
/// ```
/// use asyncio::{from_iter, into_stream, run};
/// use futures_lite::StreamExt; // its methods are in another crate: `cargo add futures-lite`
///
/// run(async {
///     let mut stream = into_stream(from_iter(["one"]));
///     assert_eq!(stream.next().await.transpose()?, Some("one"));
///     assert!(stream.next().await.is_none());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn into_stream<'a, I: AsyncIterator + 'a>(mut iterator: I) -> IntoStream<'a, I::Item> {
    let slot = Rc::new(Cell::new(None));
    let out = Rc::clone(&slot);
    let walk = async move {
        while let Some(item) = iterator.anext().await? {
            out.set(Some(item));
            let mut handed_over = false;
            poll_fn(|_| if std::mem::replace(&mut handed_over, true) { Poll::Ready(()) } else { Poll::Pending }).await;
        }
        Ok(())
    };
    IntoStream { walk: Some(Box::pin(walk)), slot }
}

/// An asynchronous iterator as a stream; returned by [`into_stream`].
#[must_use = "streams do nothing unless polled"]
pub struct IntoStream<'a, T> {
    walk: Option<Pin<Box<dyn Future<Output = Result<()>> + 'a>>>,
    slot: Rc<Cell<Option<T>>>,
}

impl<T> Stream for IntoStream<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let Some(walk) = &mut self.walk else { return Poll::Ready(None) };
        match walk.as_mut().poll(cx) {
            Poll::Pending => self.slot.take().map_or(Poll::Pending, |item| Poll::Ready(Some(Ok(item)))),
            Poll::Ready(result) => {
                self.walk = None;
                Poll::Ready(result.err().map(Err))
            }
        }
    }
}

impl<T> fmt::Debug for IntoStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoStream").field("ended", &self.walk.is_none()).finish_non_exhaustive()
    }
}
