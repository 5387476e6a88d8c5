//! Structured concurrency: `asyncio.taskgroups`.
//!
//! A group's block does not end before its tasks have. The first failure cancels the others and the block; what the
//! parent was asked from outside is told apart by its count of cancellation requests. The logic is `TaskGroup.__aexit__`
//! of CPython 3.15.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use crate::asyncio::futures::{Await, Future};
use crate::asyncio::tasks::{Task, TaskOptions, current_task};
use crate::base::ordered::Ordered;
use crate::error::{Error, ExceptionContext, ExceptionGroup, GeneratorExit, KeyboardInterrupt, Result, RuntimeError};
use crate::kernel::{AnyFuture, AnyTask, LoopCore, Run, close, running_loop};

/// A group of tasks that a block waits for: `async with asyncio.TaskGroup() as tg`.
///
/// Clones are handles on the same group, so that a task can start others in it.
///
/// # Examples
///
/// ```
/// use asyncio::{ExceptionGroup, TaskGroup, ValueError, run, sleep};
///
/// run(async {
///     let result = TaskGroup::new()
///         .run(async |group| {
///             group.create_task(async { Err::<(), _>(ValueError::new("boom").into()) })?;
///             sleep(3600).await
///         })
///         .await;
///     let error = result.unwrap_err();
///     assert_eq!(error.to_string(), "unhandled errors in a TaskGroup (1 sub-exception)");
///     assert!(error.downcast_ref::<ExceptionGroup>().unwrap().exceptions()[0].is::<ValueError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct TaskGroup {
    inner: Rc<Inner>,
}

struct Inner {
    entered: Cell<bool>,
    exiting: Cell<bool>,
    aborting: Cell<bool>,
    /// It was cancelled before it was entered.
    cancel_on_enter: Cell<bool>,
    event_loop: RefCell<Option<Rc<LoopCore>>>,
    parent: RefCell<Option<AnyTask>>,
    /// The group itself has cancelled its parent.
    parent_cancel_requested: Cell<bool>,
    /// Tasks that are not done, in the order of their creation.
    tasks: RefCell<Ordered<AnyTask>>,
    errors: RefCell<Vec<Error>>,
    base_error: RefCell<Option<Error>>,
    on_completed: RefCell<Option<Future<()>>>,
}

impl Default for TaskGroup {
    fn default() -> Self {
        Self::new()
    }
}

