//! `RaisedError`: an `Error` among other crates' errors.
//!
//! `Error` has a `From` for every `std::error::Error`, and so cannot be one itself. A box therefore always holds this type, and
//! converting the box back returns the same exception, shared or not.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;

use crate::Error;

/// An [`Error`] as a `std::error::Error`. When `?` turns an [`Error`] into a `Box<dyn std::error::Error>`, the box holds
/// this type.
///
/// It prints like the `Error`, which it derefs to, and has the same `source()`.
///
/// # Examples
///
/// ```
/// use asyncio::exceptions::RaisedError;
/// use asyncio::{Result, ValueError, run};
///
/// async fn fails() -> Result<()> {
///     Err(ValueError::new("no such row").into())
/// }
///
/// fn program() -> std::result::Result<(), Box<dyn std::error::Error>> {
///     run(fails())?;
///     Ok(())
/// }
///
/// let error = program().unwrap_err();
/// assert_eq!(error.to_string(), "no such row");
/// assert!(error.downcast_ref::<RaisedError>().unwrap().is::<ValueError>());
/// ```
#[derive(Clone)]
pub struct RaisedError(Error);

impl RaisedError {
    pub(crate) fn new(error: Error) -> Self {
        Self(error)
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0
    }

    /// The error, taken out.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.0
    }
}

impl Deref for RaisedError {
    type Target = Error;

    fn deref(&self) -> &Error {
        &self.0
    }
}

impl fmt::Display for RaisedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for RaisedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for RaisedError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// The types that `?` and `into` turn into an [`Error`]: every `std::error::Error` that is `Send + Sync + 'static`.
///
/// It adds nothing to these bounds. It exists so that the compiler can explain how to raise a value of another type.
///
/// # Examples
///
/// ```
/// use asyncio::exceptions::Raisable;
/// use asyncio::{Error, ValueError};
///
/// fn first<E: Raisable>(errors: Vec<E>) -> Option<Error> {
///     errors.into_iter().next().map(Error::from)
/// }
///
/// assert!(first(vec![ValueError::new("no such row")]).unwrap().is::<ValueError>());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an exception",
    label = "not an exception: a text is raised by `raise!(\"…\")`, a boxed error by `.context(\"…\")` on the result",
    note = "a text becomes an `asyncio::Error` by `Error::msg(text)`, a boxed error by `Error::from_boxed(error)`"
)]
pub trait Raisable: StdError + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: StdError + Send + Sync + 'static> Raisable for E {}

macro_rules! boxes {
    ($($boxed:ty)*) => {$(
        impl From<Error> for Box<$boxed> {
            fn from(error: Error) -> Self {
                Box::new(error.into_std())
            }
        }
    )*};
}

boxes! { dyn StdError dyn StdError + Send dyn StdError + Send + Sync }

#[cfg(feature = "anyhow")]
impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        Self::new(error.into_std())
    }
}
