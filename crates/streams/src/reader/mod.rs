//! `StreamReader`: reads arriving bytes in the units that a program wants (`asyncio.StreamReader`).
//!
//! The core idea: received bytes stay in a buffer until a read takes out its whole result, so a read that is cancelled
//! or dropped half-way has taken nothing. The reader receives only when a read needs more bytes than it has. If the
//! program does not read, the peer has to wait, without further flow control.

mod receive;

use std::cell::{RefCell, RefMut};
use std::fmt;

use asyncio_iterators::AsyncIterator;
use asyncio_runtime::io::Readiness;
use asyncio_runtime::{Error, LineWait, Result, ValueError};
use memchr::memmem::Finder;

use crate::buffer::Buffer;
use crate::caller::called;
use crate::connection::{ConnectionHandle, Phase};
use crate::error::{IncompleteReadError, LimitOverrunError};
use crate::feeder::Feeder;

/// The longest line by default: 64 KiB.
pub const DEFAULT_LIMIT: usize = 64 * 1024;

/// The receiving side of a connection: `asyncio.StreamReader`.
///
/// Returned by [`open_connection`](crate::open_connection), by a server for its callback, and over any pipe by
/// [`connect_read_pipe`](crate::connect_read_pipe). Reading takes `&mut self`, so two tasks cannot read at the same
/// time, which is a `RuntimeError` in Python. A reader is also a `futures_io::AsyncBufRead`, and an [`AsyncIterator`]
/// over lines.
///
/// # Errors
///
/// Every read fails with the `std::io::Error` that broke the connection, if one did, and with `CancelledError`.
///
/// # Cancellation
///
/// No read loses a byte. Bytes that have arrived are there for the next read.
///
/// # Examples
///
/// ```
/// use asyncio::{StreamReader, run};
///
/// run(async {
///     let mut reader = StreamReader::new(100)?;
///     reader.feed_data(b"first\nsecond");
///     reader.feed_eof();
///     assert_eq!(reader.readline().await?, b"first\n");
///     assert_eq!(reader.read(3).await?, b"sec");
///     assert_eq!(reader.read_to_end().await?, b"ond");
///     assert!(reader.at_eof());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct StreamReader {
    /// The bytes that `poll_fill_buf` lends to its caller, until some of them are consumed or the next read starts.
    pub(crate) shown: Buffer,
    limit: usize,
    /// Has the end arrived?
    pub(crate) eof: bool,
    exception: Option<Error>,
    pub(crate) source: Source,
}

/// The source of the bytes.
pub(crate) enum Source {
    Connection {
        connection: ConnectionHandle,
        /// Waits for more bytes, any number of times.
        readable: Readiness,
    },
    Feeder {
        feeder: Feeder,
        /// The wait of a read for the feeder.
        wait: Option<LineWait>,
        unread: RefCell<Buffer>,
    },
}

impl Source {
    pub(crate) fn unread(&self) -> &RefCell<Buffer> {
        match self {
            Self::Connection { connection, .. } => connection.unread(),
            Self::Feeder { unread, .. } => unread,
        }
    }
}

impl StreamReader {
    /// Creates a reader without a connection. Its bytes come from [`feed_data`](Self::feed_data) and its
    /// [`feeder`](Self::feeder).
    ///
    /// # Errors
    ///
    /// `ValueError: Limit cannot be <= 0`.
    pub fn new(limit: usize) -> Result<Self, ValueError> {
        check_limit(limit)?;
        Ok(Self::from(Source::Feeder { feeder: Feeder::new(), wait: None, unread: RefCell::default() }, limit))
    }

    pub(crate) fn over(connection: ConnectionHandle, limit: usize) -> Self {
        let readable = connection.registration().readable();
        Self::from(Source::Connection { connection, readable }, limit)
    }

    fn from(source: Source, limit: usize) -> Self {
        Self { shown: Buffer::default(), limit, eof: false, exception: None, source }
    }

