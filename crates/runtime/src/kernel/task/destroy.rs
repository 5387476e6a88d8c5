//! The end of the tasks that are left when their loop closes.

use asyncio_errors::names::place;
use asyncio_errors::{ExceptionContext, log};

use crate::kernel::handle::AnyTask;
use crate::kernel::memory::state::State;

/// Reports every task that is left, and makes it drop its coroutine at its last step.
pub(crate) fn destroy_all(tasks: &[AnyTask]) {
    for task in tasks {
        let context =
            ExceptionContext::new("Task was destroyed but it is pending!").object("task", format!("{task:?}"));
        task.core().in_context(|| task.base().event_loop().call_exception_handler(&context));
        // A task that has been aborted, by the handler or before, is dropped on purpose.
        if task.base().state() == State::New {
            let (at, name) = (place(task.created_at()), task.coroutine_name());
            log::warning(format_args!("{at}: RuntimeWarning: coroutine '{name}' was never awaited"));
        }
        task.abort();
    }
}
