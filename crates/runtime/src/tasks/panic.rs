//! A panic in a task: caught at its step, kept as its error, and gone on with in whoever awaits it.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Mutex;

use crate::error::Error;
use crate::report;

/// A panic that was caught in a task and waits for whoever awaits it.
pub(crate) struct TaskPanic {
    message: String,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl TaskPanic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { message: report::panic_message(&*payload).to_owned(), payload: Mutex::new(Some(payload)) }
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
