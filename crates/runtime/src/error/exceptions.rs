//! The named exceptions: asyncio's own and the few built-in ones that its programs raise.
//!
//! Each is a plain type with a message, `Display` is the message and `Debug` reads as Python's `repr`. Relies on
//! nothing but `std`; what the system says stays `std::io::Error`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::base::log;
use crate::error::GaiError;
use crate::error::{self, Error};

/// A text as Python's `repr` writes it.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(f, self.0)
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    write!(f, "{quote}")?;
    for c in text.chars() {
        match c {
            '\\' => f.write_str("\\\\")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if c != ' ' && !log::is_printable(c) => log::escaped(f, c)?,
            c => write!(f, "{c}")?,
        }
    }
    write!(f, "{quote}")
}

/// The `repr` of what the system says, under the name of its class in Python.
pub(crate) fn os_error(error: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    write!(f, "{class}(")?;
    quoted(f, &error.to_string())?;
    f.write_str(")")
}

macro_rules! exceptions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.message)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                if !self.message.is_empty() {
                    quoted(f, &self.message)?;
                }
                f.write_str(")")
            }
        }

        impl StdError for $name {}
    )*};
}

exceptions! {
    /// Something was used in a state in which it cannot work: Python's `RuntimeError`.
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
    /// An argument has an impossible value: Python's `ValueError`.
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
    /// A plain `Exception` with a message.
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
    ZeroDivisionError;
    /// A context variable without a value: Python's `LookupError`.
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
    /// A future was asked for what it does not have yet, or given what it already has: `asyncio.InvalidStateError`.
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
    /// The user pressed Ctrl-C: what [`run`](crate::run) reports then, as Python's `KeyboardInterrupt`.
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
    KeyboardInterrupt;
}

/// A generator is to end: Python's `GeneratorExit`, raised at the `yield` where it stands.
///
/// Let it through with `?`, or clean up and return. Whoever yields again instead has ignored it, and the closing fails.
/// The generators are in `asyncio-generators`; it is here because a [`TaskGroup`](crate::TaskGroup) lets it through, too.
///
/// # Examples
///
/// ```
/// use asyncio::{GeneratorExit, TaskGroup, run};
///
/// let closed = run(async { TaskGroup::new().run(async |_| Err::<(), _>(GeneratorExit.into())).await });
/// assert!(closed.unwrap_err().is::<GeneratorExit>()); // and no group of one
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneratorExit;

impl fmt::Display for GeneratorExit {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl fmt::Debug for GeneratorExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratorExit()")
    }
}

impl StdError for GeneratorExit {}

/// The request to stop, as it arrives at an await: `asyncio.CancelledError`.
///
/// `?` passes it on, `match` catches it; a task that lets it through ends *cancelled*. It carries the message given to
/// [`cancel_with`](crate::AnyFuture::cancel_with), if any.
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
        Self { message: Some(message.into()) }
    }

    /// A cancellation without a message.
    pub(crate) const fn plain() -> Self {
        Self { message: None }
    }

    pub(crate) fn from_message(message: Option<Arc<str>>) -> Self {
        Self { message }
    }

    /// The message given to `cancel`, or `None`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl fmt::Display for CancelledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().unwrap_or_default())
    }
}

impl fmt::Debug for CancelledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelledError(")?;
        if let Some(message) = self.message() {
            quoted(f, message)?;
        }
        f.write_str(")")
    }
}

impl StdError for CancelledError {}

/// Time is up: Python's `TimeoutError`, which asyncio's is since 3.11.
///
/// Of one that this crate raises the message is empty, and the `source()` the [`CancelledError`] that stopped the work, where
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

    /// `raise TimeoutError from cancelled`, where that is what has just been caught.
    pub(crate) fn raise_from(cancelled: Error) -> Error {
        let cause = cancelled.downcast_ref().cloned();
        Error::from(Self { cause, ..Self::default() }).during(cancelled)
    }
}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimeoutError(")?;
        if !self.message.is_empty() {
            quoted(f, &self.message)?;
        }
        f.write_str(")")
    }
}

impl StdError for TimeoutError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

/// Several exceptions raised together: Python's `ExceptionGroup` (PEP 654), as a [`TaskGroup`](crate::TaskGroup)
/// raises it.
///
/// # Examples
///
/// ```
/// use asyncio::{ExceptionGroup, TypeError, ValueError};
///
/// let group = ExceptionGroup::new("two problems", [ValueError::new("a").into(), TypeError::new("b").into()]);
/// assert_eq!(group.to_string(), "two problems (2 sub-exceptions)");
/// let (values, rest) = group.split(|e| e.is::<ValueError>());
/// assert_eq!(values.len(), 1);
/// assert_eq!(rest.len(), 1);
/// ```
#[derive(Clone)]
pub struct ExceptionGroup {
    message: Cow<'static, str>,
    exceptions: Arc<[Error]>,
}

