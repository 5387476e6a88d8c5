//! `Error`, the one dynamic error: an exception that was raised.
//!
//! The core idea: anyhow's convenience (any `std::error::Error` converts with `?`) in a form that can be kept *and*
//! passed on, because every task that awaits a failed task sees its error. So an error is shared (`Clone`), `Send` and `Sync`.
//! An error raised while another was being handled is wrapped in a [`Link`] that remembers the other one; one that was given a
//! context in words is wrapped in a [`Described`]. `is` and `downcast_ref` look through both. Each error knows the location
//! where it was raised; there are no backtraces.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::{fmt, io, iter};

use crate::names::{self, place};
use crate::{CancelledError, Exception, ExceptionGroup, Raisable, RaisedError, RuntimeError, TimeoutError, env, repr};

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
/// # Printing
///
/// `Display` says what happened: the message or, for an exception without one, a few words (`timed out`). For Python's `str(e)`,
/// which is then empty, use [`message`](Error::message) or `{error:-}`. `{error:#}` adds the sources: `cannot load: no such row`.
///
/// `Debug` is the `Debug` of the wrapped error; for the exceptions of this crate it reads as Python's `repr(e)`, and for errors of
/// the operating system as the matching subclass of `OSError`: `ConnectionRefusedError('…')`. With `ASYNCIO_DEBUG=1` or
/// `RUST_BACKTRACE=1` in the environment the location where the error was raised follows, as it does in reports.
/// (`RUST_LIB_BACKTRACE` is asked before `RUST_BACKTRACE`, as for backtraces of the standard library.)
///
/// # Other crates' errors
///
/// `?` converts an `Error` into `Box<dyn std::error::Error>`, with and without `Send + Sync`; the box holds a [`RaisedError`].
/// With the feature `anyhow`, `?` also converts it into `anyhow::Error`. In the other direction, use
/// [`from_boxed`](Error::from_boxed), or [`context`](crate::ErrorContext::context) on the result: Rust does not allow a `?` for
/// boxed errors beside the one for all errors.
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

struct Raised {
    kind: RaisedKind,
    /// The location of the `?`, `into` or `from` that made an `Error` of it.
    at: &'static Location<'static>,
}

enum RaisedKind {
    /// Not boxed: a cancellation is by far the most frequent exception.
    Cancelled(CancelledError),
    Link(Link),
    Described(Described),
    /// Several lines for people, which `Debug` does not escape.
    Report(RuntimeError),
    Other(Box<dyn StdError + Send + Sync + 'static>),
    #[cfg(feature = "anyhow")]
    Anyhow(anyhow::Error),
}

impl Error {
    fn new(kind: RaisedKind, at: &'static Location<'static>) -> Self {
        Error(Arc::new(Raised { kind, at }))
    }

    /// An error that says it was raised at `at`: a line of the program, where the conversion is in a line of this library.
    #[doc(hidden)]
    #[must_use]
    pub fn raised_at(error: impl StdError + Send + Sync + 'static, at: &'static Location<'static>) -> Self {
        Error::new(RaisedKind::Other(Box::new(error)), at)
    }

    /// As above, for a cancellation.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn cancelled_at(message: Option<Arc<str>>, at: &'static Location<'static>) -> Self {
        Error::new(RaisedKind::Cancelled(CancelledError::from_message(message)), at)
    }

