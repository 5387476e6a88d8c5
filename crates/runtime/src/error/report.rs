//! How a loop reports what nobody handles: `loop.call_exception_handler`. Without a handler `log` writes it.
//!
//! Texts follow asyncio's log messages, so that who searches for one finds Python's explanations.

use std::fmt::{self, Write as _};

use crate::base::log::{Escape, Lines};
use crate::error::Error;

/// What the exception handler of a loop is told: the dictionary that `loop.call_exception_handler` takes.
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
    /// The exception, where there is one.
    pub exception: Option<Error>,
    /// What it happened to: a label (`future`, `task`, `handle`) and how that prints.
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

    pub(crate) fn object(mut self, label: &'static str, repr: String) -> Self {
        self.object = Some((label, repr));
        self
    }
}

/// The text that the default handler writes: the message, then a line per entry.
impl fmt::Display for ExceptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        // The lines are ours: what an object says of itself is in one.
        if let Some((label, repr)) = &self.object {
            write!(f, "\n{label}: ")?;
            write!(Escape(f, Lines::Escape), "{repr}")?;
        }
        if let Some(exception) = &self.exception {
            f.write_str("\nexception: ")?;
            write!(Escape(f, Lines::Escape), "{exception:?}")?;
        }
        Ok(())
    }
}

/// A panic that was caught: its message.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("Box<dyn Any>")
}
