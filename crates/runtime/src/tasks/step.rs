//! One step of a task: `Task.__step`.
//!
//! The core idea: the future that async-task polls is not the coroutine but a wrapper around it, which makes the task the
//! current one, swaps its context in, delivers cancellations, and turns what the coroutine gives into the task's end.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::cancel::deliver;
use super::panic::TaskPanic;
use super::state::{Mark, PendingCancel, TaskCore, Waiter};
use super::task::AnyTask;
use crate::cell::FutureRef;
use crate::coroutines;
use crate::current;
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
                abandon(task, &mut || this.coroutine.set(None));
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
        let event_loop = &task.base().event_loop;
        if event_loop.instrumented.get() {
            begin(task, event_loop);
        }
        let end = current::step(task, || take(task, this.coroutine.as_mut(), cx));
        if event_loop.instrumented.get() {
            tell(event_loop, &|observer| observer.step_ends(task));
        }
        let Some(end) = end else { return Poll::Pending };
        finish(task, end);
        // The last handle may drop the result: not to be left to async-task, which aborts if a destructor panics.
        drop(this.task.take());
        Poll::Ready(())
    }
}

/// What only few programs want to know.
#[cold]
fn begin(task: &AnyTask, event_loop: &LoopCore) {
    tell(event_loop, &|observer| observer.step_begins(task));
    if event_loop.debug.get() {
        LAST.set(Some(task.clone()));
    }
}

/// Takes the step, as the current task and in its context; gives how the coroutine ended, if it did.
#[inline]
fn take<T, F: StdFuture<Output = Result<T>>>(
    task: &AnyTask,
    mut coroutine: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
) -> Option<Result<T>> {
    let core = task.core();
    let (_inside, no_context) = core.enter_context();
    core.set_waiter(Waiter::None);
    let running = coroutine.as_mut().as_pin_mut().expect("a task is not polled after its end");
    let refused = if core.just_goes_on() { no_context } else { prepare(core, no_context) };
    let end = if let Some(error) = refused {
        coroutines::excuse(running, cx);
        Err(error)
    } else {
        match catch_unwind(AssertUnwindSafe(|| running.poll(cx))) {
            Ok(Poll::Pending) => {
                if !core.just_goes_on() {
                    look_back(task);
                }
                return None;
            }
            Ok(Poll::Ready(result)) => result,
            Err(payload) => Err(panicked(payload)),
        }
    };
    // The coroutine's variables go before anybody hears of its end, and inside the task, as they do in Python.
    if !std::mem::needs_drop::<F>() {
        coroutine.set(None);
        return Some(end);
    }
    Some(match catch_unwind(AssertUnwindSafe(|| coroutine.set(None))) {
        Ok(()) => end,
        Err(payload) => Err(panicked(payload)),
    })
}

#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> Error {
    TaskPanic::new(payload).into()
}

/// The first step, or one before which something was asked of the task: what is raised instead of the step, if anything.
fn prepare(core: &TaskCore, no_context: Option<Error>) -> Option<Error> {
    let first = !core.has(Mark::Started);
    core.mark(Mark::Started);
    if core.has(Mark::Aborted) {
        Some(CancelledError::default().into())
    } else if first && core.pending_cancel() == PendingCancel::Must {
        core.set_pending_cancel(PendingCancel::None);
        Some(CancelledError::from_message(core.cancel_message()).into())
    } else {
        no_context
    }
}

/// Something was asked of the task while its step ran, and now it waits.
fn look_back(task: &AnyTask) {
    let core = task.core();
    if core.has(Mark::Aborted) {
        // It aborted itself.
        task.object.wake();
    } else if core.pending_cancel() == PendingCancel::Must {
        deliver(task);
    }
}

/// Turns what the coroutine gave into the task's end.
fn finish<T: 'static>(task: &AnyTask, end: Result<T>) {
    let core = task.core();
    // A request that came while the last step ran wins over the result.
    let cancelled = core.pending_cancel() == PendingCancel::Must;
    core.set_pending_cancel(PendingCancel::None);
    match end {
        Ok(value) if !cancelled => task.finish(value),
        end => fail(task, end.err()),
    }
    ended(task);
}

/// It ends by an error, or by a request to cancel in spite of its result.
#[inline(never)]
fn fail(task: &AnyTask, error: Option<Error>) {
    match error {
        None => task.finish_cancelled(task.core().cancel_message()),
        Some(error) if error.is_cancelled() => task.finish_with_cancellation(error),
        Some(error) => task.finish_with_error(error),
    }
}

#[inline(never)]
fn ended(task: &AnyTask) {
    let event_loop = &task.base().event_loop;
    if event_loop.instrumented.get() {
        tell(event_loop, &|observer| observer.done(task));
    }
    unregister(task);
}

fn unregister(task: &AnyTask) {
    if let Some(slot) = task.core().unregister() {
        task.base().event_loop.tasks.unregister(slot);
    }
}

/// A step did not come to its end, or was never taken, because an observer or a destructor panicked: the task ends as an
/// aborted one does, so that nobody waits for it in vain. What panics on top of that is not heard of again.
#[cold]
fn abandon(task: AnyTask, drop_coroutine: &mut dyn FnMut()) {
    let _ = catch_unwind(AssertUnwindSafe(drop_coroutine));
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if !task.done() {
            finish::<()>(&task, Err(CancelledError::default().into()));
        }
    }));
    let _ = catch_unwind(AssertUnwindSafe(|| unregister(&task)));
    let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
}

/// Tells the observer, if there is one; to be called where the loop is instrumented.
#[cold]
pub(super) fn tell(event_loop: &LoopCore, f: &dyn Fn(&dyn Observer)) {
    // Not borrowed meanwhile: it may set another.
    let observer = event_loop.observer.borrow().clone();
    if let Some(observer) = observer {
        f(&*observer);
    }
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
