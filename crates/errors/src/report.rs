//! `ExceptionContext`: the report of an error that nothing in the program has handled.
//!
//! The texts are those of asyncio's log messages, so that a search for one finds Python's explanations.

use std::fmt::{self, Write as _};
use std::panic::Location;

use crate::escape::{Escape, Lines};
use crate::names::place;
use crate::{Error, env};

/// What a loop's exception handler is called with: the dictionary that `loop.call_exception_handler` takes.
///
/// `Display` is the text that the default handler writes: the message, then one line per entry.
///
/// # Examples
///
/// ```
/// use asyncio::{ExceptionContext, RuntimeError};
///
/// let context = ExceptionContext::new("cannot save").exception(RuntimeError::new("disk full").into());
/// assert_eq!(context.message, "cannot save");
/// assert!(context.exception.as_ref().unwrap().is::<RuntimeError>());
/// assert_eq!(context.to_string(), "cannot save\nexception: RuntimeError('disk full')");
/// ```
#[derive(Clone, Debug)]
pub struct ExceptionContext {
    /// What happened, for example `Task exception was never retrieved`.
    pub message: String,
    /// The exception, if there is one.
    pub exception: Option<Error>,
    /// The object concerned: its label (`future`, `task`, `handle`) and its `repr`.
    pub object: Option<(&'static str, String)>,
}

impl ExceptionContext {
    /// A context with only a message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), exception: None, object: None }
    }

    /// Adds the exception.
    #[must_use]
    pub fn exception(mut self, exception: Error) -> Self {
        self.exception = Some(exception);
        self
    }

    /// Adds the object concerned: its label and its `repr`.
    #[must_use]
    pub fn object(mut self, label: &'static str, repr: String) -> Self {
        self.object = Some((label, repr));
        self
    }
}

/// How a callback was queued: the deadline, if it is a timer's, and the location of the call, if debug mode has recorded it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are told above")]
pub struct Queued {
    pub when: Option<f64>,
    pub at: Option<&'static Location<'static>>,
}

impl Queued {
    /// The `repr` of its handle; without a callback, none is named.
    #[must_use]
    pub fn handle_repr(self, cancelled: bool, callback: Option<&str>) -> String {
        let cancelled = if cancelled { " cancelled" } else { "" };
        let callback = callback.map_or(String::new(), |callback| format!(" {callback}"));
        let at = created_at(self.at);
        match self.when {
            None => format!("<Handle{cancelled}{callback}{at}>"),
            Some(when) => format!("<TimerHandle{cancelled} when={when}{callback}{at}>"),
        }
    }
}

/// ` created at FILE:LINE`, which ends a `repr` in debug mode. (Python keeps the whole stack, and its `repr` shows only this
/// line.)
#[must_use]
pub fn created_at(at: Option<&Location<'_>>) -> String {
    at.map_or(String::new(), |at| format!(" created at {}", place(at)))
}

impl fmt::Display for ExceptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        // Line ends in the text of an object or an error are escaped, so that each entry stays on one line.
        if let Some((label, repr)) = &self.object {
            write!(f, "\n{label}: ")?;
            write!(Escape(f, Lines::Escape), "{repr}")?;
        }
        if let Some(exception) = &self.exception {
            f.write_str("\nexception: ")?;
            // A report has lines of its own, in which names are escaped.
            let lines = if exception.is_report() { Lines::Keep } else { Lines::Escape };
            write!(Escape(f, lines), "{}", exception.repr())?;
            if let Some(at) = exception.location().filter(|_| env::shows_locations()) {
                write!(f, "\nraised at: {}", place(at))?;
            }
        }
        Ok(())
    }
}
