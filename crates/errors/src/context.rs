//! `.context(…)` on results, and `raise!`.
//!
//! One method for results of all kinds. Each kind of error is converted in a different way (`From`, a box, anyhow). As
//! implementations of one trait these would conflict; a parameter of the trait, which the compiler infers, keeps them apart.

use std::borrow::Cow;
use std::error::Error as StdError;

use crate::{Error, Result};

/// `.context(…)` on results: says what was being done when an error was raised.
///
/// `Display` then writes the text, and `{:#}` writes both. The error becomes the `source()`, and `is` and `downcast_ref`
/// still find it: a cancellation with a context is a cancellation. The closest thing in Python is `raise … from error`.
///
/// It works on every result whose error converts into [`Error`], and on results with a boxed error, or one of anyhow (with the
/// feature `anyhow`). `None` raises the text as an [`Exception`](crate::Exception).
///
/// `Kind` is inferred.
///
/// # Beside anyhow
///
/// The trait `anyhow::Context` has methods of the same names. If both traits are in scope, `result.context(…)` is ambiguous (E0034), also
/// if this one came by `use asyncio::*`. So import only one of them: names of `asyncio` one by one, without `ErrorContext`, in a module that
/// uses anyhow's. Where a module needs both, name the trait: `ErrorContext::context(result, "…")`.
///
/// # Examples
///
/// ```
/// use asyncio::{ErrorContext, Result};
/// use std::num::ParseIntError;
///
/// fn port(text: &str) -> Result<u16> {
///     text.parse::<u16>().with_context(|| format!("the port is {text:?}"))
/// }
///
/// let error = port("http").unwrap_err();
/// assert!(error.is::<ParseIntError>());
/// assert_eq!(error.to_string(), "the port is \"http\"");
/// assert_eq!(format!("{error:#}"), "the port is \"http\": invalid digit found in string");
/// assert_eq!([""].iter().find(|word| !word.is_empty()).context("no word").unwrap_err().to_string(), "no word");
/// ```
pub trait ErrorContext<T, Kind> {
    /// Adds `text` to the error.
    ///
    /// # Errors
    ///
    /// The error, with the text.
    #[track_caller]
    fn context(self, text: impl Into<Cow<'static, str>>) -> Result<T>
    where
        Self: Sized,
    {
        self.with_context(|| text)
    }

    /// Like [`context`](Self::context), with a text that is made only if there is an error.
    ///
    /// # Errors
    ///
    /// The error, with the text.
    #[track_caller]
    fn with_context<S: Into<Cow<'static, str>>>(self, text: impl FnOnce() -> S) -> Result<T>;
}

/// The kinds of results that [`ErrorContext`] is for.
pub mod kind {
    /// The error converts into [`Error`](crate::Error).
    #[derive(Debug)]
    pub enum Raised {}
    /// The error is in a box.
    #[derive(Debug)]
    pub enum Boxed {}
    /// The error is in a box and not `Send`.
    #[derive(Debug)]
    pub enum Local {}
    /// There is no value.
    #[derive(Debug)]
    pub enum Missing {}
    /// The error is anyhow's.
    #[cfg(feature = "anyhow")]
    #[derive(Debug)]
    pub enum Anyhow {}
}

macro_rules! contexts {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $error:ty, $kind:ty => $into:expr;)*) => {$(
        $(#[$attribute])*
        impl<T, $($generics)*> ErrorContext<T, $kind> for Result<T, $error> {
            #[track_caller]
            fn with_context<S: Into<Cow<'static, str>>>(self, text: impl FnOnce() -> S) -> Result<T> {
                match self {
                    Ok(value) => Ok(value),
                    Err(error) => Err($into(error).with_description(text())),
                }
            }
        }
    )*};
}

contexts! {
    [E: Into<Error>] E, kind::Raised => E::into;
    [] Box<dyn StdError + Send + Sync>, kind::Boxed => Error::from_boxed;
    [] Box<dyn StdError>, kind::Local => Error::from_local;
    #[cfg(feature = "anyhow")]
    [] anyhow::Error, kind::Anyhow => Error::from_anyhow;
}

impl<T> ErrorContext<T, kind::Missing> for Option<T> {
    #[track_caller]
    fn with_context<S: Into<Cow<'static, str>>>(self, text: impl FnOnce() -> S) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(Error::msg(text())),
        }
    }
}

/// Raises an exception: `raise ValueError("…")`. It returns the error from the enclosing function, closure or `async`
/// block.
///
/// - `raise!("no row {id}")` raises an [`Exception`](crate::Exception) with a text, made as by `format!`.
/// - `raise!(ValueError, "no row {id}")` raises an exception of that class. The class may be written with its path:
///   `raise!(asyncio::ValueError, "…")`.
/// - `raise!(error)` raises any error.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, ValueError, raise, run};
///
/// async fn celsius(reading: &str) -> Result<f64> {
///     let celsius = reading.parse()?;
///     if celsius < -273.15 {
///         raise!(ValueError, "{celsius} is colder than cold");
///     }
///     if celsius > 1e6 {
///         raise!("the sensor melts");
///     }
///     Ok(celsius)
/// }
///
/// assert_eq!(run(celsius("21.5")).unwrap(), 21.5);
/// let error = run(celsius("-300")).unwrap_err();
/// assert!(error.is::<ValueError>());
/// assert_eq!(error.to_string(), "-300 is colder than cold");
/// assert_eq!(format!("{:?}", run(celsius("2e6")).unwrap_err()), "Exception('the sensor melts')");
/// ```
#[macro_export]
macro_rules! raise {
    ($text:literal $(, $argument:expr)* $(,)?) => {
        return ::core::result::Result::Err($crate::Error::msg(::std::format!($text $(, $argument)*)))
    };
    // A `path` fragment would parse the start of the call `ValueError::new("…")` as a class.
    ($class:ident $(:: $name:ident)*, $text:literal $(, $argument:expr)* $(,)?) => {
        return ::core::result::Result::Err($crate::Error::from(
            $class $(:: $name)* ::new(::std::format!($text $(, $argument)*))
        ))
    };
    ($error:expr $(,)?) => {
        return ::core::result::Result::Err($crate::Error::from($error))
    };
}
