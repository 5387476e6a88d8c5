//! Structured concurrency: `asyncio.taskgroups`.
//!
//! A group's block does not end before its tasks have ended. The first failure cancels the other tasks and the block. The
//! parent task's count of cancellation requests distinguishes the group's own cancellation from one that was requested outside.
//! The logic is `TaskGroup.__aexit__` of CPython 3.15.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use asyncio_errors::{Error, ExceptionContext, ExceptionGroup, GeneratorExit, KeyboardInterrupt, Result, RuntimeError};

use crate::asyncio::futures::{Await, Future};
use crate::asyncio::tasks::{Task, TaskOptions, cancel_boundary};
use crate::kernel::{AnyFuture, AnyTask, LoopCore, Run, Text, close, current, running_loop};
use asyncio_ordered::Ordered;

/// A group of tasks that a block waits for: `async with asyncio.TaskGroup() as tg`.
///
/// Clones are handles of the same group, so that a task can start others in it.
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
///     assert_eq!(error.to_string(), "unhandled errors in a TaskGroup (1 sub-exception): ValueError('boom')");
///     assert!(error.downcast_ref::<ExceptionGroup>().unwrap().exceptions()[0].is::<ValueError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Default)]
pub struct TaskGroup {
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Set when the group is entered.
    event_loop: OnceCell<Rc<LoopCore>>,
    exiting: Cell<bool>,
    aborting: Cell<bool>,
    /// The group was cancelled before it was entered.
    cancel_on_enter: Cell<bool>,
    /// The task that runs the block.
    parent: RefCell<Option<AnyTask>>,
    /// The group itself has cancelled its parent.
    parent_cancel_requested: Cell<bool>,
    /// The tasks that are not done, in the order of creation.
    tasks: RefCell<Ordered<AnyTask>>,
    errors: RefCell<Vec<Error>>,
    base_error: RefCell<Option<Error>>,
    on_completed: RefCell<Option<Future<()>>>,
}

impl TaskGroup {
    /// A group that is not entered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `block`, which gets a handle of the group, and waits for the group's tasks: the whole `async with` statement.
    ///
    /// The first failure of a task cancels the other tasks and the block.
    ///
    /// # Errors
    ///
    /// - An [`ExceptionGroup`] of all failures of the tasks and the block, without cancellations. (A [`GeneratorExit`] of
    ///   the block is raised as it is if no task fails.)
    /// - `CancelledError` if the parent task was cancelled and nothing failed.
    /// - `RuntimeError` if the group was entered before, if no task is running, or if the group was
    ///   [cancelled](Self::cancel) before the block had a value;
    ///   [`run_until_cancelled`](Self::run_until_cancelled) returns `None` for the latter.
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
    pub fn run<T, B, C>(&self, block: B) -> impl StdFuture<Output = Result<T>> + use<T, B, C>
    where
        B: FnOnce(TaskGroup) -> C,
        C: StdFuture<Output = Result<T>>,
    {
        let (run, group, at) = (self.run_until_cancelled(block), self.clone(), Location::caller());
        async move { run.await?.ok_or_else(|| group.had_no_value(at)) }
    }

    /// Like [`run`](Self::run), for a group that may be [cancelled](Self::cancel): returns `None` if that ended the block
    /// before it had a value.
    ///
    /// # Errors
    ///
    /// Like `run`, except that a cancelled group is not an error.
    ///
    /// # Cancellation
    ///
    /// Like `run`.
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
    pub fn run_until_cancelled<T, B, C>(&self, block: B) -> impl StdFuture<Output = Result<Option<T>>> + use<T, B, C>
    where
        B: FnOnce(TaskGroup) -> C,
        C: StdFuture<Output = Result<T>>,
    {
        let (group, at) = (self.clone(), Location::caller());
        async move {
            group.enter_at(at)?;
            let abandon = Abandon(&group);
            let result = cancel_boundary(block(group.clone())).at(at).await;
            let result = group.leave(result, at).await;
            std::mem::forget(abandon);
            result
        }
    }

    #[cold]
    fn had_no_value(&self, at: &'static Location<'static>) -> Error {
        self.refusal("was cancelled before its block had a value", at)
    }

    fn refusal(&self, why: &str, at: &'static Location<'static>) -> Error {
        Error::raised_at(RuntimeError::new(format!("TaskGroup {self:?} {why}")), at)
    }

