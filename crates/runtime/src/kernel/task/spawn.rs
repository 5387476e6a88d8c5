//! How a task is made: one allocation with its coroutine, registered, and queued or started at once.

use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use asyncio_contextvars::Context;
use asyncio_errors::Result;

use crate::kernel::event_loop::{self, LoopCore};
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::{cell::TaskMemory, origin::Class};
use crate::kernel::task::step::{Body, Runnable};
use crate::kernel::watch::LoopEvent;

/// Makes a task; the loop must not be closed.
pub(crate) fn spawn<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
    event_loop: &Rc<LoopCore>,
    coroutine: F,
    name: Option<&str>,
    context: Option<Context>,
    eager: bool,
    at: &'static Location<'static>,
) -> AnyTask {
    let builder = async_task::Builder::new().metadata(TaskMemory::new(at));
    // SAFETY: nothing is borrowed, so the future may live as long as it likes. It stays in this thread: only a runnable
    // polls or drops it, and another thread that gets hold of one, by waking the task, hands it to the loop and does nothing
    // else with it. There it waits, if need be for good: the queue is dropped with the `LoopCore`, which the task keeps as long as
    // it is in its registry. The schedule function is `Send`, `Sync` and `'static`. Tests: `tests/threads.rs` and
    // `tests/lifetimes.rs`, under the sanitizers.
    let (runnable, handle) =
        unsafe { builder.spawn_unchecked(|_| Body { coroutine: Some(coroutine) }, event_loop::schedule) };
    handle.detach();
    let task = runnable.metadata().complete(event_loop, Class::task::<T, F>(), runnable.waker(), at);
    start(event_loop, AnyTask::from_future(task), Runnable::new(runnable), name, context, eager)
}

/// The part that does not depend on the task's type, so that it is in the program only once.
fn start(
    event_loop: &Rc<LoopCore>,
    task: AnyTask,
    runnable: Runnable,
    name: Option<&str>,
    context: Option<Context>,
    eager: bool,
) -> AnyTask {
    task.core().begin(&task, context);
    if let Some(name) = name {
        // The default name cannot have been read yet.
        task.core().name_at_creation(name);
    }
    let created = || event_loop.tell(|| LoopEvent::TaskCreated(&task));
    if eager {
        created();
        runnable.run(event_loop);
    } else {
        // Queued first: an observer may close the loop, which must not wait for a task that is not queued. (It cannot if a step
        // is about to run, because then the loop is running.)
        event_loop.queue_task(runnable);
        created();
    }
    task
}
