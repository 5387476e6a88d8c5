//! What scoped tasks need of the runtime. They stand outside of it, in `asyncio-scope`.

use std::task::Waker;

use crate::kernel::{AnyTask, current, visit};

#[doc(hidden)]
impl AnyTask {
    /// The task whose step this is.
    pub fn acting() -> Option<Self> {
        current::with_task(|task| task.cloned())
    }

    /// Polls the coroutine of this task, which is suspended, in the middle of the present step, and does not count that as a step. If
    /// it is not suspended, or `waker` does not wake it, it only wakes.
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

    /// Lets `name` tell the name of its coroutine function, which is another than that of the coroutine's type.
    pub fn set_coroutine_naming(&self, name: fn() -> &'static str) {
        self.core().set_coroutine_naming(name);
    }
}
