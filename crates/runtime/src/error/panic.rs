//! A panic in a task: caught at its step, kept as its error, and gone on with in whoever awaits it.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Mutex;

use crate::error::Error;
use crate::error::report;

/// A panic that was caught, in a task, a callback or a job of a thread, as the error that it then is.
///
/// Whoever awaits a task that panicked goes on with the panic; where its error is looked at instead, by
/// [`exception`](crate::AnyFuture::exception), in an [`ExceptionGroup`](crate::ExceptionGroup) or by an exception handler,
/// this is what there is.
///
/// # Examples
///
/// ```
/// use asyncio::{TaskPanic, create_task, run, wait};
///
/// run(async {
///     let task = create_task(async { if true { panic!("no tea") } else { Ok(()) } });
///     wait([&task]).await?;
///     let error = task.exception()?.expect("it has panicked");
///     assert_eq!(error.downcast_ref::<TaskPanic>().unwrap().message(), "no tea");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct TaskPanic {
    message: String,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl TaskPanic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { message: report::panic_message(&*payload).to_owned(), payload: Mutex::new(Some(payload)) }
    }

    /// What was said when it panicked; `Box<dyn Any>` if that was no text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Goes on with the panic if the error is one; its message is left for those who come later.
pub(crate) fn resume_panic(error: Error) -> Error {
    if error.is_cancelled() {
        return error;
    }
    if let Some(panic) = error.downcast_ref::<TaskPanic>() {
        let payload = panic.payload.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(payload) = payload {
            std::panic::resume_unwind(payload);
        }
    }
    error
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task panicked: {}", self.message)
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskPanic({:?})", self.message)
    }
}

impl StdError for TaskPanic {}
