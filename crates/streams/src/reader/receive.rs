//! How a reader receives more bytes: one attempt, and the wait until an attempt succeeds.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use asyncio_runtime::{Error, Result};

use super::{Source, StreamReader};
use crate::connection::Phase;

impl StreamReader {
    /// Waits for bytes and puts them into the buffer, as many as are there up to `CHUNK`, or notes the end. Bytes that
    /// come from the system go into `out` instead, unless that is empty. Returns the number of bytes in `out`.
    pub(super) fn receive<'a>(&'a mut self, out: &'a mut [u8]) -> Receive<'a> {
        Receive { reader: self, out }
    }

    /// Like `receive` into the buffer, but fails with `WouldBlock` instead of waiting.
    pub(crate) fn try_receive(&mut self) -> io::Result<()> {
        match &self.source {
            Source::Connection { connection, .. } => {
                let n = connection.receive(|transport| transport.try_receive(&mut connection.unread().borrow_mut()))?;
                self.eof |= n == 0;
            }
            Source::Feeder { feeder, unread, .. } => {
                let bytes = feeder.fed.bytes.borrow_mut().take_all();
                if bytes.is_empty() && !feeder.fed.eof.get() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                unread.borrow_mut().extend(&bytes);
                self.eof |= bytes.is_empty();
            }
        }
        Ok(())
    }

    /// Breaks the connection, if there is one.
    pub(crate) fn broken(&self, error: io::Error) -> Error {
        let error = Error::from(error);
        if let Source::Connection { connection, .. } = &self.source {
            connection.fail(error.clone());
        }
        error
    }

    fn is_lost(&self) -> bool {
        matches!(&self.source, Source::Connection { connection, .. } if connection.phase() == Phase::Lost)
    }
}

/// A wait for bytes, or for the end; returned by `receive`. Written by hand, because it is half the cost of a small
/// message.
pub(super) struct Receive<'a> {
    reader: &'a mut StreamReader,
    out: &'a mut [u8],
}

impl Receive<'_> {
    /// The poll of a reader without a connection.
    #[cold]
    fn poll_fed(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        loop {
            if let Source::Feeder { wait: Some(wait), .. } = &mut self.reader.source {
                ready!(Pin::new(wait).poll(cx))?;
                self.reader.check()?;
            }
            match (self.reader.try_receive(), &mut self.reader.source) {
                (Err(_), Source::Feeder { feeder, wait, .. }) => *wait = Some(feeder.fed.line.wait()),
                (received, _) => return Poll::Ready(Ok(received.map(|()| 0)?)),
            }
        }
    }

    /// The wait has failed, or there is nothing more to receive.
    #[cold]
    fn end(&mut self, waited: Result<()>) -> Result<usize> {
        match waited {
            // The connection was closed during the wait.
            Err(error) if !error.is_cancelled() && self.reader.is_lost() => drop(error),
            waited => waited?,
        }
        self.reader.check()?;
        if let Source::Connection { connection, .. } = &self.reader.source
            && let Some(error) = connection.failure()
        {
            // A write has failed in this iteration: that is no end.
            return Err(error);
        }
        self.reader.eof = true;
        Ok(0)
    }
}

impl Future for Receive<'_> {
    type Output = Result<usize>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        let this = &mut *self;
        let direct = !this.out.is_empty();
        let Source::Connection { connection, readable } = &mut this.reader.source else { return this.poll_fed(cx) };
        let attempt = || {
            connection.receive(|transport| {
                if direct {
                    transport.try_read(this.out)
                } else {
                    transport.try_receive(&mut connection.unread().borrow_mut())
                }
            })
        };
        Poll::Ready(match ready!(readable.poll_attempts(cx, connection.may_give_at_once(), attempt)) {
            Ok(Ok(0)) => this.end(Ok(())),
            Ok(Ok(n)) => Ok(if direct { n } else { 0 }),
            Ok(Err(error)) => Err(this.reader.broken(error)),
            Err(error) => this.end(Err(error)),
        })
    }
}

impl Drop for Receive<'_> {
    #[inline]
    fn drop(&mut self) {
        match &mut self.reader.source {
            Source::Connection { readable, .. } => readable.give_up(),
            Source::Feeder { wait, .. } => *wait = None,
        }
    }
}