    /// Starts the block by hand; [`run`](Self::run) does it for you. Every `enter` needs its [`exit`](Self::exit).
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the group was entered before, or outside a task.
    #[doc(alias = "__aenter__")]
    #[track_caller]
    pub fn enter(&self) -> Result<()> {
        self.enter_at(Location::caller())
    }

    fn enter_at(&self, at: &'static Location<'static>) -> Result<()> {
        let inner = &self.inner;
        if inner.event_loop.get().is_some() {
            return Err(self.refusal("has already been entered", at));
        }
        let event_loop = running_loop().map_err(|none| Error::raised_at(none, at))?;
        let Some(parent) = current::with_task(|task| task.cloned()) else {
            return Err(self.refusal("cannot determine the parent task", at));
        };
        parent.core().at.set(at);
        inner.parent.replace(Some(parent));
        inner.event_loop.get_or_init(|| event_loop);
        if inner.cancel_on_enter.get() {
            self.cancel();
        }
        Ok(())
    }

    /// Ends the block, whose result is `result`: waits for the tasks and returns what [`run`](Self::run) would.
    ///
    /// # Errors
    ///
    /// Like `run`.
    ///
    /// # Cancellation
    ///
    /// Cancels the tasks and waits for them. If the wait is dropped instead, the tasks go on.
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
    #[doc(alias = "__aexit__")]
    #[track_caller]
    pub fn exit<T>(&self, result: Result<T>) -> impl StdFuture<Output = Result<T>> {
        let at = Location::caller();
        async move { self.leave(result, at).await?.ok_or_else(|| self.had_no_value(at)) }
    }

    /// Like [`exit`](Self::exit), but returns `None` where [`run_until_cancelled`](Self::run_until_cancelled) does.
    ///
    /// # Errors
    ///
    /// Like `run_until_cancelled`.
    ///
    /// # Cancellation
    ///
    /// Cancels the tasks and waits for them. If the wait is dropped instead, the tasks go on.
    #[track_caller]
    pub fn exit_until_cancelled<T>(&self, result: Result<T>) -> impl StdFuture<Output = Result<Option<T>>> {
        self.leave(result, Location::caller())
    }

    /// `__aexit__`. `None` if the group was cancelled before the block had a value.
    async fn leave<T>(&self, result: Result<T>, at: &'static Location<'static>) -> Result<Option<T>> {
        let inner = &self.inner;
        inner.exiting.set(true);
        let error = result.as_ref().err().cloned();
        let mut cancellation = error.clone().filter(Error::is_cancelled);
        if let Some(error) = &error {
            inner.note_base_error(error);
            if !inner.aborting.get() {
                inner.abort();
            }
        }
        // A loop, because the wait can be cancelled any number of times.
        let mut cancelled_waiting = None;
        while !inner.tasks.borrow().is_empty() {
            let completed = Future::new(inner.event_loop.get().expect("entered"));
            inner.on_completed.replace(Some(completed.clone()));
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
                // The remaining requests are not the group's own.
                _ => cancellation.or(cancelled_waiting),
            };
        }
        let mut errors = inner.errors.take();
        if let (Some(cancellation), true) = (cancellation, errors.is_empty()) {
            return Err(cancellation);
        }
        errors.extend(error.clone().filter(|error| !error.is_cancelled()));
        if errors.is_empty() {
            return Ok(result.ok());
        }
        if parent.cancelling() > 0 {
            // The parent was cancelled from outside as well. This keeps the request and raises it at the next await.
            parent.uncancel();
            parent.cancel();
        }
        // If the only error is the block's own GeneratorExit: it closes a generator with a group around its `yield`.
        if let ([exit], Some(own)) = (&errors[..], &error)
            && own.is::<GeneratorExit>()
            && exit.same(own)
        {
            return Err(own.clone());
        }
        let group = Error::raised_at(ExceptionGroup::new("unhandled errors in a TaskGroup", errors), at);
        Err(match error {
            Some(error) => group.during(error),
            None => group,
        })
    }

    /// Cancels the group: its tasks that are not done, and its block (3.15).
    ///
    /// The group then ends without an error, unless a task fails while it cleans up. A group that is not entered yet is
    /// cancelled when it is entered. On a group that is finished or already cancelled this has no effect.
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
        if inner.event_loop.get().is_none() {
            inner.cancel_on_enter.set(true);
        } else if !(inner.aborting.get() || inner.exiting.get() && inner.tasks.borrow().is_empty()) {
            inner.abort();
            inner.cancel_parent();
        }
    }

    /// Creates a task in the group: `tg.create_task`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` before the block, after it, and while the group is shutting down after a failure or a
    /// cancellation.
    #[track_caller]
    pub fn create_task<T: 'static>(
        &self,
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        self.create_task_with(TaskOptions::new(), coroutine)
    }

    /// Like [`create_task`](Self::create_task), with a name, a context or an eager start.
    ///
    /// # Errors
    ///
    /// Like `create_task`.
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
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        let inner = &self.inner;
        let event_loop = match inner.event_loop.get() {
            None => Err("has not been entered"),
            Some(_) if inner.exiting.get() && inner.tasks.borrow().is_empty() => Err("is finished"),
            Some(_) if inner.aborting.get() => Err("is shutting down"),
            Some(event_loop) => Ok(event_loop),
        };
        match event_loop {
            Ok(event_loop) => {
                let task = options.create_task_in(event_loop, coroutine)?;
                inner.adopt(task.as_task());
                Ok(task)
            }
            Err(why) => {
                close(coroutine);
                Err(RuntimeError::new(format!("TaskGroup {self:?} {why}")))
            }
        }
    }
}

