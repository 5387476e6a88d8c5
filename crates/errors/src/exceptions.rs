//! The named exceptions: asyncio's own and the built-in ones that its programs raise.
//!
//! Each is a plain value with a message: `Display` writes the message, or what happened if there is none, and `Debug` reads as
//! Python's `repr`. Python's `str`, empty without a message, is `{:-}`. Errors of the operating system have no type of their
//! own; they stay [`std::io::Error`]. `ExceptionGroup` is in `group`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::{Error, repr};

/// Implements `Display`, `Debug` and `Error` for an exception. The expression is its message, an `Option<&str>`; without one,
/// `Display` writes the words.
macro_rules! exception {
    ($name:ident, $words:expr, |$this:ident| $message:expr $(, source: $source:expr)?) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $this = self;
                match $message {
                    Some(message) => f.write_str(message),
                    None => repr::without_message(f, $words),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $this = self;
                repr::exception(f, stringify!($name), $message)
            }
        }

        impl StdError for $name {
            $(fn source(&self) -> Option<&(dyn StdError + 'static)> {
                let $this = self;
                $source
            })?
        }
    };
}

/// The text of an exception without a message: its own words, or the name of its class.
macro_rules! words {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident = $words:literal) => {
        $words
    };
}

/// Exceptions that are a message and nothing else. An empty message is none.
macro_rules! message_exceptions {
    ($($(#[$attribute:meta])* $name:ident $(= $words:literal)?;)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name {
            message: Cow<'static, str>,
        }

        impl $name {
            /// The exception with this message; `default()` has none.
            #[must_use]
            pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
                Self { message: message.into() }
            }
        }

        exception!($name, words!($name $(= $words)?), |this| non_empty(&this.message));
    )*};
}

fn non_empty(message: &str) -> Option<&str> {
    Some(message).filter(|message| !message.is_empty())
}

message_exceptions! {
    /// An operation was attempted in a state that does not allow it: Python's `RuntimeError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{RuntimeError, get_running_loop};
    ///
    /// let error: RuntimeError = get_running_loop().unwrap_err();
    /// assert_eq!(format!("{error:?}"), "RuntimeError('no running event loop')");
    /// ```
    RuntimeError;
    /// An argument has the right type but an invalid value: Python's `ValueError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, ValueError};
    ///
    /// fn parse_port(port: u32) -> Result<u16, Error> {
    ///     port.try_into().map_err(|_| ValueError::new(format!("no port: {port}")).into())
    /// }
    ///
    /// assert_eq!(parse_port(8080).unwrap(), 8080);
    /// let error = parse_port(70000).unwrap_err();
    /// assert_eq!(error.downcast_ref(), Some(&ValueError::new("no port: 70000")));
    /// ```
    ValueError;
    /// An argument is of the wrong kind: Python's `TypeError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::TypeError;
    ///
    /// let error = TypeError::new("a number is needed");
    /// assert_eq!(error.to_string(), "a number is needed");
    /// assert_eq!(format!("{error:?}"), "TypeError('a number is needed')");
    /// assert_eq!(format!("{:?}", TypeError::default()), "TypeError()");
    /// ```
    TypeError;
    /// An error of no particular kind: Python's `Exception`, where a program raises that class itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Exception, Result, run};
    ///
    /// async fn fails() -> Result<()> {
    ///     Err(Exception::new("this is expected").into())
    /// }
    ///
    /// let error = run(fails()).unwrap_err();
    /// assert!(error.is::<Exception>());
    /// assert_eq!(format!("{error:?}"), "Exception('this is expected')");
    /// ```
    Exception;
    /// Division by zero: Python's `ZeroDivisionError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Result, ZeroDivisionError, run};
    ///
    /// async fn divide(a: i32, b: i32) -> Result<i32> {
    ///     a.checked_div(b).ok_or_else(|| ZeroDivisionError::new("division by zero").into())
    /// }
    ///
    /// assert_eq!(run(divide(6, 3)).unwrap(), 2);
    /// assert!(run(divide(1, 0)).unwrap_err().is::<ZeroDivisionError>());
    /// ```
    ZeroDivisionError = "division by zero";
    /// A context variable has no value: Python's `LookupError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ContextVar, LookupError};
    ///
    /// static USER: ContextVar<String> = ContextVar::new("user");
    ///
    /// let error: LookupError = USER.get().unwrap_err();
    /// assert!(error.to_string().starts_with("<ContextVar name='user' at 0x"));
    /// ```
    LookupError;
    /// The result of a future was read before it was set, or set a second time: `asyncio.InvalidStateError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{InvalidStateError, new_event_loop};
    ///
    /// let event_loop = new_event_loop();
    /// let future = event_loop.create_future();
    /// assert!(future.result().unwrap_err().is::<InvalidStateError>()); // not yet
    /// future.set_result(1).unwrap();
    /// assert!(future.set_result(2).unwrap_err().is::<InvalidStateError>()); // not again
    /// ```
    InvalidStateError;
    /// The user pressed Ctrl-C: Python's `KeyboardInterrupt`. `run` returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{KeyboardInterrupt, run};
    ///
    /// match run(async { Ok("served") }) {
    ///     Err(error) if error.is::<KeyboardInterrupt>() => println!("stopped by the user"),
    ///     served => assert_eq!(served.unwrap(), "served"),
    /// }
    /// ```
    KeyboardInterrupt = "interrupted by Ctrl-C";
}