    /// The received bytes that were not read yet. The connection owns them, because a layer that is put over it begins
    /// with them. Drop this borrow before a wait.
    #[inline]
    pub(crate) fn unread(&mut self) -> RefMut<'_, Buffer> {
        if !self.shown.is_empty() {
            self.take_back();
        }
        self.source.unread().borrow_mut()
    }

    /// Lends the received bytes that were not read yet, until the next read.
    pub(crate) fn show(&mut self) -> &[u8] {
        let unread = std::mem::take(&mut *self.unread());
        self.shown = unread;
        if let Source::Connection { connection, .. } = &self.source {
            connection.set_shown(!self.shown.is_empty());
        }
        self.shown.as_slice()
    }

    fn take_back(&mut self) {
        let shown = std::mem::take(&mut self.shown);
        self.source.unread().replace(shown);
        if let Source::Connection { connection, .. } = &self.source {
            connection.set_shown(false);
        }
    }

    // Reading.

    /// Reads at most `n` bytes: those that have arrived, or the next to arrive. Returns no bytes at the end, and for
    /// `n` = 0.
    ///
    /// # Errors
    ///
    /// Those of every read ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    #[track_caller]
    pub fn read(&mut self, n: usize) -> impl Future<Output = Result<Vec<u8>>> {
        called(async move {
            self.check()?;
            if n > 0 && self.unread().is_empty() && !self.eof {
                self.receive(&mut []).await?;
            }
            Ok(self.unread().take(n))
        })
    }

    /// Like [`read`](Self::read), but reads into memory of the caller's, as `readinto` of Python's files does. Returns
    /// the number of bytes, at most `out.len()`, and 0 at the end. For many small messages this saves an allocation
    /// each.
    ///
    /// # Errors
    ///
    /// Those of every read ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{StreamReader, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     reader.feed_data(b"hello");
    ///     reader.feed_eof();
    ///     let mut out = [0; 4];
    ///     assert_eq!(reader.readinto(&mut out).await?, 4);
    ///     assert_eq!(&out, b"hell");
    ///     assert_eq!(reader.readinto(&mut out).await?, 1);
    ///     assert_eq!(reader.readinto(&mut out).await?, 0);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn readinto(&mut self, out: &mut [u8]) -> impl Future<Output = Result<usize>> {
        called(async move {
            self.check()?;
            if !out.is_empty() && self.unread().is_empty() && !self.eof {
                let received = self.receive(out).await?;
                if received > 0 {
                    return Ok(received);
                }
            }
            Ok(self.unread().take_into(out))
        })
    }

    /// Reads everything to the end, whatever the limit: Python's `read(-1)`.
    ///
    /// # Errors
    ///
    /// Those of every read ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    #[doc(alias = "read(-1)")]
    #[track_caller]
    pub fn read_to_end(&mut self) -> impl Future<Output = Result<Vec<u8>>> {
        called(async move {
            self.check()?;
            while !self.eof {
                self.receive(&mut []).await?;
            }
            Ok(self.unread().take_all())
        })
    }

    /// Reads exactly `n` bytes, whatever the limit.
    ///
    /// # Errors
    ///
    /// [`IncompleteReadError`] with the bytes that arrived, if the end comes first; the errors of every read
    /// ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{IncompleteReadError, StreamReader, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     reader.feed_data(b"\x05helloby");
    ///     reader.feed_eof();
    ///     let length = reader.readexactly(1).await?[0];
    ///     assert_eq!(reader.readexactly(length.into()).await?, b"hello");
    ///     assert!(reader.readexactly(3).await.unwrap_err().is::<IncompleteReadError>());
    ///     assert!(reader.at_eof()); // what there was is in the error
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn readexactly(&mut self, n: usize) -> impl Future<Output = Result<Vec<u8>>> {
        called(async move {
            self.check()?;
            while self.unread().len() < n {
                if self.eof {
                    return Err(IncompleteReadError::new(self.unread().take_all(), Some(n)).into());
                }
                self.receive(&mut []).await?;
            }
            Ok(self.unread().take(n))
        })
    }

    /// Reads a line with its `\n`. At the end returns the rest without one, and then nothing.
    ///
    /// # Errors
    ///
    /// `ValueError` if the line is longer than the limit. The line is then dropped, or, if its end has not arrived, all
    /// bytes that have. The errors of every read ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{StreamReader, ValueError, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(10)?;
    ///     reader.feed_data(b"short\nvery much too long\nlast");
    ///     reader.feed_eof();
    ///     assert_eq!(reader.readline().await?, b"short\n");
    ///     assert!(reader.readline().await.unwrap_err().is::<ValueError>()); // and that line is gone
    ///     assert_eq!(reader.readline().await?, b"last");
    ///     assert_eq!(reader.readline().await?, b"");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn readline(&mut self) -> impl Future<Output = Result<Vec<u8>>> {
        called(async move {
            let error = match self.take_until(&[b"\n"]).await {
                Ok(line) => return Ok(line),
                Err(error) => error,
            };
            if let Some(incomplete) = error.downcast_ref::<IncompleteReadError>() {
                return Ok(incomplete.partial().to_vec());
            }
            let Some(overrun) = error.downcast_ref::<LimitOverrunError>() else { return Err(error) };
            let mut unread = self.unread();
            match unread.as_slice().get(overrun.consumed()) {
                Some(b'\n') => unread.consume(overrun.consumed() + 1),
                _ => unread.clear(),
            }
            Err(ValueError::new(overrun.message()).into())
        })
    }

    /// Reads up to and including a separator.
    ///
    /// # Errors
    ///
    /// [`IncompleteReadError`] with the bytes that arrived, if the end comes first; [`LimitOverrunError`] if there are
    /// more bytes before the separator than the limit, and then nothing is taken. `ValueError` for an empty separator.
    /// The errors of every read ([`StreamReader`]).
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{IncompleteReadError, StreamReader, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     reader.feed_data(b"Host: here\r\n\r\nrest");
    ///     reader.feed_eof();
    ///     assert_eq!(reader.readuntil(b"\r\n\r\n").await?, b"Host: here\r\n\r\n");
    ///     let error = reader.readuntil(b"\r\n\r\n").await.unwrap_err();
    ///     assert_eq!(error.downcast_ref::<IncompleteReadError>().unwrap().partial(), b"rest");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn readuntil(&mut self, separator: impl AsRef<[u8]>) -> impl Future<Output = Result<Vec<u8>>> {
        called(async move { self.take_until(&[separator.as_ref()]).await })
    }

    /// Reads up to and including the first of several separators: Python's `readuntil` with a tuple. If several match,
    /// the shortest result is returned.
    ///
    /// # Errors
    ///
    /// Those of [`readuntil`](Self::readuntil); `ValueError` without a separator.
    ///
    /// # Cancellation
    ///
    /// No byte is lost: the next read returns those that have arrived.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{StreamReader, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     reader.feed_data(b"one;two\n");
    ///     assert_eq!(reader.readuntil_any(&[b"\n", b";"]).await?, b"one;");
    ///     assert_eq!(reader.readuntil_any(&[b"\n", b";"]).await?, b"two\n");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "readuntil")]
    #[track_caller]
    pub fn readuntil_any(&mut self, separators: &[&[u8]]) -> impl Future<Output = Result<Vec<u8>>> {
        called(self.take_until(separators))
    }

    async fn take_until(&mut self, separators: &[&[u8]]) -> Result<Vec<u8>> {
        let lengths = separators.iter().map(|separator| separator.len());
        let (Some(shortest), Some(longest)) = (lengths.clone().min(), lengths.max()) else {
            return Err(ValueError::new("Separator should contain at least one element").into());
        };
        if shortest == 0 {
            return Err(ValueError::new("Separator should be at least one-byte string").into());
        }
        self.check()?;
        let mut finders: Vec<_> = separators.iter().map(Finder::new).collect();
        finders.sort_by_key(|finder| finder.needle().len());
        // No separator begins before this.
        let mut searched = 0;
        loop {
            let length = self.unread().len();
            if length - searched >= shortest {
                if let Some(found) = self.take_to_separator(&finders, searched)? {
                    return Ok(found);
                }
                searched = (length + 1).saturating_sub(longest);
                if searched > self.limit {
                    let message = "Separator is not found, and chunk exceed the limit";
                    return Err(LimitOverrunError::new(message, searched).into());
                }
            }
            if self.eof {
                return Err(IncompleteReadError::new(self.unread().take_all(), None).into());
            }
            self.receive(&mut []).await?;
        }
    }

    /// Takes the bytes up to the first separator that begins after the searched ones. Shorter separators come first in
    /// `finders`.
    fn take_to_separator(&mut self, finders: &[Finder<'_>], searched: usize) -> Result<Option<Vec<u8>>> {
        let limit = self.limit;
        let mut unread = self.unread();
        let bytes = &unread.as_slice()[searched..];
        let found = finders.iter().filter_map(|finder| {
            let start = searched + finder.find(bytes)?;
            Some((start + finder.needle().len(), start))
        });
        // If several end at the same index, the shortest counts, which comes first here.
        let Some((end, start)) = found.min_by_key(|(end, _)| *end) else { return Ok(None) };
        if start > limit {
            let message = "Separator is found, but chunk is longer than limit";
            return Err(LimitOverrunError::new(message, start).into());
        }
        Ok(Some(unread.take(end)))
    }

    /// Has the end arrived, and has everything before it been read? Checks the connection without waiting.
    pub fn at_eof(&mut self) -> bool {
        if self.unread().is_empty() && !self.eof {
            // The next read returns the error.
            let _ = self.try_receive();
        }
        self.eof && self.unread().is_empty()
    }

    /// The error that every read returns from now on, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Exception, StreamReader, run};
    ///
    /// run(async {
    ///     let mut reader = StreamReader::new(100)?;
    ///     reader.feed_data(b"unread");
    ///     assert!(reader.exception().is_none());
    ///     reader.set_exception(Exception::new("the line is dead"));
    ///     assert!(reader.exception().unwrap().is::<Exception>());
    ///     assert!(reader.read(10).await.unwrap_err().is::<Exception>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn exception(&self) -> Option<Error> {
        let of_source = || match &self.source {
            Source::Connection { connection, .. } => connection.error(),
            Source::Feeder { feeder, .. } => feeder.fed.exception.borrow().clone(),
        };
        self.exception.clone().or_else(of_source)
    }

    #[inline]
    fn check(&self) -> Result<()> {
        let fine = match &self.source {
            Source::Connection { connection, .. } => connection.phase() != Phase::Lost,
            Source::Feeder { .. } => false,
        };
        if fine && self.exception.is_none() { Ok(()) } else { self.exception().map_or(Ok(()), Err) }
    }

    // Feeding.

    /// Appends bytes as if they had arrived. To do that while a task waits in a read, use the [`feeder`](Self::feeder).
    ///
    /// # Panics
    ///
    /// After [`feed_eof`](Self::feed_eof).
    pub fn feed_data(&mut self, bytes: &[u8]) {
        assert!(!self.eof, "feed_data after feed_eof");
        self.unread().extend(bytes);
    }

    /// Puts bytes back that were read, before those that were not: for a reader of several streams that is cancelled.
    #[doc(hidden)]
    pub fn put_back(&mut self, bytes: &[u8]) {
        let rest = self.unread().take_all();
        self.unread().extend(bytes);
        self.unread().extend(&rest);
    }

    /// Marks the end of the stream, whatever the connection does.
    pub fn feed_eof(&mut self) {
        self.eof = true;
    }

    /// Makes every read fail from now on.
    pub fn set_exception(&mut self, error: impl Into<Error>) {
        self.exception = Some(error.into());
    }

    /// The handle that feeds this reader while a task waits in a read; `None` if it has a connection.
    #[must_use]
    pub fn feeder(&self) -> Option<Feeder> {
        match &self.source {
            Source::Connection { .. } => None,
            Source::Feeder { feeder, .. } => Some(feeder.clone()),
        }
    }
}

pub(crate) fn check_limit(limit: usize) -> Result<(), ValueError> {
    if limit == 0 { Err(ValueError::new("Limit cannot be <= 0")) } else { Ok(()) }
}

/// Iterates over lines, each with its `\n`: `async for line in reader`.
impl AsyncIterator for StreamReader {
    type Item = Vec<u8>;

    async fn anext(&mut self) -> Result<Option<Vec<u8>>> {
        let line = self.readline().await?;
        Ok(if line.is_empty() { None } else { Some(line) })
    }
}

/// Like Python's `repr`: `<StreamReader 12 bytes eof limit=100>`.
impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<StreamReader")?;
        let unread = self.shown.len() + self.source.unread().borrow().len();
        if unread > 0 {
            write!(f, " {unread} bytes")?;
        }
        if self.eof {
            f.write_str(" eof")?;
        }
        if self.limit != DEFAULT_LIMIT {
            write!(f, " limit={}", self.limit)?;
        }
        if let Some(error) = self.exception() {
            write!(f, " exception={}", error.repr())?;
        }
        if let Source::Connection { connection, .. } = &self.source {
            write!(f, " transport={:?}", **connection)?;
        }
        f.write_str(">")
    }
}