    /// An error that is a plain text: Python's `Exception(text)`. [`raise!`](crate::raise) raises one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, Exception, Result};
    ///
    /// fn first(words: &str) -> Result<&str> {
    ///     words.split_whitespace().next().ok_or_else(|| Error::msg("there is no word"))
    /// }
    ///
    /// let error = first(" ").unwrap_err();
    /// assert!(error.is::<Exception>());
    /// assert_eq!(error.to_string(), "there is no word");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn msg(text: impl Into<Cow<'static, str>>) -> Error {
        Exception::new(text).into()
    }

    /// A `RuntimeError` whose message has several lines, for people to read: `Debug` writes it as it is. A program that returns it
    /// from `main` prints the lines.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn report(text: impl Into<Cow<'static, str>>) -> Error {
        Error::new(RaisedKind::Report(RuntimeError::new(text)), Location::caller())
    }

    /// The error in a box, or in another crate's boxed error type (`anyhow::Error`).
    ///
    /// An `Error` that had been put into the box comes out as the same exception.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, Result};
    ///
    /// type Boxed = Box<dyn std::error::Error + Send + Sync>;
    ///
    /// fn parse(text: &str) -> Result<i32, Boxed> {
    ///     Ok(text.parse()?)
    /// }
    ///
    /// fn twice(text: &str) -> Result<i32> {
    ///     Ok(2 * parse(text).map_err(Error::from_boxed)?)
    /// }
    ///
    /// assert_eq!(twice("21").unwrap(), 42);
    /// assert!(twice("half").unwrap_err().is::<std::num::ParseIntError>());
    /// let error = twice("").unwrap_err();
    /// assert!(Error::from_boxed(Boxed::from(error.clone())).same(&error)); // there and back
    /// ```
    #[must_use]
    #[track_caller]
    pub fn from_boxed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        let at = Location::caller();
        let boxed = match error.into().downcast::<RaisedError>() {
            Ok(raised) => return raised.into_error(),
            Err(boxed) => boxed,
        };
        let kind = match boxed.downcast::<CancelledError>() {
            Ok(cancelled) => RaisedKind::Cancelled(*cancelled),
            Err(boxed) => RaisedKind::Other(boxed),
        };
        Error::new(kind, at)
    }

    /// Converts an error that cannot be sent to other threads into one that can: it keeps the texts of the error and of its
    /// sources.
    ///
    /// Its type is lost, unless the box holds an `Error`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, Result, ValueError};
    ///
    /// fn local() -> Result<(), Box<dyn std::error::Error>> {
    ///     Err(ValueError::new("no such row"))?
    /// }
    ///
    /// let error = local().map_err(Error::from_local).unwrap_err();
    /// assert_eq!(format!("{error}, {error:?}"), "no such row, ValueError('no such row')");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn from_local(error: impl Into<Box<dyn StdError>>) -> Error {
        let at = Location::caller();
        match error.into().downcast::<RaisedError>() {
            Ok(raised) => raised.into_error(),
            Err(local) => Error::new(RaisedKind::Other(Box::new(Texts::of(&*local))), at),
        }
    }

    /// The error of anyhow; the exceptions in it are found as they are in any other error. Needs the feature `anyhow`.
    ///
    /// An `Error` that anyhow has given a context comes out as the same exception with that context.
    #[cfg(feature = "anyhow")]
    #[must_use]
    #[track_caller]
    pub fn from_anyhow(error: anyhow::Error) -> Error {
        let Some(raised) = error.downcast_ref::<RaisedError>() else {
            return Error::new(RaisedKind::Anyhow(error), Location::caller());
        };
        let contexts: Vec<String> =
            error.chain().take_while(|error| !error.is::<RaisedError>()).map(ToString::to_string).collect();
        contexts.into_iter().rfold(raised.error().clone(), |error, text| error.with_description(text))
    }

    /// The error as a `std::error::Error`, which it is not itself: for functions that take one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, TimeoutError};
    ///
    /// let error = Error::from(TimeoutError::default());
    /// let failed = std::io::Error::other(error.clone().into_std());
    /// assert_eq!(failed.to_string(), "timed out");
    /// let std = error.into_std();
    /// assert!(std.is::<TimeoutError>()); // a `RaisedError` derefs to its `Error`
    /// ```
    #[must_use]
    pub fn into_std(self) -> RaisedError {
        RaisedError::new(self)
    }

    /// This error with a context in words, as [`context`](crate::ErrorContext::context) on a result adds it.
    #[must_use]
    pub(crate) fn with_description(self, text: impl Into<Cow<'static, str>>) -> Error {
        let at = self.0.at;
        Error::new(RaisedKind::Described(Described { text: text.into(), error: self }), at)
    }

    /// Python's `str(e)`: the message, which may be empty where `Display` says what happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, TimeoutError};
    ///
    /// let error = Error::from(TimeoutError::default());
    /// assert_eq!((error.message(), error.to_string()), (String::new(), "timed out".to_owned()));
    /// ```
    #[doc(alias = "str")]
    #[must_use]
    pub fn message(&self) -> String {
        format!("{self:-}")
    }

    /// Python's `repr(e)`: what `Debug` writes, without the location that it may add.
    #[must_use]
    pub fn repr(&self) -> String {
        Repr(self).to_string()
    }

    /// The location in the program where the exception was raised, if it is known: the `?`, `into` or `from` that made an `Error`
    /// of it.
    ///
    /// An exception that this library raises has the location where the task waits: for a `CancelledError` and a `TimeoutError`
    /// the await that was cancelled, or the block (`wait_for`, say) whose content was dropped; for an `ExceptionGroup` the call
    /// of `run`; for an error of a stream operation its call, in debug mode.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Error, ValueError};
    ///
    /// let error: Error = ValueError::new("no such row").into();
    /// if let Some(at) = error.location() {
    ///     println!("{error}, raised at {at}"); // no such row, raised at src/main.rs:3:53
    /// }
    /// ```
    #[must_use]
    pub fn location(&self) -> Option<&'static Location<'static>> {
        // A conversion by `map_err(Error::from)`, or by an older standard library; or one in this library.
        let unknown = |at: &Location<'_>| names::has(at.file(), "library/core/src/") || is_ours(at.file());
        // A link around an exception may know where it came out of the library.
        let known = [self.raised().0.at, self.undescribed().0.at].into_iter().find(|at| !unknown(at));
        known.filter(|_| !self.is_report())
    }

    /// Sets the location to `at`, the line that called the library, unless the error already has one in the program.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn or_raised_at(mut self, at: &'static Location<'static>) -> Error {
        if self.location().is_some() {
            return self;
        }
        match Arc::get_mut(&mut self.0) {
            Some(raised) if !matches!(raised.kind, RaisedKind::Link(_) | RaisedKind::Described(_)) => raised.at = at,
            // An exception that others have, too, such as the one that broke a connection: each has its own line.
            _ => {
                let (raised, context, is_final) =
                    (self.raised().clone(), self.context().cloned(), self.has_final_context());
                return self.described(Error::new(RaisedKind::Link(Link { raised, context, is_final }), at));
            }
        }
        self
    }

    /// Does its message have several lines, for people to read?
    pub(crate) fn is_report(&self) -> bool {
        matches!(self.raised().0.kind, RaisedKind::Report(_))
    }

    fn write_repr(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.descriptions().try_for_each(|described| write!(f, "{}: ", described.text))?;
        let error = self.undescribed();
        if let RaisedKind::Report(report) = &error.raised().0.kind {
            return write!(f, "RuntimeError: {report}");
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return repr::os_error(f, error);
        }
        // Reports print errors wherever they occur, even during unwinding, when a second panic would abort the process.
        let printed = catch_unwind(AssertUnwindSafe(|| fmt::Debug::fmt(&**error, f)));
        printed.unwrap_or_else(|_| f.write_str("<error whose Debug panicked>"))
    }

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
        matches!(self.raised().0.kind, RaisedKind::Cancelled(_))
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
        chain.into_iter().rfold(context, |context, link| link.relinked(link.raised().clone(), Some(context)))
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
        self.linked(Link { raised: self.raised().clone(), context: self.context().cloned(), is_final: true })
    }

    /// The exception that was being handled when this one was raised, if any: Python's `__context__`.
    #[doc(alias = "__context__")]
    #[must_use]
    pub fn context(&self) -> Option<&Error> {
        self.link()?.context.as_ref()
    }

    /// Inserts a `TimeoutError` wherever this error, or a member of this group, was raised during a cancellation, at any depth.
    /// An expired time limit marks a cancellation as its own in this way.
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
        let timeout = TimeoutError::raise_from(chain[before + 1].clone(), self.0.at);
        chain[..=before].iter().rfold(timeout, |context, link| link.relinked(link.raised().clone(), Some(context)))
    }

    /// `raised` in place of this error, with another context; final if this one is.
    fn relinked(&self, raised: Error, context: Option<Error>) -> Error {
        match (context, self.has_final_context()) {
            (None, false) => self.described(raised),
            (context, is_final) => self.linked(Link { raised, context, is_final }),
        }
    }

    /// `link` in place of this error.
    fn linked(&self, link: Link) -> Error {
        let at = self.undescribed().0.at;
        self.described(Error::new(RaisedKind::Link(link), at))
    }

    /// `error`, which has no descriptions, with those of this error.
    fn described(&self, error: Error) -> Error {
        let descriptions: Vec<&Described> = self.descriptions().collect();
        descriptions.into_iter().rfold(error, |error, outer| error.with_description(outer.text.clone()))
    }

    /// The descriptions of this error, the last one first.
    fn descriptions(&self) -> impl Iterator<Item = &Described> {
        iter::successors(self.description(), |described| described.error.description())
    }

    fn description(&self) -> Option<&Described> {
        match &self.0.kind {
            RaisedKind::Described(described) => Some(described),
            _ => None,
        }
    }

    /// The error without its descriptions.
    fn undescribed(&self) -> &Error {
        self.descriptions().last().map_or(self, |described| &described.error)
    }

    /// This error, its context, the context's context, and so on.
    fn chain(&self) -> impl Iterator<Item = &Error> {
        iter::successors(Some(self), |error| error.context())
    }

    fn has_final_context(&self) -> bool {
        self.link().is_some_and(|link| link.is_final)
    }

    /// The exception without its context.
    fn raised(&self) -> &Error {
        self.link().map_or_else(|| self.undescribed(), |link| &link.raised)
    }

    fn link(&self) -> Option<&Link> {
        match &self.undescribed().0.kind {
            RaisedKind::Link(link) => Some(link),
            _ => None,
        }
    }

    /// Does this error lead to others, through a context or as a group?
    pub(crate) fn leads_on(&self) -> bool {
        match &self.0.kind {
            RaisedKind::Cancelled(_) | RaisedKind::Report(_) => false,
            RaisedKind::Link(_) | RaisedKind::Described(_) => true,
            RaisedKind::Other(error) => error.is::<ExceptionGroup>(),
            #[cfg(feature = "anyhow")]
            RaisedKind::Anyhow(_) => false,
        }
    }

    /// If nothing else owns this error, moves the errors that it leads to into `errors`, unless they lead nowhere.
    fn take_apart(&mut self, errors: &mut Vec<Error>) {
        if let Some(raised) = Arc::get_mut(&mut self.0) {
            raised.take_apart(errors);
        }
    }
}