impl ExceptionGroup {
    /// A group of `exceptions` under one message.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>, exceptions: impl IntoIterator<Item = Error>) -> Self {
        Self { message: message.into(), exceptions: exceptions.into_iter().collect() }
    }

    /// The message without the count that `Display` adds.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exceptions, in the order in which they were raised.
    #[must_use]
    pub fn exceptions(&self) -> &[Error] {
        &self.exceptions
    }

    pub(crate) fn map(&self, f: impl FnMut(&Error) -> Error) -> Self {
        Self { message: self.message.clone(), exceptions: self.exceptions.iter().map(f).collect() }
    }

    /// The exceptions that match and those that do not, looking into nested groups: what `except*` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ExceptionGroup, TypeError, ValueError};
    ///
    /// let inner = ExceptionGroup::new("inner", [ValueError::new("a").into(), TypeError::new("b").into()]);
    /// let outer = ExceptionGroup::new("outer", [inner.into(), ValueError::new("c").into()]);
    /// let (values, rest) = outer.split(|error| error.is::<ValueError>());
    /// assert_eq!(format!("{values:?}"), "[ValueError('a'), ValueError('c')]");
    /// assert_eq!(format!("{rest:?}"), "[TypeError('b')]");
    /// ```
    #[must_use]
    pub fn split(&self, matches: impl Fn(&Error) -> bool) -> (Vec<Error>, Vec<Error>) {
        let mut flat = Vec::new();
        let mut todo: Vec<Error> = self.exceptions.iter().rev().cloned().collect();
        while let Some(error) = todo.pop() {
            match error.downcast_ref::<ExceptionGroup>() {
                Some(group) => todo.extend(group.exceptions.iter().rev().cloned()),
                None => flat.push(error),
            }
        }
        flat.into_iter().partition(matches)
    }
}

impl ExceptionGroup {
    /// Takes out those members that lead to other errors, if nobody else has them.
    pub(crate) fn take_members(&mut self, members: &mut Vec<Error>) {
        let own = Arc::get_mut(&mut self.exceptions).into_iter().flatten();
        let deep = own.filter(|member| member.leads_on());
        members.extend(deep.map(|member| std::mem::replace(member, CancelledError::plain().into())));
    }
}

impl Drop for ExceptionGroup {
    fn drop(&mut self) {
        let mut members = Vec::new();
        self.take_members(&mut members);
        error::drop_one_by_one(None, members);
    }
}

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.exceptions.len();
        write!(f, "{} ({n} sub-exception{})", self.message, if n == 1 { "" } else { "s" })
    }
}

impl fmt::Debug for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // With a list of the groups that are open, for they may be nested deeper than the stack is.
        let open = |group: &ExceptionGroup, f: &mut fmt::Formatter<'_>| {
            f.write_str("ExceptionGroup(")?;
            quoted(f, &group.message)?;
            f.write_str(", [")
        };
        open(self, f)?;
        let mut groups = vec![(self, 0)];
        while let Some((group, next)) = groups.last_mut() {
            let Some(member) = group.exceptions.get(*next) else {
                f.write_str("])")?;
                groups.pop();
                continue;
            };
            if *next > 0 {
                f.write_str(", ")?;
            }
            *next += 1;
            match member.downcast_ref::<ExceptionGroup>() {
                Some(inner) => {
                    open(inner, f)?;
                    groups.push((inner, 0));
                }
                None => write!(f, "{member:?}")?,
            }
        }
        Ok(())
    }
}

impl StdError for ExceptionGroup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_reads_as_pythons_repr() {
        assert_eq!(format!("{:?}", ZeroDivisionError::default()), "ZeroDivisionError()");
        assert_eq!(format!("{:?}", ValueError::new("it's")), "ValueError(\"it's\")");
        assert_eq!(format!("{:?}", CancelledError::new("")), "CancelledError('')");
        // What `repr` of CPython 3.15 gives for these.
        let special =
            ValueError::new("a\u{1b}[2J\r\n\tb\\\u{9b}\u{a0}\u{202e}\u{3000}é日\u{2028}\u{e0041}\u{feff}\u{ad}");
        let expected = r"ValueError('a\x1b[2J\r\n\tb\\\x9b\xa0\u202e\u3000é日\u2028\U000e0041\ufeff\xad')";
        assert_eq!(format!("{special:?}"), expected);
        let group = ExceptionGroup::new("g", [ValueError::new("x").into()]);
        assert_eq!(format!("{group:?}"), "ExceptionGroup('g', [ValueError('x')])");
        assert_eq!(group.to_string(), "g (1 sub-exception)");
    }

    #[test]
    fn splitting_looks_into_nested_groups() {
        let inner = ExceptionGroup::new("inner", [ValueError::new("a").into(), TypeError::new("b").into()]);
        let outer = ExceptionGroup::new("outer", [inner.into(), ValueError::new("c").into()]);
        let (values, rest) = outer.split(|e| e.is::<ValueError>());
        assert_eq!(values.iter().map(|e| e.to_string()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(rest.len(), 1);
    }
}