/// Raised inside a generator that is being closed, at the `yield` where it is suspended: Python's `GeneratorExit`.
///
/// Let it through with `?`, or clean up and return. A generator that yields again has ignored it, and closing it fails.
/// Generators are in `asyncio-generators`; the exception is defined here because a `TaskGroup` treats it
/// specially: it lets it through.
///
/// # Examples
///
/// ```
/// use asyncio::{GeneratorExit, TaskGroup, run};
///
/// let closed = run(async { TaskGroup::new().run(async |_| Err::<(), _>(GeneratorExit.into())).await });
/// assert!(closed.unwrap_err().is::<GeneratorExit>()); // not a group of one
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneratorExit;

exception!(GeneratorExit, "the generator is being closed", |_this| None::<&str>);

/// A request to stop, raised at the await where a task is suspended: `asyncio.CancelledError`.
///
/// `?` passes it on, `match` catches it; a task that lets it through is *cancelled*. It carries the message given to
/// `cancel_with`, if any.
///
/// # Examples
///
/// ```
/// use asyncio::CancelledError;
///
/// assert_eq!(format!("{:?}", CancelledError::default()), "CancelledError()");
/// assert_eq!(CancelledError::new("stop now").message(), Some("stop now"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CancelledError {
    message: Option<Arc<str>>,
}

impl CancelledError {
    /// A cancellation with a message; `default()` has none.
    #[must_use]
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self::from_message(Some(message.into()))
    }

    /// The cancellation with this message, if there is one.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub const fn from_message(message: Option<Arc<str>>) -> Self {
        Self { message }
    }

    /// The message given to `cancel`, or `None`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

exception!(CancelledError, "cancelled", |this| this.message());

/// A time limit has expired: Python's `TimeoutError`, which `asyncio.TimeoutError` has been an alias of since 3.11.
///
/// When this crate raises it, its message is empty and its `source()` is the [`CancelledError`] that stopped the work, if
/// there was one.
///
/// # Examples
///
/// ```
/// use std::error::Error as _;
///
/// use asyncio::{TimeoutError, run, sleep, wait_for};
///
/// let error = run(wait_for(sleep(3600), 0.001)).unwrap_err();
/// let timeout = error.downcast_ref::<TimeoutError>().unwrap();
/// assert_eq!(format!("{:?}", timeout.source().unwrap()), "CancelledError()");
/// assert_eq!(format!("{:?}", TimeoutError::new("no answer in 3 s")), "TimeoutError('no answer in 3 s')");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TimeoutError {
    message: Cow<'static, str>,
    cause: Option<CancelledError>,
}

impl TimeoutError {
    /// The exception with this message; `default()` has none.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), cause: None }
    }

    /// Python's `raise TimeoutError from cancelled`, in the `except` clause that caught `cancelled`. Reports show `at` as the
    /// location.
    #[doc(hidden)]
    #[must_use]
    pub fn raise_from(cancelled: Error, at: &'static Location<'static>) -> Error {
        let cause = cancelled.downcast_ref().cloned();
        Error::raised_at(Self { cause, ..Self::default() }, at).during(cancelled)
    }
}

exception!(TimeoutError, "timed out", |this| non_empty(&this.message), source: this.cause.as_ref().map(|cause| cause as _));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_reads_as_pythons_repr() {
        assert_eq!(format!("{:?}", ZeroDivisionError::default()), "ZeroDivisionError()");
        assert_eq!(format!("{:?}", ValueError::new("it's")), "ValueError(\"it's\")");
        assert_eq!(format!("{:?}", CancelledError::new("")), "CancelledError('')");
        // Printed by `repr` of CPython 3.15.
        let special =
            ValueError::new("a\u{1b}[2J\r\n\tb\\\u{9b}\u{a0}\u{202e}\u{3000}é日\u{2028}\u{e0041}\u{feff}\u{ad}");
        let expected = r"ValueError('a\x1b[2J\r\n\tb\\\x9b\xa0\u202e\u3000é日\u2028\U000e0041\ufeff\xad')";
        assert_eq!(format!("{special:?}"), expected);
    }
}
