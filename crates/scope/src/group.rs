//! `ScopedTaskGroup`: a `TaskGroup` whose coroutines may borrow.

use std::fmt;
use std::future::Future;
use std::rc::Rc;

use asyncio_errors::{Result, RuntimeError};
use asyncio_runtime::{Task, TaskGroup, TaskOptions, coroutine_name};

use crate::scope::{Hosting, Scope};

/// A group of tasks that may borrow from the coroutine that runs its block: `async with asyncio.TaskGroup() as tg`.
///
/// In all other respects it is a [`TaskGroup`]: the first failure cancels the other tasks and the block, which clean up and are
/// waited for. The tasks may borrow for the lifetime `'env`: everything that lives longer than the group's [`run`](Self::run). A
/// background task that outlives the function that starts it cannot borrow. It must own what it needs, and be made with
/// [`create_task`](asyncio_runtime::create_task).
///
/// Clones are handles of the same group, so that a task can start others in it.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, ScopedTaskGroup, run, sleep};
///
/// struct Kitchen {
///     tea: String,
/// }
///
/// impl Kitchen {
///     async fn brew(&self, cups: usize) -> Result<String> {
///         sleep(0.001).await?;
///         Ok(format!("{cups} cups of {}", self.tea))
///     }
///
///     async fn serve(&self) -> Result<[String; 2]> {
///         let group = ScopedTaskGroup::new();
///         let tasks = group.run(async |group| {
///             let small = group.create_task(self.brew(1))?;
///             let large = group.create_task(self.brew(6))?;
///             Ok([small, large])
///         });
///         let [small, large] = tasks.await?;
///         Ok([small.result()?, large.result()?])
///     }
/// }
///
/// let kitchen = Kitchen { tea: "oolong".to_owned() };
/// let served = run(async move { kitchen.serve().await }).unwrap();
/// assert_eq!(served, ["1 cups of oolong", "6 cups of oolong"]);
/// ```
///
/// Write the block where you call `run`, as above, so that the compiler can infer `'env`. (A closure that names its argument's
/// type, `|group: ScopedTaskGroup<'_>|`, promises to work for every `'env`, and its tasks may borrow nothing.)
///
/// What the tasks borrow must outlive the group. A variable of its block does not:
///
/// ```compile_fail,E0597
/// use asyncio::{ScopedTaskGroup, run, sleep};
///
/// run(async {
///     let group = ScopedTaskGroup::new();
///     let all = group.run(async |group| {
///         let tea = String::from("oolong");
///         group.create_task(async { // the task outlives the block
///             sleep(1).await?;
///             Ok(println!("{tea}"))
///         })?;
///         Ok(())
///     });
///     all.await
/// })
/// .unwrap();
/// ```
pub struct ScopedTaskGroup<'env> {
    scope: Rc<Scope<'env>>,
    group: TaskGroup,
}

impl<'env> ScopedTaskGroup<'env> {
    /// A group that is not entered yet.
    #[must_use]
    pub fn new() -> Self {
        Self { scope: Rc::default(), group: TaskGroup::new() }
    }

    /// Runs `block`, which gets a handle of the group, and waits for the group's tasks: the whole `async with` statement.
    ///
    /// # Errors
    ///
    /// Like [`TaskGroup::run`].
    ///
    /// # Cancellation
    ///
    /// Cancels the tasks and waits for them. If the wait is dropped instead (an abort), their coroutines are dropped too.
    #[track_caller]
    pub fn run<T, B, C>(&self, block: B) -> impl Future<Output = Result<T>> + use<'env, T, B, C>
    where
        B: FnOnce(ScopedTaskGroup<'env>) -> C,
        C: Future<Output = Result<T>>,
    {
        let group = self.clone();
        Hosting::new(Rc::clone(&self.scope), self.group.run(|_| block(group)))
    }

    /// Like [`run`](Self::run), for a group that may be [cancelled](Self::cancel): returns `None` if that ended the block before it had
    /// a value.
    ///
    /// # Errors
    ///
    /// Like [`TaskGroup::run_until_cancelled`].
    ///
    /// # Cancellation
    ///
    /// Like `run`.
    #[track_caller]
    pub fn run_until_cancelled<T, B, C>(&self, block: B) -> impl Future<Output = Result<Option<T>>> + use<'env, T, B, C>
    where
        B: FnOnce(ScopedTaskGroup<'env>) -> C,
        C: Future<Output = Result<T>>,
    {
        let group = self.clone();
        Hosting::new(Rc::clone(&self.scope), self.group.run_until_cancelled(|_| block(group)))
    }

    /// Creates a task in the group: `tg.create_task`. Its result must not borrow, because the handle may be kept. To return
    /// something borrowed, use [`gather_scoped`](crate::gather_scoped), or write the result to a variable of the caller.
    ///
    /// # Errors
    ///
    /// Like [`TaskGroup::create_task`].
    #[track_caller]
    pub fn create_task<T: 'static>(
        &self,
        coroutine: impl Future<Output = Result<T>> + 'env,
    ) -> Result<Task<T>, RuntimeError> {
        self.create_task_with(TaskOptions::new(), coroutine)
    }

    /// Like [`create_task`](Self::create_task), with a name or a context. The task does not start eagerly, whatever the options say.
    ///
    /// # Errors
    ///
    /// Like `create_task`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ScopedTaskGroup, TaskOptions, current_task, run};
    ///
    /// run(async {
    ///     let greeting = String::from("hello from");
    ///     let greet = async || Ok(format!("{greeting} {}", current_task()?.expect("a task").get_name()));
    ///     let options = TaskOptions::new().name("greeter");
    ///     let group = ScopedTaskGroup::new();
    ///     let task = group.run(async |group| Ok(group.create_task_with(options, greet())?)).await?;
    ///     assert_eq!(task.result()?, "hello from greeter");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn create_task_with<T: 'static, F: Future<Output = Result<T>> + 'env>(
        &self,
        options: TaskOptions,
        coroutine: F,
    ) -> Result<Task<T>, RuntimeError> {
        let seat = self.scope.seat();
        let task = self.group.create_task_with(options.eager_start(false), seat.task())?;
        self.scope.take(seat, &task, coroutine_name::<F>, coroutine);
        Ok(task)
    }

    /// Cancels the group: its tasks that are not done, and its block (3.15). See [`TaskGroup::cancel`].
    pub fn cancel(&self) {
        self.group.cancel();
    }
}

impl Clone for ScopedTaskGroup<'_> {
    fn clone(&self) -> Self {
        Self { scope: Rc::clone(&self.scope), group: self.group.clone() }
    }
}

impl Default for ScopedTaskGroup<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ScopedTaskGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.group.fmt(f)
    }
}
