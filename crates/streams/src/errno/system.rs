//! The system's own numbers.

use std::io;

pub use libc::{
    EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EHOSTUNREACH, EMFILE, EMSGSIZE,
    ENETUNREACH, ENFILE, ENOBUFS, ENOENT, ENOMEM, ENOTCONN, EPIPE, ETIMEDOUT,
};

/// The error with this number.
#[must_use]
pub fn error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

/// The number of an error, if it is the system's.
#[must_use]
pub fn number(error: &io::Error) -> Option<i32> {
    error.raw_os_error()
}
