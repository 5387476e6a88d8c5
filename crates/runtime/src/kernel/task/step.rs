//! One step of a task: `Task.__step`.
//!
//! The core idea: the loop queues a `Runnable`, which wraps async-task's. Running it makes the task the current one, and
//! async-task polls not the coroutine but a wrapper around it, [`Body`]. The body swaps the task's context in, delivers
//! cancellations, and turns the coroutine's result into the task's end. Only the body knows the coroutine's type; the rest is
//! the same code for all tasks.

use std::any::Any;
use std::future::Future as StdFuture;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_errors::{CancelledError, Error, Result, TaskPanic};
use pin_project_lite::pin_project;

use crate::kernel::event_loop::{LoopCore, current};
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::cell::TaskMemory;
use crate::kernel::memory::state::{PendingCancel, State};
use crate::kernel::task::blocker::BlockedOn;
use crate::kernel::task::cancel::{deliver, force, raise, raise_forced};
use crate::kernel::task::core::TaskCore;
use crate::kernel::task::coroutine::excuse;
use crate::kernel::watch::LoopEvent;

/// A task that is about to take its next step. A task never has more than one, and none once it is done.
///
/// Waking a task in another thread makes it there; only the loop's own thread runs it.
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

    /// The task. `event_loop` must be its own loop.
    #[inline]
    pub(crate) fn task(&self, event_loop: &LoopCore) -> AnyTask {
        AnyTask::from_future(self.memory().handle(event_loop))
    }

    pub(crate) fn is_of(&self, task: &AnyTask) -> bool {
        std::ptr::from_ref(self.memory()).addr() == task.as_future().address()
    }

    /// Takes the step.
    #[inline]
    pub(crate) fn run(self, event_loop: &LoopCore) {
        // 1. A handle keeps the task until the end of the step, because a task that ends drops the loop's own handle.
        let task = self.task(event_loop);
        event_loop.tell(|| LoopEvent::StepBegins(&task));
        // 2. async-task polls the `Body`, with the task as the current one.
        let runnable = self.into_inner();
        let mut stepping = Stepping(Some(task));
        if let Stepping(Some(task)) = &stepping {
            current::step(task, || runnable.run());
        }
        // 3. The step has ended normally, so nothing has to be cleaned up.
        let task = stepping.0.take();
        if event_loop.instrumented.get() {
            end(task, event_loop);
        }
        // 4. The last handle may drop the result, which may panic: here, and not in async-task.
    }

    pub(super) fn into_inner(self) -> async_task::Runnable<TaskMemory> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: this is not dropped, so nothing else takes it out. Test: `tests/unwinding.rs`, under AddressSanitizer.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

/// A step that is never taken, because an observer panicked when the task was made or woken.
impl Drop for Runnable {
    #[cold]
    fn drop(&mut self) {
        // In another thread nothing of a task may be touched. There the task is leaked, with its contents.
        if let Some(future) = self.memory().handle_in_its_thread() {
            let _stepping = Stepping(Some(AnyTask::from_future(future)));
            // SAFETY: this is dropped, so nothing else takes it out. Test: `tests/user_code.rs`, under AddressSanitizer.
            let runnable = unsafe { ManuallyDrop::take(&mut self.0) };
            let _ = catch_unwind(AssertUnwindSafe(|| drop(runnable)));
        }
    }
}

/// A task whose step is being taken. If the task is still here when this is dropped, the step did not end normally, and
/// async-task has dropped the coroutine. The task then ends like an aborted one, so that nothing waits for it in vain.
pub(super) struct Stepping(pub(super) Option<AnyTask>);

impl Drop for Stepping {
    #[inline]
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            end_unwinding(task);
        }
    }
}

/// A second panic during unwinding is swallowed.
#[cold]
fn end_unwinding(task: AnyTask) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if !task.done() {
            task.core().set_blocked_on(BlockedOn::Nothing);
            finish::<()>(&task, Err(CancelledError::default().into()));
            task.base().event_loop().tell(|| LoopEvent::TaskDone(&task));
        }
    }));
    let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
}

pin_project! {
    /// The coroutine of a task with the machinery around it.
    pub(crate) struct Body<F> {
        #[pin]
        pub(super) coroutine: Option<F>,
    }

    impl<F> PinnedDrop for Body<F> {
        fn drop(this: Pin<&mut Self>) {
            // async-task drops it unfinished only while something unwinds: a second panic is swallowed.
            let mut coroutine = this.project().coroutine;
            if std::mem::needs_drop::<F>() && coroutine.is_some() {
                let _ = catch_unwind(AssertUnwindSafe(|| coroutine.set(None)));
            }
        }
    }
}

impl<T: 'static, F: StdFuture<Output = Result<T>>> StdFuture for Body<F> {
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