/// Aborts the tasks of a group whose block is dropped before its end.
struct Abandon<'a>(&'a TaskGroup);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        for task in self.0.inner.tasks() {
            task.abort();
        }
        self.0.inner.parent.take();
    }
}

impl Inner {
    /// The tasks that are not done, for code that must not hold the list borrowed.
    fn tasks(&self) -> Vec<AnyTask> {
        self.tasks.borrow().iter().cloned().collect()
    }

    fn adopt(self: &Rc<Self>, task: AnyTask) {
        // Even a task that started eagerly and is done: its failure must not cancel the parent inside `create_task`.
        let key = self.tasks.borrow_mut().push(task.clone());
        let _ = task.add_callback(Rc::new(OnTaskDone { group: Rc::clone(self), key }), 0);
        // A task that started eagerly may have cancelled the group in its first step.
        if self.aborting.get() && !task.done() {
            task.cancel();
        }
    }

    fn abort(&self) {
        self.aborting.set(true);
        for task in self.tasks() {
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

    fn on_task_done(&self, task: &AnyFuture) {
        let completed = self.on_completed.borrow().clone();
        if let Some(completed) = completed
            && self.tasks.borrow().is_empty()
            && !completed.done()
        {
            completed.finish(());
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
            // The parent is not being cancelled, so the group cancels it to stop the block.
            self.abort();
            self.cancel_parent();
        }
    }

    /// Cancels the parent. That happens once, because a group is aborted once. The request is taken back on exit.
    fn cancel_parent(&self) {
        self.parent_cancel_requested.set(true);
        let parent = self.parent.borrow().clone();
        parent.iter().for_each(|parent| _ = parent.cancel());
    }
}

/// The done-callback of one task of a group.
struct OnTaskDone {
    group: Rc<Inner>,
    key: u64,
}

impl Run for OnTaskDone {
    fn run(&self, _key: u32) {
        let task = self.group.tasks.borrow_mut().remove(self.key);
        if let Some(task) = task {
            self.group.on_task_done(&task);
        }
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        let owns = |future| self.group.on_completed.borrow().as_ref().is_some_and(|own| own.as_any().is(future));
        Some(self.group.parent.borrow().as_ref().filter(|_| through.is_none_or(owns))?.core().number())
    }

    fn describe(&self) -> Text {
        "TaskGroup._on_task_done()".into()
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        f.write_str("<TaskGroup")?;
        for (name, count) in [("tasks", inner.tasks.borrow().len()), ("errors", inner.errors.borrow().len())] {
            if count > 0 {
                write!(f, " {name}={count}")?;
            }
        }
        if inner.aborting.get() {
            f.write_str(" cancelling")?;
        } else if inner.event_loop.get().is_some() {
            f.write_str(" entered")?;
        }
        f.write_str(">")
    }
}