impl TaskGroup {
    /// A group not entered yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Rc::new(Inner {
                entered: Cell::new(false),
                exiting: Cell::new(false),
                aborting: Cell::new(false),
                cancel_on_enter: Cell::new(false),
                event_loop: RefCell::new(None),
                parent: RefCell::new(None),
                parent_cancel_requested: Cell::new(false),
                tasks: RefCell::new(Ordered::new()),
                errors: RefCell::default(),
                base_error: RefCell::default(),
                on_completed: RefCell::default(),
            }),
        }
    }

    /// Runs `block`, which gets a handle on the group, and waits for the group's tasks.
    ///
    /// # Errors
    ///
    /// An [`ExceptionGroup`] of all failures (cancellations excluded) of tasks and block. The first failure cancels the
    /// other tasks and the block. `CancelledError` if the parent was cancelled and nothing failed. `RuntimeError` if the
    /// group was entered before, if there is no task, or if the group was [cancelled](Self::cancel) before the block had a
    /// value: [`run_until_cancelled`](Self::run_until_cancelled) is for that. A [`GeneratorExit`] of the block comes out as
    /// it is where no task fails.
    ///
    /// # Cancellation
    ///
    /// Cancels the tasks and waits for them. If the wait is dropped instead (an abort), the tasks are aborted.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TaskGroup, run, sleep_result};
    ///
    /// run(async {
    ///     let group = TaskGroup::new();
    ///     let block = async |group: TaskGroup| {
    ///         group.create_task(sleep_result(0.001, 1))?;
    ///         Ok(group.create_task(sleep_result(0.002, 2))?)
    ///     };
    ///     let task = group.run(block).await?;
    ///     assert_eq!(task.result()?, 2); // the tasks are done
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn run<T>(&self, block: impl AsyncFnOnce(TaskGroup) -> Result<T>) -> impl StdFuture<Output = Result<T>> {
        let run = self.run_at(block, Location::caller());
        async move { run.await?.ok_or_else(|| self.had_no_value()) }
    }

    /// As [`run`](Self::run), for a group that somebody may [`cancel`](Self::cancel): gives `None` if that ended the block
    /// before it had a value.
    ///
    /// # Errors
    ///
    /// As `run`, but for a cancelled group.
    ///
    /// # Cancellation
    ///
    /// As `run`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TaskGroup, run, sleep};
    ///
    /// run(async {
    ///     let block = async |group: TaskGroup| {
    ///         let stop = group.clone();
    ///         group.create_task(async move { Ok(stop.cancel()) })?;
    ///         sleep(3600).await
    ///     };
    ///     assert_eq!(TaskGroup::new().run_until_cancelled(block).await?, None);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn run_until_cancelled<T>(
        &self,
        block: impl AsyncFnOnce(TaskGroup) -> Result<T>,
    ) -> impl StdFuture<Output = Result<Option<T>>> {
        self.run_at(block, Location::caller())
    }

    async fn run_at<T>(
        &self,
        block: impl AsyncFnOnce(TaskGroup) -> Result<T>,
        at: &'static Location<'static>,
    ) -> Result<Option<T>> {
        self.enter()?;
        let abandon = Abandon(self);
        let result = block(self.clone()).await;
        let result = self.leave(result, at).await;
        std::mem::forget(abandon);
        result
    }

    #[cold]
    fn had_no_value(&self) -> Error {
        RuntimeError::new(format!("TaskGroup {self:?} was cancelled before its block had a value")).into()
    }

    /// Begins the block by hand; [`run`](Self::run) does it for you. Every `enter` needs its [`exit`](Self::exit).
    ///
    /// # Errors
    ///
    /// `RuntimeError` if it was entered before or outside a task.
    pub fn enter(&self) -> Result<()> {
        let inner = &self.inner;
        if inner.entered.get() {
            return Err(RuntimeError::new(format!("TaskGroup {self:?} has already been entered")).into());
        }
        let event_loop = running_loop()?;
        let Some(parent) = current_task()? else {
            return Err(RuntimeError::new(format!("TaskGroup {self:?} cannot determine the parent task")).into());
        };
        inner.event_loop.replace(Some(event_loop));
        inner.parent.replace(Some(parent));
        inner.entered.set(true);
        if inner.cancel_on_enter.get() {
            self.cancel();
        }
        Ok(())
    }

    /// Ends the block with its result: waits for the tasks and gives what [`run`](Self::run) says.
    ///
    /// # Errors
    ///
    /// As `run`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TaskGroup, run, sleep_result};
    ///
    /// run(async {
    ///     let group = TaskGroup::new();
    ///     group.enter()?;
    ///     let task = group.create_task(sleep_result(0.001, 1))?;
    ///     let block = Ok("of the block");
    ///     assert_eq!(group.exit(block).await?, "of the block");
    ///     assert_eq!(task.result()?, 1);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn exit<T>(&self, result: Result<T>) -> impl StdFuture<Output = Result<T>> {
        let leave = self.leave(result, Location::caller());
        async move { leave.await?.ok_or_else(|| self.had_no_value()) }
    }

    /// As [`exit`](Self::exit), and gives `None` where [`run_until_cancelled`](Self::run_until_cancelled) does.
    ///
    /// # Errors
    ///
    /// As `run_until_cancelled`.
    #[track_caller]
    pub fn exit_until_cancelled<T>(&self, result: Result<T>) -> impl StdFuture<Output = Result<Option<T>>> {
        self.leave(result, Location::caller())
    }

    async fn leave<T>(&self, result: Result<T>, at: &'static Location<'static>) -> Result<Option<T>> {
        let inner = &self.inner;
        inner.exiting.set(true);
        let (value, error) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        let mut cancellation = error.clone().filter(Error::is_cancelled);
        if let Some(error) = &error {
            inner.note_base_error(error);
            if !inner.aborting.get() {
                inner.abort();
            }
        }
        // The wait can be cancelled any number of times.
        let mut cancelled_waiting = None;
        while !inner.tasks.borrow().is_empty() {
            let completed = inner.completed();
            if let Err(error) = Await::new(completed, Future::take_result, at).await {
                cancelled_waiting = Some(error.clone());
                if !inner.aborting.get() {
                    cancellation = Some(error);
                    inner.abort();
                }
            }
            inner.on_completed.take();
        }
        let parent = inner.parent.take().expect("entered");
        if let Some(error) = inner.base_error.take() {
            return Err(error);
        }
        if inner.parent_cancel_requested.get() {
            cancellation = match parent.uncancel() {
                0 => None,
                // What is left of the requests is not the group's own.
                _ => cancellation.or(cancelled_waiting),
            };
        }
        let mut errors = inner.errors.take();
        if let (Some(cancellation), true) = (cancellation, errors.is_empty()) {
            return Err(cancellation);
        }
        errors.extend(error.clone().filter(|error| !error.is_cancelled()));
        if errors.is_empty() {
            return Ok(value);
        }
        if parent.cancelling() > 0 {
            // The parent was cancelled from outside as well: the request stays, to be raised at its next await.
            parent.uncancel();
            parent.cancel();
        }
        // A generator with a group around its `yield` is closed by that alone.
        if let ([exit], Some(own)) = (&errors[..], &error)
            && own.is::<GeneratorExit>()
            && exit.same(own)
        {
            return Err(own.clone());
        }
        let group = Error::from(ExceptionGroup::new("unhandled errors in a TaskGroup", errors));
        Err(match error {
            Some(error) => group.during(error),
            None => group,
        })
    }

    /// Cancels the group: its tasks that are not done, and its block. The group then ends without an error, unless a task
    /// fails as it cleans up. On a group that is not entered yet this takes effect when it is; on one that is over, or
    /// cancelled already, it has none. (3.15)
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TaskGroup, run, sleep, sleep_result};
    ///
    /// run(async {
    ///     let block = async |group: TaskGroup| {
    ///         let slow = group.create_task(sleep(3600))?;
    ///         let quick = group.create_task(sleep_result(0.001, "mirror 2"))?;
    ///         let _ = quick.add_done_callback(move |_| group.cancel()); // one answer is enough
    ///         Ok((slow, quick))
    ///     };
    ///     let (slow, quick) = TaskGroup::new().run(block).await?;
    ///     assert!(slow.cancelled());
    ///     assert_eq!(quick.result()?, "mirror 2");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn cancel(&self) {
        let inner = &self.inner;
        if !inner.entered.get() {
            inner.cancel_on_enter.set(true);
        } else if !(inner.aborting.get() || inner.exiting.get() && inner.tasks.borrow().is_empty()) {
            inner.abort();
            inner.cancel_parent();
        }
    }

    /// Makes a task in the group: `tg.create_task`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` before the block, after it, and while the group is shutting down because of a failure or because it was
    /// cancelled.
    #[track_caller]
    pub fn create_task<T: 'static>(
        &self,
        coroutine: impl std::future::Future<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        self.create_task_with(TaskOptions::new(), coroutine)
    }

    /// As [`create_task`](Self::create_task), with a name, a context or an eager start.
    ///
    /// # Errors
    ///
    /// As `create_task`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TaskGroup, TaskOptions, run};
    ///
    /// run(async {
    ///     let block = async |group: TaskGroup| {
    ///         let options = TaskOptions::new().name("worker 1");
    ///         let task = group.create_task_with(options, async { Ok(()) })?;
    ///         assert_eq!(&*task.get_name(), "worker 1");
    ///         Ok(())
    ///     };
    ///     TaskGroup::new().run(block).await
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn create_task_with<T: 'static>(
        &self,
        options: TaskOptions,
        coroutine: impl std::future::Future<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        let inner = &self.inner;
        let why = if !inner.entered.get() {
            Some("has not been entered")
        } else if inner.exiting.get() && inner.tasks.borrow().is_empty() {
            Some("is finished")
        } else if inner.aborting.get() {
            Some("is shutting down")
        } else {
            None
        };
        if let Some(why) = why {
            close(coroutine);
            return Err(RuntimeError::new(format!("TaskGroup {self:?} {why}")));
        }
        let event_loop = inner.event_loop.borrow().clone().expect("entered");
        let task = options.create_task_in(&event_loop, coroutine)?;
        inner.adopt(task.as_task());
        Ok(task)
    }
}