impl Raised {
    fn take_apart(&mut self, errors: &mut Vec<Error>) {
        match &mut self.kind {
            RaisedKind::Link(link) => {
                // A context that leads nowhere is dropped here.
                errors.extend(link.context.take().filter(Error::leads_on));
                link.raised.take_apart(errors);
            }
            RaisedKind::Described(described) if described.error.leads_on() => {
                errors.push(std::mem::replace(&mut described.error, CancelledError::default().into()));
            }
            RaisedKind::Other(error) => {
                if let Some(group) = error.downcast_mut::<ExceptionGroup>() {
                    group.take_members(errors);
                }
            }
            _ => {}
        }
    }
}

impl Drop for Raised {
    #[inline]
    fn drop(&mut self) {
        #[cold]
        fn drop_chain(raised: &mut Raised) {
            let mut errors = Vec::new();
            raised.take_apart(&mut errors);
            drop_one_by_one(errors);
        }

        if let RaisedKind::Link(_) | RaisedKind::Described(_) = self.kind {
            drop_chain(self);
        }
    }
}

/// The folder with the library's crates, among which this one is: `crates/errors/src` or `asyncio-errors-0.1.0/src`.
const CRATES: &str = {
    let (this, mut end) = (file!(), file!().len());
    while end > 0 && !matches!(this.as_bytes().split_at(end).1, [b'e', b'r', b'r', b'o', b'r', b's', ..]) {
        end -= 1;
    }
    this.split_at(end).0
};

