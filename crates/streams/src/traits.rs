//! The traits that byte streams share with the rest of the ecosystem: `futures_io`'s, on readers, writers and both
//! together.
//!
//! Their waits are `poll` functions. A cancellation of the task drops the innermost block around them, as for futures of
//! other crates; [`cancellable`](asyncio_runtime::cancellable) makes a block of one wait.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use asyncio_runtime::Error;
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

use crate::connection::Phase;
use crate::error::is_not_now;
use crate::reader::{Source, StreamReader};
use crate::writer::StreamWriter;

/// An error of this crate as an error of `std::io`, of the same kind and with the same text, for these traits.
fn to_io(error: Error) -> io::Error {
    let kind = error.downcast_ref().map_or(io::ErrorKind::Other, io::Error::kind);
    io::Error::new(kind, Raised(error))
}

/// The error inside an error of `std::io`. It is a wrapper, because `asyncio_runtime::Error` does not implement
/// `std::error::Error`.
struct Raised(Error);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Raised {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl StreamReader {
    /// Repeats an attempt until it no longer fails with `WouldBlock`.
    fn poll_attempt<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&mut Self) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        if let Some(error) = self.exception() {
            return Poll::Ready(Err(to_io(error)));
        }
        loop {
            if let Source::Feeder { feeder, .. } = &self.source {
                feeder.fed.waker.set(Some(cx.waker().clone()));
            }
            if let Source::Connection { connection, .. } = &self.source {
                ready!(connection.registration().poll_turn(cx));
            }
            match attempt(self) {
                Err(error) if is_not_now(&error) => {}
                Err(error) => return Poll::Ready(Err(to_io(self.broken(error)))),
                result => return Poll::Ready(result),
            }
            match &self.source {
                Source::Connection { connection, .. } => ready!(connection.registration().poll_readable(cx))?,
                Source::Feeder { .. } => return Poll::Pending,
            }
        }
    }
}

impl AsyncRead for StreamReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.unread().is_empty() && !self.eof && !out.is_empty() {
            // Directly into the caller's memory, if the bytes come from the system.
            let received = self.poll_attempt(cx, |reader| match &reader.source {
                Source::Connection { connection, .. } => {
                    let n = connection.receive(|transport| transport.try_read(out))?;
                    reader.eof |= n == 0;
                    Ok(Some(n))
                }
                Source::Feeder { .. } => reader.try_receive().map(|_| None),
            });
            if let Some(n) = ready!(received)? {
                return Poll::Ready(Ok(n));
            }
        }
        Poll::Ready(Ok(self.unread().take_into(out)))
    }
}

impl AsyncBufRead for StreamReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.unread().is_empty() && !this.eof {
            ready!(this.poll_attempt(cx, |reader| reader.try_receive()))?;
        }
        Poll::Ready(Ok(this.show()))
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        self.unread().consume(n);
    }
}

/// Takes bytes while no more than the high water mark is kept. `poll_flush` waits until nothing is kept. `poll_close`
/// closes one direction where that is possible, otherwise both, and waits for that.
impl AsyncWrite for StreamWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.connection.poll_room(cx)).map_err(to_io)?;
        if self.connection.phase() != Phase::Open {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.connection.write(bytes).map_err(|error| to_io(error.into()))?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.poll_flushed(cx).map_err(to_io)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.can_write_eof() {
            self.connection.write_eof().map_err(|error| to_io(error.into()))?;
            return self.connection.poll_flushed(cx).map_err(to_io);
        }
        self.connection.close();
        self.connection.poll_lost(cx).map_err(to_io)
    }
}
