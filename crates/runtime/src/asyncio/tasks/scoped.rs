//! The runtime's part of scoped tasks. The rest is in `asyncio-scope`.

use std::task::Waker;

use crate::kernel::{AnyTask, current, visit};

#[doc(hidden)]
impl AnyTask {
    /// The task whose step this is.
    pub fn acting() -> Option<Self> {
        current::with_task(|task| task.cloned())
    }

    /// Polls the coroutine of this task, which is suspended, in the middle of the current step, without counting that as a step.
    /// If the task is not suspended, or `waker` does not wake it, only calls the waker.
    pub fn visit(&self, waker: &Waker) {
        visit(self, waker);
    }

    /// Calls `f` with this task as the current one.
    pub fn act<R>(&self, f: impl FnOnce() -> R) -> R {
        current::step(self, f)
    }

    /// Calls `f` with this task as the current one and in its context, between its steps.
    pub fn act_in_context(&self, f: impl FnOnce()) {
        self.act(|| self.core().in_context(f));
    }

    /// Sets the function that returns the name of the coroutine function, if it differs from that of the coroutine's type.
    pub fn set_coroutine_naming(&self, name: fn() -> &'static str) {
        self.core().set_coroutine_naming(name);
    }
}
