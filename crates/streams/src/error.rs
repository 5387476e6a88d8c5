//! The errors of streams, other than those of the system.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::errno;

/// The error of a read if the stream ends before all bytes have arrived: `asyncio.IncompleteReadError`.
///
/// # Examples
///
/// ```
/// use asyncio::{IncompleteReadError, StreamReader, run};
///
/// run(async {
///     let mut reader = StreamReader::new(100)?;
///     reader.feed_data(b"abc");
///     reader.feed_eof();
///     let error = reader.readexactly(5).await.unwrap_err();
///     let incomplete = error.downcast_ref::<IncompleteReadError>().unwrap();
///     assert_eq!((incomplete.partial(), incomplete.expected()), (&b"abc"[..], Some(5)));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IncompleteReadError {
    partial: Vec<u8>,
    expected: Option<usize>,
}

impl IncompleteReadError {
    /// Creates the error for the bytes that arrived (`partial`) of a number of bytes (`expected`; `None` if the number
    /// is unknown).
    #[must_use]
    pub fn new(partial: Vec<u8>, expected: Option<usize>) -> Self {
        Self { partial, expected }
    }

    /// The bytes that arrived before the end. They have been taken out of the stream.
    #[must_use]
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// The number of bytes that were requested, if the read had one.
    #[must_use]
    pub fn expected(&self) -> Option<usize> {
        self.expected
    }
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes read on a total of ", self.partial.len())?;
        match self.expected {
            Some(expected) => write!(f, "{expected} expected bytes"),
            None => f.write_str("undefined expected bytes"),
        }
    }
}

impl fmt::Debug for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IncompleteReadError('{self}')")
    }
}

impl StdError for IncompleteReadError {}

/// The error of a read if there is no separator within the limit: `asyncio.LimitOverrunError`. The bytes stay in the
/// stream.
///
/// # Examples
///
/// ```
/// use asyncio::{LimitOverrunError, StreamReader, run};
///
/// run(async {
///     let mut reader = StreamReader::new(4)?;
///     reader.feed_data(b"too long a line\n");
///     assert!(reader.readuntil("\n").await.unwrap_err().is::<LimitOverrunError>());
///     assert_eq!(reader.read(8).await?, b"too long");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct LimitOverrunError {
    message: &'static str,
    consumed: usize,
}

impl LimitOverrunError {
    pub(crate) fn new(message: &'static str, consumed: usize) -> Self {
        Self { message, consumed }
    }

    /// The number of bytes at the beginning of the stream that are known to hold no separator.
    #[must_use]
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    pub(crate) fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Debug for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LimitOverrunError('{self}')")
    }
}

impl StdError for LimitOverrunError {}

/// Does the error mean "not now"?
pub(crate) fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// An error of the system in Python's form, `[Errno 111] what went wrong`, of the same kind.
pub(crate) fn with_errno(error: &io::Error, what: impl fmt::Display) -> io::Error {
    let message = match errno::number(error) {
        Some(errno) => format!("[Errno {errno}] {what}"),
        None => format!("{what}: {error}"),
    };
    io::Error::new(error.kind(), message)
}

/// The system's text for an error, without the number that `Display` adds.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
