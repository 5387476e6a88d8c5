//! Structured concurrency: `asyncio.taskgroups`.
//!
//! A group's block does not end before its tasks have. The first failure cancels the others and the block; what the
//! parent was asked from outside is told apart by its count of cancellation requests. The logic is `TaskGroup.__aexit__`
//! of CPython 3.15.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use crate::coroutines;
use crate::error::{Error, Result};
use crate::exceptions::{ExceptionGroup, KeyboardInterrupt, RuntimeError};
use crate::futures::{AnyFuture, Future};
use crate::loop_core::{self, LoopCore};
use crate::ordered::Ordered;
use crate::ready::Run;
use crate::report::ExceptionContext;
use crate::tasks::{AnyTask, Task, TaskOptions, current_task};

/// A group of tasks that a block waits for: `async with asyncio.TaskGroup() as tg`.
///
/// Clones are handles on the same group, so that a task can start others in it.
///
/// ```
/// use asyncio_runtime::{ExceptionGroup, TaskGroup, ValueError, run, sleep};
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
    /// group was entered before or there is no task.
    ///
    /// # Cancellation
    ///
    /// Cancels the tasks and waits for them. If the wait is dropped instead (an abort), the tasks are aborted.
    ///
    /// ```
    /// use asyncio_runtime::{TaskGroup, run, sleep_result};
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
    pub async fn run<T>(&self, block: impl AsyncFnOnce(TaskGroup) -> Result<T>) -> Result<T> {
        self.enter()?;
        let abandon = Abandon(self);
        let result = block(self.clone()).await;
        let result = self.exit(result).await;
        std::mem::forget(abandon);
        result
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
        let event_loop = loop_core::running_loop()?;
        let Some(parent) = current_task()? else {
            return Err(RuntimeError::new(format!("TaskGroup {self:?} cannot determine the parent task")).into());
        };
        inner.event_loop.replace(Some(event_loop));
        inner.parent.replace(Some(parent));
        inner.entered.set(true);
        Ok(())
    }

    /// Ends the block with its result: waits for the tasks and gives what [`run`](Self::run) says.
    ///
    /// # Errors
    ///
    /// As `run`.
    ///
    /// ```
    /// use asyncio_runtime::{TaskGroup, run, sleep_result};
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
    pub async fn exit<T>(&self, result: Result<T>) -> Result<T> {
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
        while !inner.tasks.borrow().is_empty() {
            let completed = inner.completed();
            if let Err(error) = (&completed).await
                && !inner.aborting.get()
            {
                cancellation = Some(error);
                inner.abort();
            }
            inner.on_completed.take();
        }
        if let Some(error) = inner.base_error.take() {
            return Err(error);
        }
        let parent = inner.parent.take().expect("entered");
        if inner.parent_cancel_requested.get() && parent.uncancel() == 0 {
            cancellation = None;
        }
        let mut errors = inner.errors.take();
        if let (Some(cancellation), true) = (cancellation, errors.is_empty()) {
            return Err(cancellation);
        }
        errors.extend(error.clone().filter(|error| !error.is_cancelled()));
        if errors.is_empty() {
            return value.ok_or_else(|| error.expect("a block without value has failed"));
        }
        if parent.cancelling() > 0 {
            // The parent was cancelled from outside as well: the request stays, to be raised at its next await.
            parent.uncancel();
            parent.cancel();
        }
        let group = Error::from(ExceptionGroup::new("unhandled errors in a TaskGroup", errors));
        Err(match error {
            Some(error) => group.during(error),
            None => group,
        })
    }

    /// Makes a task in the group: `tg.create_task`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` before the block, after it, and while the group is shutting down because of a failure.
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
    /// ```
    /// use asyncio_runtime::{TaskGroup, TaskOptions, run};
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
            coroutines::close(coroutine);
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
            // The parent is not being cancelled from outside: stop whatever its block is doing, and take the request
            // back on exit.
            self.abort();
            self.parent_cancel_requested.set(true);
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
