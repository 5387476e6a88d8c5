//! `Error`, the one dynamic error: an exception that was raised.
//!
//! The core idea: anyhow's convenience (any `std::error::Error` converts with `?`) in a form that can be kept *and*
//! passed on, because every task that awaits a failed task sees its error. So an error is shared (`Clone`), `Send` and `Sync`.
//! An error raised while another was being handled is wrapped in a [`Link`] that remembers the other one. `is`,
//! `downcast_ref` and `Display` look through it. There are no backtraces.

use std::any::Any;
use std::error::Error as StdError;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{fmt, io, iter};

use crate::{CancelledError, ExceptionGroup, TimeoutError, repr};

/// The result of a coroutine: a value, or the exception that it raised.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, ValueError, run};
///
/// async fn celsius(reading: &str) -> Result<f64> {
///     let celsius: f64 = reading.parse()?; // raises any error
///     if celsius < -273.15 {
///         return Err(ValueError::new("colder than cold").into());
///     }
///     Ok(celsius)
/// }
///
/// assert_eq!(run(celsius("21.5")).unwrap(), 21.5);
/// assert!(run(celsius("warm")).unwrap_err().is::<std::num::ParseFloatError>());
/// assert!(run(celsius("-300")).unwrap_err().is::<ValueError>());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A raised exception of any type: what an `except` clause of Python sees as a `BaseException`.
///
/// Every `std::error::Error` that is `Send + Sync + 'static` converts into it, so `?` raises. [`is`](Error::is) and
/// [`downcast_ref`](Error::downcast_ref) take the place of `except T`. It derefs to `dyn std::error::Error`, which has
/// `to_string()` and `source()`. It is `Send` and `Sync`, and a clone is the same exception.
///
/// `Display` is the exception's message (`str(e)`). `Debug` is the `Debug` of the wrapped error; for the exceptions of this
/// crate it reads as Python's `repr(e)`, and for errors of the operating system as the matching subclass of `OSError`:
/// `ConnectionRefusedError('…')`.
///
/// # Examples
///
/// ```
/// use asyncio::{Error, ValueError};
///
/// let error = Error::from(ValueError::new("no such row"));
/// assert!(error.is::<ValueError>());
/// assert_eq!(error.to_string(), "no such row");
/// assert_eq!(format!("{error:?}"), "ValueError('no such row')");
/// ```
#[doc(alias = "BaseException")]
#[derive(Clone)]
pub struct Error(Arc<Raised>);

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<std::task::Poll<Result<()>>>() == 16);

enum Raised {
    /// Without a box of its own: a cancellation is by far the most frequent exception.
    Cancelled(CancelledError),
    Link(Link),
    Other(Box<dyn StdError + Send + Sync + 'static>),
}

impl Error {
    /// Is the exception an `E`? What `except E:` tests.
    #[must_use]
    pub fn is<E: StdError + 'static>(&self) -> bool {
        (**self.raised()).is::<E>()
    }

