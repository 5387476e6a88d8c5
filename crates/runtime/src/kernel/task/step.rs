//! One step of a task: `Task.__step`.
//!
//! The core idea: what the loop queues is a `Runnable`, async-task's with the task around it. Running it makes the task the
//! current one and has async-task poll not the coroutine but a wrapper around it, `Step`, which swaps the task's context in,
//! delivers cancellations, and turns what the coroutine gives into the task's end. Only that knows the coroutine's type: the
//! rest is the same code for all tasks.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::TaskPanic;
use crate::error::exceptions::CancelledError;
use crate::error::{Error, Result};
use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::current;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::cell::TaskMemory;
use crate::kernel::memory::marks::Mark;
use crate::kernel::task::cancel::deliver;
use crate::kernel::task::core::{PendingCancel, TaskCore};
use crate::kernel::task::coroutine::excuse;
use crate::kernel::watch::Observer;

/// A task that is to take its next step. There is never more than one of a task, and none of one that is over.
///
/// Waking a task in another thread makes it there; only the loop's own runs it.
pub(crate) struct Runnable(ManuallyDrop<async_task::Runnable<TaskMemory>>);

impl Runnable {
    #[inline]
    pub(crate) fn new(runnable: async_task::Runnable<TaskMemory>) -> Self {
        Self(ManuallyDrop::new(runnable))
    }

    #[inline]
    pub(crate) fn memory(&self) -> &TaskMemory {
        self.0.metadata()
    }

    /// The task, for the loop that asks, which must be its own.
    #[inline]
    pub(crate) fn task(&self, event_loop: &LoopCore) -> AnyTask {
        AnyTask::from_object(self.memory().handle(event_loop))
    }

    /// Takes the step.
    #[inline]
    pub(crate) fn run(self, event_loop: &LoopCore) {
        let task = self.task(event_loop);
        if event_loop.instrumented.get() {
            begin(&task, event_loop);
        }
        let runnable = self.into_inner();
        let stepping = Stepping(ManuallyDrop::new(task));
        current::step(&stepping.0, || runnable.run());
        let task = stepping.into_task();
        if event_loop.instrumented.get() {
            end(task, event_loop);
        }
        // The last handle may drop the result, which may panic: not to be left to async-task.
    }

    fn into_inner(self) -> async_task::Runnable<TaskMemory> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: this is not dropped, so nothing else takes it out.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

/// A step that is never taken, because an observer panicked when the task was made or woken.
impl Drop for Runnable {
    #[cold]
    fn drop(&mut self) {
        // In another thread nothing of a task may be touched. There it is kept, with what it has.
        if let Some(object) = self.memory().handle_in_its_thread() {
            let _stepping = Stepping(ManuallyDrop::new(AnyTask::from_object(object)));
            // SAFETY: this is dropped, so nothing else takes it out.
            let runnable = unsafe { ManuallyDrop::take(&mut self.0) };
            let _ = catch_unwind(AssertUnwindSafe(|| drop(runnable)));
        }
    }
}

/// A task whose step is being taken. Dropped, the step has not come to its end, and async-task has dropped the coroutine.
struct Stepping(ManuallyDrop<AnyTask>);

impl Stepping {
    fn into_task(self) -> AnyTask {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: this is not dropped, so nothing else takes it out.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

/// The task ends as an aborted one does, so that nobody waits for it in vain. Something unwinds: what panics on top of that
/// is not heard of again.
impl Drop for Stepping {
    #[cold]
    fn drop(&mut self) {
        // SAFETY: this is dropped, so nothing else takes it out.
        let task = unsafe { ManuallyDrop::take(&mut self.0) };
        let _ = catch_unwind(AssertUnwindSafe(|| {
            if !task.done() {
                task.core().forget_waiter();
                finish::<()>(&task, Err(CancelledError::default().into()));
                tell(task.base().event_loop(), &|observer| observer.done(&task));
            }
        }));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
    }
}

pin_project! {
    /// The coroutine of a task with the machinery around it.
    pub(crate) struct Step<F> {
        #[pin]
        coroutine: Option<F>,
    }

    impl<F> PinnedDrop for Step<F> {
        fn drop(this: Pin<&mut Self>) {
            // Something unwinds: what panics on top of that is not heard of again.
            let mut coroutine = this.project().coroutine;
            if std::mem::needs_drop::<F>() && coroutine.is_some() {
                let _ = catch_unwind(AssertUnwindSafe(|| coroutine.set(None)));
            }
        }
    }
}

impl<F> Step<F> {
    pub(crate) fn new(coroutine: F) -> Self {
        Self { coroutine: Some(coroutine) }
    }
}

impl<T: 'static, F: StdFuture<Output = Result<T>>> StdFuture for Step<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let coroutine = self.project().coroutine;
        current::with_task(|task| {
            let task = task.expect("a task is polled by its runnable");
            let Some(end) = take(task, coroutine, cx) else { return Poll::Pending };
            finish(task, end);
            Poll::Ready(())
        })
    }
}

/// What only few programs want to know.
#[cold]
fn begin(task: &AnyTask, event_loop: &LoopCore) {
    tell(event_loop, &|observer| observer.step_begins(task));
    if event_loop.debug.get() {
        let _ = remember_last_step(Some(task.clone()));
    }
}

#[cold]
fn end(task: AnyTask, event_loop: &LoopCore) {
    let told = catch_unwind(AssertUnwindSafe(|| {
        tell(event_loop, &|observer| observer.step_ends(&task));
        if task.done() {
            tell(event_loop, &|observer| observer.done(&task));
        }
    }));
    if let Err(payload) = told {
        // The step has come to its end, so the task goes on. If it is over, its result goes without another panic.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
        resume_unwind(payload);
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
    core.forget_waiter();
    let running = coroutine.as_mut().as_pin_mut().expect("a task is not polled after its end");
    let refused = if core.just_goes_on() { no_context } else { prepare(core, no_context) };
    let end = if let Some(error) = refused {
        excuse(running, cx);
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

/// Tells the observer, if there is one; to be called where the loop is instrumented.
#[cold]
pub(crate) fn tell(event_loop: &LoopCore, f: &dyn Fn(&dyn Observer)) {
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

/// Gives the one remembered before, if there is one: also not while the thread ends.
fn remember_last_step(task: Option<AnyTask>) -> Option<AnyTask> {
    LAST.try_with(|last| last.replace(task)).ok().flatten()
}

pub(crate) fn forget_last_step() {
    drop(remember_last_step(None));
}

pub(crate) fn describe_last_step() -> String {
    remember_last_step(None).map_or_else(|| "<a task that is gone>".to_owned(), |task| format!("{task:?}"))
}
