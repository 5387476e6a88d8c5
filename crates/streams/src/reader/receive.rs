//! How a reader comes to more bytes: one attempt, and the wait until an attempt succeeds.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use asyncio_runtime::{Error, LineWait, Result, Sleep};

use super::{Source, StreamReader};
use crate::connection::Phase;
use crate::error::is_not_now;

impl StreamReader {
    /// Puts more into the buffer, as much as is there up to `CHUNK`, or notices the end; waits for it. What comes from the
    /// system goes into `out` instead, if that is given, which must not be empty; gives how much that was.
    pub(super) fn receive<'a>(&'a mut self, out: Option<&'a mut [u8]>) -> Receive<'a> {
        Receive { reader: self, out, wait: Wait::Nothing }
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

    /// As `receive`, but gives `WouldBlock` instead of waiting.
    #[inline]
    pub(crate) fn try_receive(&mut self, out: Option<&mut [u8]>) -> io::Result<usize> {
        match &self.source {
            Source::Connection { connection, .. } => {
                let direct = out.is_some();
                let n = connection.receive(|transport| match out {
                    Some(out) => transport.try_read(out),
                    None => transport.try_receive(&mut self.buffer),
                })?;
                self.eof |= n == 0;
                Ok(if direct { n } else { 0 })
            }
            Source::Feeder(feeder) => {
                let bytes = feeder.fed.bytes.borrow_mut().take_all();
                if bytes.is_empty() && !feeder.fed.eof.get() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                self.buffer.extend(&bytes);
                self.eof |= bytes.is_empty();
                Ok(0)
            }
        }
    }

    /// What to wait for before an attempt: nothing, unless it is time to give way to others.
    fn turn(&self) -> Option<Sleep> {
        match &self.source {
            Source::Connection { connection, .. } => connection.registration().turn(),
            Source::Feeder(_) => None,
        }
    }

    /// What to wait for after an attempt in vain.
    fn more(&self) -> Wait {
        match &self.source {
            Source::Connection { .. } => Wait::Readable,
            Source::Feeder(feeder) => Wait::Fed(feeder.fed.line.wait()),
        }
    }
}

/// A wait for bytes, or for the end; made by `receive`. Written by hand, because it is half of what a small message costs.
pub(super) struct Receive<'a> {
    reader: &'a mut StreamReader,
    out: Option<&'a mut [u8]>,
    wait: Wait,
}

/// What is waited for before the next attempt.
enum Wait {
    Nothing,
    /// That the reader's source is readable.
    Readable,
    /// It is time to give way to others.
    Turn(Sleep),
    Fed(LineWait),
}

impl Receive<'_> {
    #[inline]
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let waited = match (&mut self.wait, &mut self.reader.source) {
            (Wait::Nothing, _) => return Poll::Ready(Ok(())),
            (Wait::Readable, Source::Connection { readable, .. }) => ready!(Pin::new(readable).poll(cx)),
            (Wait::Readable, Source::Feeder(_)) => unreachable!("it is fed"),
            (Wait::Turn(pause), _) => ready!(Pin::new(pause).poll(cx)),
            (Wait::Fed(fed), _) => ready!(Pin::new(fed).poll(cx)),
        };
        match waited {
            // It was closed while we waited, which the next attempt finds out.
            Err(error) if !error.is_cancelled() && self.reader.is_lost() => drop(error),
            waited => waited?,
        }
        Poll::Ready(self.reader.check())
    }
}

impl Future for Receive<'_> {
    type Output = Result<usize>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        let this = &mut *self;
        if let (Wait::Nothing, Source::Connection { connection, .. }) = (&this.wait, &this.reader.source)
            && connection.is_drained()
        {
            // What would be in vain is not tried. (Who was woken always tries.)
            this.wait = Wait::Readable;
        }
        loop {
            ready!(this.poll_wait(cx))?;
            if let Some(pause) = this.reader.turn() {
                this.wait = Wait::Turn(pause);
                continue;
            }
            match this.reader.try_receive(this.out.as_deref_mut()) {
                Ok(n) => return Poll::Ready(Ok(n)),
                Err(error) if is_not_now(&error) => this.wait = this.reader.more(),
                Err(error) => return Poll::Ready(Err(this.reader.broken(error))),
            }
        }
    }
}

impl Drop for Receive<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Source::Connection { readable, .. } = &mut self.reader.source {
            readable.give_up();
        }
    }
}