    /// The exception as an `E`, if it is one: `except E as e:`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, RuntimeError, ValueError};
    ///
    /// let error = Error::from(ValueError::new("no such row"));
    /// assert_eq!(error.downcast_ref(), Some(&ValueError::new("no such row")));
    /// assert_eq!(error.downcast_ref::<RuntimeError>(), None);
    /// ```
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        (**self.raised()).downcast_ref::<E>()
    }

    /// Is this a cancellation? Short for `is::<CancelledError>()`.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.raised().0, Raised::Cancelled(_))
    }

    /// Is this the same raised exception as `other`, not just an equal one? Python's `is`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, Exception};
    ///
    /// let error = Error::from(Exception::new("boom"));
    /// assert!(error.same(&error.clone()));
    /// assert!(!error.same(&Exception::new("boom").into()));
    /// ```
    #[must_use]
    pub fn same(&self, other: &Error) -> bool {
        Arc::ptr_eq(&self.raised().0, &other.raised().0)
    }

    /// This exception, raised while `context` was being handled: sets Python's `__context__`.
    ///
    /// If this exception has a context already, `context` is added at the end of the chain, unless the chain contains it. An
    /// exception without a [`source`](StdError::source) of its own gets `context` as its source. Nothing else changes.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, RuntimeError, ValueError};
    ///
    /// let first = Error::from(ValueError::new("bad row"));
    /// let second = Error::from(RuntimeError::new("cannot close")).during(first.clone());
    /// assert!(second.is::<RuntimeError>());
    /// assert!(second.context().unwrap().same(&first));
    /// ```
    #[must_use]
    pub fn during(self, context: Error) -> Error {
        let chain: Vec<&Error> = self.chain().collect();
        if self.has_final_context() || chain.iter().any(|link| link.same(&context)) {
            return self;
        }
        chain.into_iter().rfold(context, |context, link| {
            Link { raised: link.raised().clone(), context: Some(context), is_final: false }.into_error()
        })
    }

    /// This exception, with its context fixed: [`during`](Self::during) adds nothing to it any more.
    ///
    /// For context managers, where Python assigns to `__context__`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, RuntimeError, ValueError};
    ///
    /// let error = Error::from(RuntimeError::new("cannot close")).with_final_context();
    /// let error = error.during(ValueError::new("bad row").into());
    /// assert!(error.is::<RuntimeError>() && error.context().is_none());
    /// ```
    #[doc(hidden)]
    #[must_use]
    pub fn with_final_context(self) -> Error {
        Link { raised: self.raised().clone(), context: self.context().cloned(), is_final: true }.into_error()
    }

    /// The exception that was being handled when this one was raised, if any: Python's `__context__`.
    #[doc(alias = "__context__")]
    #[must_use]
    pub fn context(&self) -> Option<&Error> {
        self.link()?.context.as_ref()
    }

    /// Inserts a `TimeoutError` wherever this error, or a member of this group, was raised during a cancellation, at any depth:
    /// how a time limit that has expired marks the cancellation as its own.
    #[doc(hidden)]
    #[must_use]
    pub fn during_timeout(self) -> Error {
        let Some(group) = self.downcast_ref::<ExceptionGroup>() else { return self.with_timeout() };
        let group = group.map(|error| error.clone().with_timeout());
        self.relinked(group.into(), self.context().cloned()).with_timeout()
    }

    fn with_timeout(self) -> Error {
        let chain: Vec<&Error> = self.chain().collect();
        let Some(before) = chain.iter().skip(1).position(|error| error.is_cancelled()) else { return self };
        let timeout = TimeoutError::raise_from(chain[before + 1].clone());
        chain[..=before].iter().rfold(timeout, |context, link| link.relinked(link.raised().clone(), Some(context)))
    }

    /// `raised` in the place of this error: with another context, and final if this one is.
    fn relinked(&self, raised: Error, context: Option<Error>) -> Error {
        match (context, self.has_final_context()) {
            (None, false) => raised,
            (context, is_final) => Link { raised, context, is_final }.into_error(),
        }
    }

    /// This error, its context, the context of that, and so on.
    fn chain(&self) -> impl Iterator<Item = &Error> {
        iter::successors(Some(self), |error| error.context())
    }

    fn has_final_context(&self) -> bool {
        self.link().is_some_and(|link| link.is_final)
    }

    /// The exception without its context.
    fn raised(&self) -> &Error {
        self.link().map_or(self, |link| &link.raised)
    }

    fn link(&self) -> Option<&Link> {
        match &*self.0 {
            Raised::Link(link) => Some(link),
            _ => None,
        }
    }

    /// Does this error lead to others, through a context or as a group?
    pub(crate) fn leads_on(&self) -> bool {
        match &*self.0 {
            Raised::Cancelled(_) => false,
            Raised::Link(_) => true,
            Raised::Other(error) => error.is::<ExceptionGroup>(),
        }
    }

    /// Moves those errors that this one leads to and that lead on themselves into `errors`, if nothing else owns this one.
    fn take_apart(&mut self, errors: &mut Vec<Error>) {
        match Arc::get_mut(&mut self.0) {
            Some(Raised::Link(link)) => link.take_apart(errors),
            Some(Raised::Other(error)) => {
                if let Some(group) = error.downcast_mut::<ExceptionGroup>() {
                    group.take_members(errors);
                }
            }
            Some(Raised::Cancelled(_)) | None => {}
        }
    }
}

/// Drops errors with all that they lead to, without recursion: a chain of contexts or nested groups may be deeper than the
/// stack.
pub(crate) fn drop_one_by_one(mut errors: Vec<Error>) {
    while let Some(mut error) = errors.pop() {
        error.take_apart(&mut errors);
    }
}

