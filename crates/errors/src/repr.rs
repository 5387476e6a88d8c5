//! How errors print: as Python's `repr` of an exception.

use std::fmt::{self, Write as _};
use std::io;

use crate::{GaiError, escape};

/// A string as Python's `repr` writes it: in quotes, with unprintable characters escaped.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') { '"' } else { '\'' };
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                c if c == quote => write!(f, "\\{c}")?,
                c if c != ' ' && !escape::is_printable(c) => escape::escaped(f, c)?,
                c => f.write_char(c)?,
            }
        }
        f.write_char(quote)
    }
}

/// What `Display` writes for an exception without a message: what happened, or nothing if Python's `str` is asked for (`{:-}`; the
/// standard library has no use for this flag).
///
/// # Errors
///
/// Those of the formatter.
pub fn without_message(f: &mut fmt::Formatter<'_>, words: &str) -> fmt::Result {
    if f.sign_minus() { Ok(()) } else { f.write_str(words) }
}

/// `CLASS('MESSAGE')`, or `CLASS()` without a message.
pub(crate) fn exception(f: &mut fmt::Formatter<'_>, class: &str, message: Option<&str>) -> fmt::Result {
    match message {
        Some(message) => write!(f, "{class}({})", Quoted(message)),
        None => write!(f, "{class}()"),
    }
}

/// An error of the operating system, under the name of its class in Python.
pub(crate) fn os_error(f: &mut fmt::Formatter<'_>, error: &io::Error) -> fmt::Result {
    let class = match error.kind() {
        _ if error.get_ref().is_some_and(|inner| inner.is::<GaiError>()) => "gaierror",
        io::ErrorKind::AlreadyExists => "FileExistsError",
        io::ErrorKind::BrokenPipe => "BrokenPipeError",
        io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
        io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
        io::ErrorKind::ConnectionReset => "ConnectionResetError",
        io::ErrorKind::Interrupted => "InterruptedError",
        io::ErrorKind::IsADirectory => "IsADirectoryError",
        io::ErrorKind::NotADirectory => "NotADirectoryError",
        io::ErrorKind::NotFound => "FileNotFoundError",
        io::ErrorKind::PermissionDenied => "PermissionError",
        io::ErrorKind::TimedOut => "TimeoutError",
        io::ErrorKind::WouldBlock => "BlockingIOError",
        _ => "OSError",
    };
    exception(f, class, Some(&error.to_string()))
}