/// Is this a source file of the library?
fn is_ours(file: &str) -> bool {
    let path = file.as_bytes().strip_prefix(CRATES.as_bytes());
    path.is_some_and(|path| path.split(|byte| matches!(byte, b'/' | b'\\')).nth(1) == Some(b"src"))
}

/// The texts of an error that is not `Send`, and of its sources.
struct Texts {
    message: String,
    repr: String,
    source: Option<Box<Texts>>,
}

impl Texts {
    fn of(error: &dyn StdError) -> Self {
        let texts = |error: &dyn StdError| (error.to_string(), format!("{error:?}"));
        let sources: Vec<_> = iter::successors(error.source(), |error| (*error).source()).map(texts).collect();
        let source =
            sources.into_iter().rfold(None, |source, (message, repr)| Some(Box::new(Texts { message, repr, source })));
        let (message, repr) = texts(error);
        Self { message, repr, source }
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr)
    }
}

impl StdError for Texts {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Drops errors and all that they lead to, without recursion: a chain of contexts or of nested groups may be deeper than
/// the stack allows.
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

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.raised, f)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the location, which the error around this link adds.
        self.raised.write_repr(f)
    }
}

impl StdError for Link {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.raised.source().or_else(|| self.context.as_ref().map(|context| &**context as _))
    }
}

/// An error with a context in words: what was being done.
struct Described {
    text: Cow<'static, str>,
    error: Error,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.text, self.error.repr())
    }
}

impl StdError for Described {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.error)
    }
}

impl<E: Raisable> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        let mut error = Some(error);
        let any: &mut dyn Any = &mut error;
        let kind = match any.downcast_mut().and_then(Option::take) {
            Some(cancelled) => RaisedKind::Cancelled(cancelled),
            None => RaisedKind::Other(Box::new(error.expect("it was not taken"))),
        };
        Error::new(kind, Location::caller())
    }
}

impl Deref for Error {
    type Target = dyn StdError + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        match &self.0.kind {
            RaisedKind::Cancelled(error) => error,
            RaisedKind::Link(error) => error,
            RaisedKind::Described(error) => error,
            RaisedKind::Report(error) => error,
            RaisedKind::Other(error) => &**error,
            #[cfg(feature = "anyhow")]
            RaisedKind::Anyhow(error) => &**error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(&**self, f);
        }
        write!(f, "{}", &**self)?;
        iter::successors(self.source(), |error| (*error).source()).try_for_each(|source| write!(f, ": {source}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_repr(f)?;
        match self.location().filter(|_| env::shows_locations()) {
            Some(at) => write!(f, " (raised at {})", place(at)),
            None => Ok(()),
        }
    }
}

/// Writes what [`Error::repr`] returns.
struct Repr<'a>(&'a Error);

impl fmt::Display for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_repr(f)
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