/// An exception with its context.
struct Link {
    /// Never a link itself.
    raised: Error,
    context: Option<Error>,
    /// [`Error::during`] adds no further context.
    is_final: bool,
}

impl Link {
    fn into_error(self) -> Error {
        Error(Arc::new(Raised::Link(self)))
    }

    fn take_apart(&mut self, errors: &mut Vec<Error>) {
        // A context that leads nowhere is dropped here.
        errors.extend(self.context.take().filter(Error::leads_on));
        self.raised.take_apart(errors);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut errors = Vec::new();
        self.take_apart(&mut errors);
        drop_one_by_one(errors);
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.raised, f)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.raised, f)
    }
}

impl StdError for Link {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.raised.source().or_else(|| self.context.as_ref().map(|context| &**context as _))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let mut error = Some(error);
        let any: &mut dyn Any = &mut error;
        Error(Arc::new(match any.downcast_mut().and_then(Option::take) {
            Some(cancelled) => Raised::Cancelled(cancelled),
            None => Raised::Other(Box::new(error.expect("it was not taken"))),
        }))
    }
}

impl Deref for Error {
    type Target = dyn StdError + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        match &*self.0 {
            Raised::Cancelled(error) => error,
            Raised::Link(error) => error,
            Raised::Other(error) => &**error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = self.downcast_ref::<io::Error>() {
            return repr::os_error(f, error);
        }
        // Reports print errors wherever they occur, even during unwinding, when a second panic would abort the process.
        let printed = catch_unwind(AssertUnwindSafe(|| fmt::Debug::fmt(&**self, f)));
        printed.unwrap_or_else(|_| f.write_str("<error whose Debug panicked>"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ValueError;

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
    fn what_the_system_says_is_a_class_of_exceptions() {
        let missing = std::fs::File::open("/no/such/file").map_err(Error::from).unwrap_err();
        assert_eq!(format!("{missing:?}"), "FileNotFoundError('No such file or directory (os error 2)')");
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "nobody listens at 'here'");
        let refused = Error::from(refused).during(missing);
        assert_eq!(format!("{refused:?}"), "ConnectionRefusedError(\"nobody listens at 'here'\")");
        assert_eq!(format!("{:?}", Error::from(std::io::Error::other("odd"))), "OSError('odd')");
    }

    #[test]
    fn a_clone_is_the_same_exception() {
        let error = Error::from(ValueError::new("x"));
        assert!(error.same(&error.clone()));
        assert!(!error.same(&ValueError::new("x").into()));
    }

    #[test]
    fn a_context_changes_nothing_but_the_context() {
        let first = Error::from(ValueError::new("first"));
        let second = Error::from(ValueError::new("second"));
        let chained = second.clone().during(first.clone());
        assert!(chained.same(&second) && !chained.same(&first));
        assert_eq!(chained.downcast_ref::<ValueError>(), second.downcast_ref());
        assert_eq!((chained.to_string(), format!("{chained:?}")), (second.to_string(), format!("{second:?}")));
        assert!(chained.context().unwrap().same(&first));
        assert_eq!(chained.source().unwrap().to_string(), "first");
    }

    #[test]
    fn a_context_goes_to_the_end_of_the_chain_and_no_exception_into_it_twice() {
        let [a, b, c] = ["a", "b", "c"].map(|name| Error::from(ValueError::new(name)));
        let chained = c.clone().during(b.clone()).during(a.clone()).during(b.clone()).during(c.clone());
        let chain: Vec<String> = chained.chain().map(Error::to_string).collect();
        assert_eq!(chain, ["c", "b", "a"]);
    }

    #[test]
    fn a_final_context_stays_as_it_is() {
        let [a, b, c] = ["a", "b", "c"].map(|name| Error::from(ValueError::new(name)));
        let with_none = a.clone().with_final_context().during(b.clone());
        assert!(with_none.same(&a) && with_none.context().is_none());
        let with_one = a.during(b.clone()).with_final_context().during(c);
        assert!(with_one.context().unwrap().same(&b) && with_one.context().unwrap().context().is_none());
    }

    #[test]
    fn a_long_chain_is_dropped_without_recursion() {
        let first = Error::from(ValueError::new("first"));
        drop((0..1_000_000).fold(first, |context, _| Error::from(ValueError::default()).during(context)));
    }

    #[test]
    fn errors_cross_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<Error>();
    }
}
