//! `Error`, the one dynamic error that stands for "an exception was raised".
//!
//! The core idea: anyhow's convenience (any `std::error::Error` converts with `?`) in a form that can be kept *and*
//! handed on, because a task's failure is seen by everybody who awaits the task. So it is shared (`Clone`), `Send` and
//! `Sync`. What is deliberately not here: backtraces and context chains.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::exceptions::CancelledError;

/// What a coroutine gives: a value, or the exception it raised.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A raised exception of any type: cheap to clone, `Send + Sync`.
///
/// The counterpart of Python's `BaseException` as seen by an `except` clause. Every `std::error::Error` that is
/// `Send + Sync + 'static` converts into it, so `?` raises; [`is`](Error::is) and [`downcast_ref`](Error::downcast_ref)
/// are `except T`. It derefs to `dyn std::error::Error`, so `to_string()` and `source()` are at hand.
///
/// `Display` is the exception's message (`str(e)`), `Debug` the `Debug` of the wrapped error, which for the exceptions
/// of this crate reads as Python's `repr(e)`.
///
/// ```
/// use asyncio_runtime::{Error, ValueError};
///
/// let error = Error::from(ValueError::new("no such row"));
/// assert!(error.is::<ValueError>());
/// assert_eq!(error.to_string(), "no such row");
/// assert_eq!(format!("{error:?}"), "ValueError('no such row')");
/// ```
#[derive(Clone)]
pub struct Error(Arc<dyn StdError + Send + Sync + 'static>);

impl Error {
    /// Is the exception of type `E`? The test of `except E:`.
    #[must_use]
    pub fn is<E: StdError + 'static>(&self) -> bool {
        self.0.is::<E>()
    }

    /// The exception as an `E`, if it is one: `except E as e:`.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref::<E>()
    }

    /// Is this a cancellation? Short for `is::<CancelledError>()`.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is::<CancelledError>()
    }

    /// Are these two the very same raised exception (Python's `is`)?
    #[must_use]
    pub fn same(&self, other: &Error) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error(Arc::new(error))
    }
}

impl Deref for Error {
    type Target = dyn StdError + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exceptions::ValueError;

    #[test]
    fn a_question_mark_raises_any_std_error() {
        fn parse() -> Result<i32> {
            Ok("twelve".parse::<i32>()?)
        }
        let error = parse().unwrap_err();
        assert!(error.is::<std::num::ParseIntError>());
        assert!(!error.is_cancelled());
    }

    #[test]
    fn a_clone_is_the_same_exception() {
        let error = Error::from(ValueError::new("x"));
        assert!(error.same(&error.clone()));
        assert!(!error.same(&ValueError::new("x").into()));
    }

    #[test]
    fn errors_cross_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<Error>();
    }
}
