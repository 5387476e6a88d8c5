//! Making tasks: `create_task`, and the options it has in Python as keyword arguments.

use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use super::step::{Runnable, Step, tell};
use super::task::{AnyTask, Task};
use crate::cell::TaskMemory;
use crate::contextvars::Context;
use crate::coroutines;
use crate::current;
use crate::error::Result;
use crate::exceptions::RuntimeError;
use crate::loop_core::{self, LoopCore};
use crate::origin::Class;

/// Runs a coroutine as a task of the running loop: `asyncio.create_task`.
///
/// The task's first step is queued, never run here. The handle may be dropped; the loop keeps the task. A name is given
/// by [`Task::named`], a context or an eager start by [`TaskOptions`].
///
/// # Panics
///
/// With `no running event loop` if none runs in this thread; see [`try_create_task`].
///
/// ```
/// use asyncio_runtime::{create_task, run};
///
/// run(async {
///     let task = create_task(async { Ok(6 * 7) }).named("answer");
///     assert_eq!(&*task.get_name(), "answer");
///     assert_eq!(task.await?, 42);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn create_task<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(coroutine: F) -> Task<T> {
    match try_create_task(coroutine) {
        Ok(task) => task,
        Err(error) => panic!("{error}"),
    }
}

/// As [`create_task`], with an error instead of a panic.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// ```
/// use asyncio_runtime::{sleep, try_create_task};
///
/// let error = try_create_task(sleep(1)).unwrap_err();
/// assert_eq!(error.to_string(), "no running event loop");
/// ```
#[track_caller]
pub fn try_create_task<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
    coroutine: F,
) -> Result<Task<T>, RuntimeError> {
    TaskOptions::new().create_task(coroutine)
}

/// How the loop makes a task of a coroutine: `loop.set_task_factory`.
///
/// ```
/// use asyncio_runtime::{TaskFactory, create_task, get_running_loop, run};
///
/// run(async {
///     assert!(!create_task(async { Ok(()) }).done());
///     get_running_loop()?.set_task_factory(TaskFactory::Eager);
///     assert!(create_task(async { Ok(()) }).done());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskFactory {
    /// The first step is queued.
    #[default]
    Lazy,
    /// The first step runs at once, inside `create_task`, and a coroutine that never has to wait is done when
    /// `create_task` returns: `asyncio.eager_task_factory` (3.12).
    Eager,
}

/// The keyword arguments of `create_task`.
///
/// ```
/// use asyncio_runtime::{TaskOptions, run};
///
/// run(async {
///     let task = TaskOptions::new().name("now").eager_start(true).create_task(async { Ok(1) })?;
///     assert!(task.done());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct TaskOptions {
    name: Option<String>,
    context: Option<Context>,
    eager_start: Option<bool>,
}

impl TaskOptions {
    /// A default name, a copy of the current context, and the start that the loop's factory says.
    pub fn new() -> Self {
        Self::default()
    }

    /// `name=`
    pub fn name(mut self, name: impl fmt::Display) -> Self {
        self.name = Some(name.to_string());
        self
    }

    /// `context=`: run in this very context instead of a copy of the current one.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// `eager_start=`
    pub fn eager_start(mut self, eager: bool) -> Self {
        self.eager_start = Some(eager);
        self
    }

    /// As the loop's own task factory wants them.
    #[cold]
    fn changed(self, event_loop: &LoopCore) -> Self {
        // Not borrowed meanwhile: it may make tasks, and set another.
        let change = event_loop.change_options.borrow().clone();
        match change {
            Some(change) => change(self),
            None => self,
        }
    }

    /// The name that was given, if any.
    #[must_use]
    pub fn get_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Makes the task in the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop`; `RuntimeError: cannot enter context` for an eager start in a context that is
    /// entered already.
    #[track_caller]
    pub fn create_task<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
        self,
        coroutine: F,
    ) -> Result<Task<T>, RuntimeError> {
        let at = Location::caller();
        current::with_loop(|running| match running {
            Some(event_loop) => self.create_task_at(event_loop, coroutine, at),
            None => Err(loop_core::no_running_loop()),
        })
    }

    #[track_caller]
    pub(crate) fn create_task_in<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
        self,
        event_loop: &Rc<LoopCore>,
        coroutine: F,
    ) -> Result<Task<T>, RuntimeError> {
        self.create_task_at(event_loop, coroutine, Location::caller())
    }

    #[inline]
    fn create_task_at<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
        self,
        event_loop: &Rc<LoopCore>,
        coroutine: F,
        at: &'static Location<'static>,
    ) -> Result<Task<T>, RuntimeError> {
        if let Err(closed) = event_loop.check_closed() {
            coroutines::close(coroutine);
            return Err(closed);
        }
        let this = if event_loop.changes_options.get() { self.changed(event_loop) } else { self };
        // An eager start needs the loop to be running: before that, the first step waits for it as any other.
        let eager = this.eager_start.unwrap_or(event_loop.eager_tasks.get()) && event_loop.running.get();
        if eager {
            // It begins at once, so its context must be one that nobody is in.
            this.context.as_ref().map_or(Ok(()), Context::check_not_entered)?;
        }
        Ok(spawn(event_loop, coroutine, this.name.as_deref(), this.context, eager, at))
    }
}

/// Makes a task; the loop must not be closed.
pub(crate) fn spawn<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
    event_loop: &Rc<LoopCore>,
    coroutine: F,
    name: Option<&str>,
    context: Option<Context>,
    eager: bool,
    at: &'static Location<'static>,
) -> Task<T> {
    let builder = async_task::Builder::new().metadata(TaskMemory::new(at));
    // SAFETY: nothing is borrowed, so the future may live as long as it likes. It stays in this thread: only a runnable
    // polls or drops it, and another thread that gets hold of one, by waking the task, hands it to the loop and does nothing
    // else with it. There it waits, if need be for good: the queue goes with the `LoopCore`, which the task keeps as long as
    // it is in its registry. The schedule function is `Send`, `Sync` and `'static`.
    let (runnable, handle) = unsafe { builder.spawn_unchecked(|_| Step::new(coroutine), loop_core::schedule) };
    handle.detach();
    let start = Start { event_loop, class: Class::task::<T, F>(), name, context, eager, at };
    Task::from_any(start.start(runnable).into_any())
}

/// What is the same for tasks of all types: code that every one of them would otherwise bring along.
struct Start<'a> {
    event_loop: &'a Rc<LoopCore>,
    class: &'static Class,
    name: Option<&'a str>,
    context: Option<Context>,
    eager: bool,
    at: &'static Location<'static>,
}

impl Start<'_> {
    fn start(self, runnable: async_task::Runnable<TaskMemory>) -> AnyTask {
        let Self { event_loop, class, name, context, eager, at } = self;
        let task = AnyTask::from_object(runnable.metadata().complete(event_loop, class, runnable.waker(), at));
        let runnable = Runnable::new(runnable);
        task.core().begin(&task, context);
        if let Some(name) = name {
            // Nobody can have seen the default name.
            task.core().name_at_creation(name);
        }
        let created = || {
            if event_loop.instrumented.get() {
                tell(event_loop, &|observer| observer.created(&task));
            }
        };
        if eager {
            created();
            runnable.run(event_loop);
        } else {
            // Queued first: an observer may close the loop, which must not wait for a task in our hands. (It cannot where a step is
            // about to run, for then the loop runs.)
            event_loop.queue_task(runnable);
            created();
        }
        task
    }
}
