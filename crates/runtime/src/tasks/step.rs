//! One step of a task: `Task.__step`.
//!
//! The core idea: the future that async-task polls is not the coroutine but a wrapper around it, which makes the task the
//! current one, swaps its context in, delivers cancellations, and turns what the coroutine gives into the task's end.

use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::cancel::deliver;
use super::task::{AnyTask, Mark, PendingCancel, TaskCore, TaskPanic, Waiter, replace_current};
use crate::cell::FutureRef;
use crate::contextvars::Vars;
use crate::coroutines;
use crate::error::{Error, Result};
use crate::exceptions::CancelledError;
use crate::loop_core::LoopCore;
use crate::observer::Observer;

pin_project! {
    /// The coroutine of a task with the machinery around it.
    pub(super) struct Step<F> {
        #[pin]
        coroutine: Option<F>,
        // Until the end of the task.
        task: Option<AnyTask>,
    }

    impl<F> PinnedDrop for Step<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(task) = this.task.take() {
                abandon(task, || this.coroutine.set(None));
            }
        }
    }
}

impl<F> Step<F> {
    pub(super) fn new(coroutine: F, task: FutureRef) -> Self {
        Self { coroutine: Some(coroutine), task: Some(AnyTask::from_object(task)) }
    }
}

impl<T: 'static, F: StdFuture<Output = Result<T>>> StdFuture for Step<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let task = this.task.as_ref().expect("a task is not polled after its end");
        let core = task.core();
        let stepping = Stepping::begin(task);
        drop(core.set_waiter(Waiter::None));

        let first = !core.has(Mark::Started);
        core.mark(Mark::Started);
        let ended = if core.has(Mark::Aborted) {
            Some(CancelledError::default().into())
        } else if first && core.pending_cancel.get() == PendingCancel::Must {
            core.pending_cancel.set(PendingCancel::None);
            Some(CancelledError::from_message(core.cancel_message()).into())
        } else {
            stepping.context.as_ref().err().cloned()
        };
        let coroutine = this.coroutine.as_mut().as_pin_mut().expect("a task is not polled after its end");
        let end = if let Some(error) = ended {
            coroutines::excuse(coroutine, cx);
            Some(Err(error))
        } else {
            match catch_unwind(AssertUnwindSafe(|| coroutine.poll(cx))) {
                Ok(Poll::Pending) => None,
                Ok(Poll::Ready(result)) => Some(result),
                Err(payload) => Some(Err(TaskPanic::new(payload).into())),
            }
        };
        let Some(mut end) = end else {
            if core.has(Mark::Aborted) {
                // It aborted itself.
                core.wake();
            } else if core.pending_cancel.get() == PendingCancel::Must {
                deliver(core);
            }
            return Poll::Pending;
        };

        // The coroutine's variables go before anybody hears of its end, and inside the task, as they do in Python.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| this.coroutine.set(None))) {
            end = Err(TaskPanic::new(payload).into());
        }
        drop(stepping);
        finish(task, end);
        // The last handle may drop the result: not to be left to async-task, which aborts if a destructor panics.
        drop(this.task.take());
        Poll::Ready(())
    }
}

/// Turns what the coroutine gave into the task's end.
fn finish<T: 'static>(task: &AnyTask, end: Result<T>) {
    let core = task.core();
    // A request that came while the last step ran wins over the result.
    let cancelled = core.pending_cancel.replace(PendingCancel::None) == PendingCancel::Must;
    match end {
        Ok(_) if cancelled => task.finish_cancelled(CancelledError::from_message(core.cancel_message()).into()),
        Ok(value) => task.finish(value),
        Err(error) if error.is_cancelled() => task.finish_with_cancellation(error),
        Err(error) => task.finish_with_error(error),
    }
    if let Some(observer) = observer(&task.base().event_loop) {
        observer.done(task);
    }
    unregister(task);
}

fn unregister(task: &AnyTask) {
    if let Some(slot) = task.core().unregister() {
        task.base().event_loop.unregister_task(slot);
    }
}

/// A step did not come to its end, or was never taken, because an observer or a destructor panicked: the task ends as an
/// aborted one does, so that nobody waits for it in vain. What panics on top of that is not heard of again.
fn abandon(task: AnyTask, drop_coroutine: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(drop_coroutine));
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if !task.done() {
            finish::<()>(&task, Err(CancelledError::default().into()));
        }
    }));
    let _ = catch_unwind(AssertUnwindSafe(|| unregister(&task)));
    let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
}

pub(super) fn observer(event_loop: &LoopCore) -> Option<Rc<dyn Observer>> {
    if event_loop.instrumented.get() { event_loop.observer.borrow().clone() } else { None }
}

thread_local! {
    /// The task that stepped last, for the report on slow steps.
    static LAST: RefCell<Option<AnyTask>> = const { RefCell::new(None) };
}

pub(crate) fn forget_last_step() {
    LAST.take();
}

pub(crate) fn describe_last_step() -> String {
    LAST.take().map_or_else(|| "<a task that is gone>".to_owned(), |task| format!("{task:?}"))
}

/// While it lives, the task is the current one and its context is in place.
struct Stepping<'a> {
    core: &'a TaskCore,
    event_loop: &'a LoopCore,
    outer_task: Option<AnyTask>,
    /// The context from outside, or why the task's own could not be entered.
    context: Result<Vars, Error>,
}

impl<'a> Stepping<'a> {
    fn begin(task: &'a AnyTask) -> Self {
        let (event_loop, core) = (&*task.base().event_loop, task.core());
        if let Some(observer) = observer(event_loop) {
            observer.step_begins(task);
        }
        if event_loop.debug.get() {
            LAST.set(Some(task.clone()));
        }
        let outer_task = replace_current(Some(task.clone()));
        Self { core, event_loop, outer_task, context: core.enter_context().map_err(Error::from) }
    }
}

impl Drop for Stepping<'_> {
    fn drop(&mut self) {
        if let Ok(outer) = &mut self.context {
            self.core.leave_context(outer.take());
        }
        let task = replace_current(self.outer_task.take());
        if let (Some(observer), Some(task)) = (observer(self.event_loop), &task) {
            observer.step_ends(task);
        }
    }
}