/// Aborts the tasks of a group whose block was dropped half-way.
struct Abandon<'a>(&'a TaskGroup);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        let tasks: Vec<AnyTask> = self.0.inner.tasks.borrow().iter().cloned().collect();
        for task in tasks {
            task.abort();
        }
        self.0.inner.parent.take();
    }
}

impl Inner {
    fn adopt(self: &Rc<Self>, task: AnyTask) {
        // Also one that started eagerly and is over: its failure must not cancel the parent inside `create_task`.
        let key = self.tasks.borrow_mut().push(task.clone());
        let done = Rc::new(TaskDone { group: Rc::clone(self), key });
        let _ = task.add_callback(done, 0);
        // Its first step, taken eagerly, may have cancelled the group.
        if self.aborting.get() && !task.done() {
            task.cancel();
        }
    }

    fn completed(&self) -> Future<()> {
        let event_loop = self.event_loop.borrow();
        let event_loop = event_loop.as_ref().expect("entered");
        self.on_completed.borrow_mut().get_or_insert_with(|| Future::new(event_loop)).clone()
    }

    fn abort(&self) {
        self.aborting.set(true);
        let tasks: Vec<AnyTask> = self.tasks.borrow().iter().cloned().collect();
        for task in tasks {
            if !task.done() {
                task.cancel();
            }
        }
    }

