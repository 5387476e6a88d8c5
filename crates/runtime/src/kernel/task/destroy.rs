//! What becomes of the tasks that are left when their loop closes.

use crate::base::log;
use crate::base::names::place;
use crate::error::report::ExceptionContext;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::marks::Mark;
/// The loop closes: every task that is left is reported and told to drop its coroutine at its last step.
pub(crate) fn destroy_all(tasks: &[AnyTask]) {
    for task in tasks {
        let core = task.core();
        let context =
            ExceptionContext::new("Task was destroyed but it is pending!").object("task", format!("{task:?}"));
        core.in_context(|| task.base().event_loop().call_exception_handler(&context));
        // One that the handler, or somebody before, has aborted is dropped by intent.
        if !core.has(Mark::Started) && !core.has(Mark::Aborted) {
            let (at, name) = (place(task.created_at()), task.object.coroutine_name());
            log::warning(format_args!("{at}: RuntimeWarning: coroutine '{name}' was never awaited"));
        }
        task.abort();
    }
}
