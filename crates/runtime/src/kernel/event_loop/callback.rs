//! How a callback runs: in its context, and with its panic going to the exception handler.

use std::panic::{AssertUnwindSafe, catch_unwind};

use asyncio_contextvars::{self as contextvars, Vars};
use asyncio_errors::{ExceptionContext, TaskPanic, log, panic::panic_message, text::Text};

use crate::kernel::event_loop::LoopCore;

/// What a loop calls for exceptions that nothing handles; see
/// [`EventLoop::set_exception_handler`](crate::EventLoop::set_exception_handler).
pub type ExceptionHandler = dyn Fn(&ExceptionContext);

impl LoopCore {
    pub(crate) fn call_exception_handler(&self, context: &ExceptionContext) {
        let handler = self.exception_handler.borrow().clone();
        let Some(handler) = handler else {
            log::warning(context);
            return;
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| handler(context))) {
            log::warning(format_args!("Unhandled error in exception handler: {}", panic_message(&*payload)));
            log::warning(context);
        }
    }
}

/// Runs a callback in its context; a panic goes to the loop's exception handler, which is called in the same context.
pub(crate) fn run_callback(core: &LoopCore, vars: Vars, describe: &dyn Fn() -> Text, f: impl FnOnce()) {
    run_handled(core, vars, &|| (describe(), format!("<Handle {}>", describe())), f);
}

/// Like [`run_callback`], for a callback that has a handle; `names` returns the callback's description and the handle's `repr`.
pub(crate) fn run_handled(core: &LoopCore, vars: Vars, names: &dyn Fn() -> (Text, String), f: impl FnOnce()) {
    contextvars::run_in(vars, || {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
            let (callback, handle) = names();
            let context = ExceptionContext::new(format!("Exception in callback {callback}")).object("handle", handle);
            core.call_exception_handler(&context.exception(TaskPanic::new(payload).into()));
        }
    });
}