/// Work that only few programs need.
#[cold]
fn end(task: Option<AnyTask>, event_loop: &LoopCore) {
    let told = catch_unwind(AssertUnwindSafe(|| {
        let Some(task) = &task else { return };
        event_loop.tell_all(LoopEvent::StepEnds(task));
        if task.done() {
            event_loop.tell_all(LoopEvent::TaskDone(task));
        }
    }));
    if let Err(payload) = told {
        // The step has ended normally, so the task goes on. If it is done, a second panic, when its result is dropped, is
        // swallowed.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
        resume_unwind(payload);
    }
}

/// Takes the step in the task's context. Returns how the coroutine ended, if it did.
#[inline]
fn take<T, F: StdFuture<Output = Result<T>>>(
    task: &AnyTask,
    mut coroutine: Pin<&mut Option<F>>,
    cx: &Context<'_>,
) -> Option<Result<T>> {
    let core = task.core();
    // 1. The context is entered, and left when this returns.
    let (_inside, no_context) = core.enter_context();
    let mut running = coroutine.as_mut().as_pin_mut().expect("a task is not polled after its end");
    // 2. The wait has ended. Is there an error to raise, in place of resuming the coroutine?
    let own;
    let mut waker = cx.waker();
    let refused = if core.just_goes_on() {
        core.set_blocked_on(BlockedOn::Nothing);
        no_context
    } else {
        // The waker by which our futures recognize the task: usually async-task's, otherwise one that counts its clones
        // (`asyncio/knots`).
        own = core.waker();
        waker = own.as_deref().unwrap_or(waker);
        prepare(core, no_context)
    };
    let cx = &mut Context::from_waker(waker);
    let end = if let Some(error) = refused {
        excuse(running, cx);
        Err(error)
    } else {
        // 3. The coroutine runs up to its next wait or to its end. A panic ends it like an exception.
        loop {
            match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx))) {
                // 4. It waits. Requests that came during the step concern this wait.
                Ok(Poll::Pending) if core.just_waits() => return None,
                Ok(Poll::Pending) => match look_back(task) {
                    Back::Waits => return None,
                    Back::Resumes => {}
                    Back::Ends(error) => break Err(error),
                },
                Ok(Poll::Ready(result)) => break result,
                Err(payload) => break Err(panicked(payload)),
            }
        }
    };
    // 5. The coroutine's variables are dropped before anything learns of its end, and inside the task, as in Python.
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

/// For a first step, a step with a pending request, or a visit. Returns the error to raise in place of the step, if any.
fn prepare(core: &TaskCore, no_context: Option<Error>) -> Option<Error> {
    if core.base.state() == State::Visited {
        return None;
    }
    core.set_blocked_on(BlockedOn::Nothing);
    match core.base.state() {
        State::Aborted => return Some(Error::cancelled_at(None, core.at.get())),
        State::New => {
            core.start();
            if core.pending_cancel() == PendingCancel::Must {
                return Some(raise(core));
            }
        }
        // Not only the last wait's.
        _ if core.pending_cancel() == PendingCancel::Must => core.set_pending_cancel(PendingCancel::Late),
        _ => {}
    }
    no_context
}

/// How a step that has come to a wait continues.
enum Back {
    Waits,
    /// The coroutine is polled again at once.
    Resumes,
    Ends(Error),
}

/// For a task with a request that came during its step or before, one that waits on something foreign, or one that was visited.
#[cold]
fn look_back(task: &AnyTask) -> Back {
    let core = task.core();
    // A visit changes nothing; a task that has aborted itself is queued.
    if matches!(task.base().state(), State::Visited | State::Aborted) {
        return Back::Waits;
    }
    if !core.is_blocked_on_nothing() {
        if core.pending_cancel().is_due() {
            deliver(task);
        }
        return Back::Waits;
    }
    match core.pending_cancel() {
        PendingCancel::None => {}
        // It may wait, somewhere inside, for something of this crate, which raises the cancellation when it is polled.
        PendingCancel::Must => task.wake(),
        PendingCancel::Late | PendingCancel::Wait => {
            force(task);
            return Back::Resumes;
        }
        // There is no block around the wait.
        PendingCancel::Forced => return Back::Ends(raise_forced(core, None)),
    }
    core.set_blocked_on(BlockedOn::Foreign(None));
    Back::Waits
}

/// Turns the end of the coroutine into the task's.
fn finish<T: 'static>(task: &AnyTask, end: Result<T>) {
    let core = task.core();
    // A request that came during the last step takes precedence over the result.
    let cancelled = core.pending_cancel().is_due();
    core.set_pending_cancel(PendingCancel::None);
    match end {
        Ok(value) if !cancelled => task.finish(value),
        end => fail(task, end.err()),
    }
}

/// Ends the task with an error, or with a request to cancel that takes precedence over its result.
#[inline(never)]
fn fail(task: &AnyTask, error: Option<Error>) {
    match error {
        None => task.finish_cancelled(task.core().cancel_message()),
        Some(error) if error.is_cancelled() => task.finish_with_cancellation(error),
        Some(error) => task.finish_with_error(error),
    }
}
