//! A panic that was caught, as an error: kept until it is resumed where its task is awaited.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

use crate::names::has;
use crate::{Error, log};

/// A panic of a task, a callback or a job in a thread, as an error.
///
/// Awaiting a task that panicked resumes the panic. Where the program only inspects the error (with `exception`, in an
/// [`ExceptionGroup`](crate::ExceptionGroup), in an exception handler) it is this type. Python has no counterpart: there a
/// failing task always has an exception.
///
/// # Examples
///
/// ```
/// use asyncio::{TaskPanic, create_task, run, wait};
///
/// run(async {
///     let task = create_task(async { if true { panic!("expected tea") } else { Ok(()) } });
///     wait([&task]).await?;
///     let error = task.exception()?.expect("it has panicked");
///     assert_eq!(error.downcast_ref::<TaskPanic>().unwrap().message(), "expected tea");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct TaskPanic {
    message: String,
    /// Taken when the panic is resumed for the first time.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl TaskPanic {
    /// The panic with the payload that `catch_unwind` returned.
    #[doc(hidden)]
    #[must_use]
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = panic_message(&*payload).to_owned();
        if let Some(hint) = hint(&message) {
            // The panic may end the program, which then prints nothing but its message.
            log::warning(hint);
        }
        Self { message, payload: Mutex::new(Some(payload)) }
    }

    /// The message of the panic, or `Box<dyn Any>` if its payload is not a string.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Resumes the panic if the error is one whose payload is still there; otherwise returns the error.
pub fn resume_panic(error: Error) -> Error {
    let payload = error
        .downcast_ref::<TaskPanic>()
        .and_then(|panic| panic.payload.lock().unwrap_or_else(PoisonError::into_inner).take());
    match payload {
        Some(payload) => resume_unwind(payload),
        None => error,
    }
}

/// The message of a panic that was caught.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("Box<dyn Any>")
}

/// A hint on how to avoid this panic, if its message does not help users of this runtime.
fn hint(message: &str) -> Option<&'static str> {
    // tokio's message when one of its sockets, timers or tasks is used outside of its runtimes.
    let needs_tokio = has(message, "must be called from the context of a Tokio 1.x runtime");
    needs_tokio.then_some(
        "hint: put it into `async_compat::Compat::new(async { … })`, or enter a runtime of tokio's around `run`",
    )
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task panicked: {}", self.message)?;
        hint(&self.message).map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskPanic({:?})", self.message)
    }
}

impl StdError for TaskPanic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panic_of_a_future_that_needs_tokio_says_what_to_do() {
        let display = |message: &str| TaskPanic::new(Box::new(message.to_owned())).to_string();
        let tokio = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
        let hint = "put it into `async_compat::Compat::new(async { … })`, or enter a runtime of tokio's around `run`";
        assert_eq!(display(tokio), format!("the task panicked: {tokio} (hint: {hint})"));
        assert_eq!(TaskPanic::new(Box::new(tokio)).message(), tokio);
        assert_eq!(display("no tea"), "the task panicked: no tea");
    }
}
