//! `create_task`, and the options that are its keyword arguments in Python.

use std::cell::RefCell;
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use asyncio_contextvars::Context;
use asyncio_errors::{Result, RuntimeError};

use super::task::Task;
use crate::asyncio::events::EventLoop;
use crate::kernel::{LoopCore, Phase, Tenant, close, current, spawn};

/// Runs a coroutine as a task of the running loop: `asyncio.create_task`.
///
/// The task's first step is queued, not run inline. You may drop the handle; the loop keeps the task. Use [`Task::named`] to
/// give the task a name, and [`TaskOptions`] for a context or an eager start.
///
/// A task may outlive its caller, so the coroutine owns what it uses. `create_task(self.pump())`, where `pump` borrows, does not
/// compile (E0521, E0597 or E0716, "must outlive `'static`"): keep the object in an `Rc`, and let the coroutine own a clone,
/// `create_task(async move { this.pump().await })`. For tasks that end before the caller goes on there is `asyncio::ScopedTaskGroup`.
///
/// # Panics
///
/// With `no running event loop` if none is running in this thread; [`try_create_task`] returns an error instead.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, run};
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

/// Like [`create_task`], with an error instead of a panic.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// # Examples
///
/// ```
/// use asyncio::{sleep, try_create_task};
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

/// How a loop starts new tasks: `loop.set_task_factory`.
///
/// # Examples
///
/// ```
/// use asyncio::{TaskFactory, create_task, get_running_loop, run};
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
    /// The first step runs at once, inside `create_task`. A coroutine that never has to wait is done when `create_task`
    /// returns (3.12).
    #[doc(alias = "eager_task_factory")]
    Eager,
}

/// The keyword arguments of `create_task`.
///
/// # Examples
///
/// ```
/// use asyncio::{TaskOptions, run};
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
    /// Options with a default name, a copy of the current context, and the start that the loop's [`TaskFactory`] specifies.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name: `name=`.
    pub fn name(mut self, name: impl fmt::Display) -> Self {
        self.name = Some(name.to_string());
        self
    }

    /// Runs the task in `context` itself, instead of in a copy of the current one: `context=`.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// Sets whether the first step runs at once, whatever the loop's factory is: `eager_start=`.
    pub fn eager_start(mut self, eager: bool) -> Self {
        self.eager_start = Some(eager);
        self
    }

    /// Uses `context`, unless the options have one already.
    pub(crate) fn or_context(self, context: Context) -> Self {
        Self { context: self.context.or(Some(context)), ..self }
    }

    #[cold]
    fn changed(self, event_loop: &LoopCore) -> Self {
        // Not borrowed during the call, which may create tasks and set another factory.
        let change = event_loop.tenants.of::<OptionsChange>().0.borrow().clone();
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

    /// Creates the task in the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop`, or `RuntimeError: cannot enter context` for an eager start in a context that
    /// has been entered already.
    #[track_caller]
    pub fn create_task<T: 'static, F: StdFuture<Output = Result<T>> + 'static>(
        self,
        coroutine: F,
    ) -> Result<Task<T>, RuntimeError> {
        let at = Location::caller();
        current::with_loop(|running| match running {
            Some(event_loop) => self.create_task_at(event_loop, coroutine, at),
            None => Err(current::no_running_loop()),
        })
    }

    #[track_caller]
    pub(crate) fn create_task_in<T: 'static>(
        self,
        event_loop: &Rc<LoopCore>,
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        self.create_task_at(event_loop, coroutine, Location::caller())
    }

    #[inline]
    fn create_task_at<T: 'static>(
        self,
        event_loop: &Rc<LoopCore>,
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
        at: &'static Location<'static>,
    ) -> Result<Task<T>, RuntimeError> {
        if let Err(closed) = event_loop.check_closed() {
            close(coroutine);
            return Err(closed);
        }
        let this = if event_loop.changes_options.get() { self.changed(event_loop) } else { self };
        // An eager start needs a running loop. Before the loop runs, the first step is queued like any other.
        let eager = this.eager_start.unwrap_or(event_loop.eager_tasks.get()) && event_loop.running.get();
        if eager {
            // The task starts at once, so no other code may be in its context.
            this.context.as_ref().map_or(Ok(()), Context::check_not_entered)?;
        }
        let task = spawn(event_loop, coroutine, this.name.as_deref(), this.context, eager, at);
        Ok(Task::from_any(task.into_any()))
    }
}

/// # Creating tasks
impl EventLoop {
    /// Makes a task of this loop, which need not be running yet.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    #[track_caller]
    pub fn create_task<T: 'static>(
        &self,
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        TaskOptions::new().create_task_in(self.core(), coroutine)
    }

    /// Sets how tasks of this loop start: eagerly or not.
    pub fn set_task_factory(&self, factory: TaskFactory) {
        self.core().eager_tasks.set(factory == TaskFactory::Eager);
    }

    /// How tasks of this loop start.
    #[must_use]
    pub fn get_task_factory(&self) -> TaskFactory {
        if self.core().eager_tasks.get() { TaskFactory::Eager } else { TaskFactory::Lazy }
    }

    /// Lets `change` change the options of every task of this loop before the task is made, as a task factory of your own could;
    /// `None` removes it. It does not see the coroutine, because coroutines are of many types. To see what tasks do, set an
    /// [`Observer`](crate::Observer).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// use asyncio::{TaskOptions, create_task, get_running_loop, run};
    ///
    /// run(async {
    ///     let made = Cell::new(0);
    ///     let numbered = move |options: TaskOptions| {
    ///         made.set(made.get() + 1);
    ///         if options.get_name().is_some() { options } else { options.name(format_args!("job {}", made.get())) }
    ///     };
    ///     get_running_loop()?.set_task_options(Some(Box::new(numbered)));
    ///     assert_eq!(&*create_task(async { Ok(()) }).get_name(), "job 1");
    ///     assert_eq!(&*TaskOptions::new().name("tea").create_task(async { Ok(()) })?.get_name(), "tea");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_task_options(&self, change: Option<Box<dyn Fn(TaskOptions) -> TaskOptions>>) {
        self.core().changes_options.set(change.is_some());
        drop(self.core().tenants.of::<OptionsChange>().0.replace(change.map(Rc::from)));
    }
}

/// The program's own task factory, which may change the options of each task of its loop.
#[derive(Default)]
struct OptionsChange(RefCell<Option<Rc<ChangeOptions>>>);

type ChangeOptions = dyn Fn(TaskOptions) -> TaskOptions;

impl Tenant for OptionsChange {
    fn phase(&self) -> Phase {
        Phase::TaskFactory
    }

    fn close(self: Rc<Self>) {
        drop(self.0.take());
    }
}
