//! Linux's numbers, kinds and texts, for where there is no system that has them. A test compares them with Linux.

use std::fmt;
use std::io;

/// A number, its kind and its text.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub(super) number: i32,
    kind: io::ErrorKind,
    text: &'static str,
}

macro_rules! numbers {
    ($($name:ident $number:literal $kind:ident $text:literal)*) => {
        $(
            #[doc = $text]
            pub const $name: i32 = $number;
        )*

        pub(super) const ALL: &[Known] =
            &[$(Known { number: $name, kind: io::ErrorKind::$kind, text: $text }),*];
    };
}

numbers! {
    ENOENT 2 NotFound "No such file or directory"
    ENOMEM 12 OutOfMemory "Cannot allocate memory"
    ENFILE 23 Other "Too many open files in system"
    EMFILE 24 Other "Too many open files"
    EPIPE 32 BrokenPipe "Broken pipe"
    EDESTADDRREQ 89 Other "Destination address required"
    EMSGSIZE 90 Other "Message too long"
    EAFNOSUPPORT 97 Other "Address family not supported by protocol"
    EADDRINUSE 98 AddrInUse "Address already in use"
    EADDRNOTAVAIL 99 AddrNotAvailable "Cannot assign requested address"
    ENETUNREACH 101 NetworkUnreachable "Network is unreachable"
    ECONNRESET 104 ConnectionReset "Connection reset by peer"
    ENOBUFS 105 Other "No buffer space available"
    ENOTCONN 107 NotConnected "Transport endpoint is not connected"
    ETIMEDOUT 110 TimedOut "Connection timed out"
    ECONNREFUSED 111 ConnectionRefused "Connection refused"
    EHOSTUNREACH 113 HostUnreachable "No route to host"
}

/// The error with this number, which prints as Linux's.
///
/// # Panics
///
/// If the number is not in the table.
#[must_use]
pub fn error(number: i32) -> io::Error {
    let known = ALL.iter().find(|known| known.number == number).expect("the table has every number that is used");
    io::Error::new(known.kind, *known)
}

/// The number of an error that [`error`] has made.
#[must_use]
pub fn number(error: &io::Error) -> Option<i32> {
    Some(error.get_ref()?.downcast_ref::<Known>()?.number)
}

/// Like the standard library's text for an error of the system.
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (os error {})", self.text, self.number)
    }
}

impl std::error::Error for Known {}