    fn note_base_error(&self, error: &Error) {
        if error.is::<KeyboardInterrupt>() {
            self.base_error.borrow_mut().get_or_insert_with(|| error.clone());
        }
    }

    fn task_done(&self, task: &AnyFuture) {
        let completed = self.on_completed.borrow().clone();
        if let Some(completed) = completed
            && self.tasks.borrow().is_empty()
            && !completed.done()
        {
            let set = completed.set_result(());
            debug_assert!(set.is_ok(), "checked just before");
        }
        if task.cancelled() {
            return;
        }
        let Some(error) = task.base().see_error() else { return };
        self.note_base_error(&error);
        self.errors.borrow_mut().push(error.clone());
        let Some(parent) = self.parent.borrow().clone() else { return };
        if parent.done() {
            let message = format!("Task {task:?} has errored out but its parent task {parent:?} is already completed");
            task.base().event_loop().call_exception_handler(&ExceptionContext::new(message).exception(error));
            return;
        }
        if !self.aborting.get() && !self.parent_cancel_requested.get() {
            // The parent is not being cancelled from outside: stop whatever its block is doing.
            self.abort();
            self.cancel_parent();
        }
    }

    /// The request is taken back on exit.
    fn cancel_parent(&self) {
        let parent = self.parent.borrow().clone();
        if let Some(parent) = parent.filter(|_| !self.parent_cancel_requested.replace(true)) {
            parent.cancel();
        }
    }
}

/// The done-callback of one task of a group.
struct TaskDone {
    group: Rc<Inner>,
    key: u64,
}

impl Run for TaskDone {
    fn run(&self, _key: u32) {
        let task = self.group.tasks.borrow_mut().remove(self.key);
        if let Some(task) = task {
            self.group.task_done(&task);
        }
    }

    fn awaited_by(&self) -> Option<u32> {
        Some(self.group.parent.borrow().as_ref()?.core().number())
    }

    fn describe(&self) -> String {
        "TaskGroup._on_task_done()".to_owned()
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        f.write_str("<TaskGroup")?;
        let (tasks, errors) = (inner.tasks.borrow().len(), inner.errors.borrow().len());
        if tasks > 0 {
            write!(f, " tasks={tasks}")?;
        }
        if errors > 0 {
            write!(f, " errors={errors}")?;
        }
        if inner.aborting.get() {
            f.write_str(" cancelling")?;
        } else if inner.entered.get() {
            f.write_str(" entered")?;
        }
        f.write_str(">")
    }
}
