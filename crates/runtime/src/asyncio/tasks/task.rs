//! `Task` and `AnyTask`, the handles on a task, and which tasks there are. What they are handles on is in `state`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use crate::asyncio::events::EventLoop;
use crate::asyncio::futures::{Await, CallbackKey, Future};
use crate::base::log;
use crate::error::Result;
use crate::error::exceptions::RuntimeError;
use crate::kernel::{AnyFuture, AnyTask, PendingCancel, State, current, running_loop};

impl AnyTask {
    /// The task's name, `Task-N` unless one was given. N counts over the whole process.
    #[must_use]
    pub fn get_name(&self) -> Rc<str> {
        self.core().name()
    }

    /// Gives the task another name.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{current_task, run};
    ///
    /// run(async {
    ///     let task = current_task()?.expect("this is a task");
    ///     task.set_name(format_args!("worker {}", 7));
    ///     assert_eq!(&*task.get_name(), "worker 7");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_name(&self, name: impl fmt::Display) {
        self.core().set_name(&name.to_string());
    }

    /// How many cancellations were requested and not taken back by [`uncancel`](Self::uncancel).
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.base().cancelling.get()
    }

    /// Takes one cancellation request back; gives how many are left. For code that has caught a cancellation and means
    /// to go on, as `timeout` and `TaskGroup` do. (3.13: at zero, a request not delivered yet is dropped.)
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, current_task, run, sleep};
    ///
    /// run(async {
    ///     let stubborn = create_task(async {
    ///         assert!(sleep(3600).await.unwrap_err().is_cancelled());
    ///         let task = current_task()?.expect("this is a task");
    ///         assert_eq!(task.cancelling(), 1);
    ///         assert_eq!(task.uncancel(), 0);
    ///         Ok("it went on")
    ///     });
    ///     sleep(0).await?;
    ///     stubborn.cancel();
    ///     assert_eq!(stubborn.await?, "it went on");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn uncancel(&self) -> u32 {
        let core = self.core();
        let left = core.count_cancels(-1);
        if left == 0 && core.pending_cancel() == PendingCancel::Must {
            core.set_pending_cancel(PendingCancel::None);
        }
        left
    }

    /// The task's coroutine, as far as it can be looked at: its name, and where the task was created.
    #[must_use]
    pub fn get_coro(&self) -> CoroutineRef {
        CoroutineRef { name: self.coroutine_name(), defined_at: self.created_at(), address: self.address() }
    }

    /// Where the task waits: one frame, the innermost await, for a suspended task; empty for one that is done. (A failed
    /// task has no traceback in Rust, so its stack is empty too.)
    #[must_use]
    pub fn get_stack(&self) -> Vec<Frame> {
        if self.done() {
            return Vec::new();
        }
        let core = self.core();
        let at = core.at.get();
        vec![Frame { file: at.file(), line: at.line(), function: self.coroutine_name() }]
    }

    /// Writes the stack to standard error: `task.print_stack()`.
    pub fn print_stack(&self) {
        log::write(&self.format_stack());
    }

    /// What [`print_stack`](Self::print_stack) writes.
    #[must_use]
    pub fn format_stack(&self) -> String {
        let stack = self.get_stack();
        if stack.is_empty() {
            let exception = match self.as_any().base().peek_error() {
                Some(error) if !self.cancelled() => format!("{error:?}\n"),
                _ => String::new(),
            };
            return format!("No stack for {self:?}\n{exception}");
        }
        let mut text = format!("Stack for {self:?} (most recent call last):\n");
        for frame in stack {
            text += &format!("{frame}\n");
        }
        text
    }

    /// Drops the coroutine where it stands, without a chance to clean up beyond its destructors: the way of tokio and
    /// smol, for futures that do not know about cancellation. The task ends cancelled. False if it was done.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run, sleep};
    ///
    /// run(async {
    ///     let task = create_task(async {
    ///         let _ = sleep(3600).await;
    ///         unreachable!("no error comes out of that")
    ///     });
    ///     sleep(0).await?;
    ///     assert!(task.abort());
    ///     let ended: Result<(), _> = task.await;
    ///     assert!(ended.unwrap_err().is_cancelled());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn abort(&self) -> bool {
        if self.done() {
            return false;
        }
        self.base().state.set(State::Aborted);
        self.wake();
        true
    }

    /// The task with the type of its result, if it is a `T`.
    #[must_use]
    pub fn downcast<T: 'static>(&self) -> Option<Task<T>> {
        self.gives::<T>().then(|| Task::from_any(self.as_any().clone()))
    }

    /// This task as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        self.as_future()
    }

    /// Runs `f` with this task once it is done; see [`AnyFuture::add_done_callback`].
    pub fn add_done_callback(&self, f: impl FnOnce(&AnyTask) + 'static) -> CallbackKey {
        self.as_any().add_named_callback(f, |any| AnyTask::from_future(any.clone()))
    }
}

impl Deref for AnyTask {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        self.as_future()
    }
}

impl AsRef<AnyFuture> for AnyTask {
    fn as_ref(&self) -> &AnyFuture {
        self.as_future()
    }
}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_any().fmt(f)
    }
}

/// A coroutine that the loop runs by itself: `asyncio.Task`.
///
/// Made by [`create_task`](crate::create_task); it runs whatever becomes of the handle. Clones are handles on the same
/// task. It is a [`Future`], so it can be asked and awaited like one: `task.await` takes the result, `(&task).await`
/// clones it and can be repeated.
///
/// # Cancellation
///
/// [`cancel`](AnyFuture::cancel) makes a `CancelledError` come out of the await at which the task waits, at its next
/// step. Passed on with `?` it ends the task *cancelled*; the task may also catch it, clean up (and await while doing
/// so), or refuse and go on. A task cancelled before its first step never runs a line. Cancelling a task that awaits
/// another task cancels that one; a foreign future (one that this crate does not know) is let finish, unless it is
/// wrapped in [`cancellable`](crate::cancellable). [`abort`](AnyTask::abort) is Rust's way: drop.
///
/// # Errors
///
/// Awaiting gives what the coroutine raised, a `CancelledError` if the task was cancelled, and a `RuntimeError` if the
/// result was taken before. If the coroutine panicked, the panic goes on in whoever awaits it.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, run, sleep};
///
/// run(async {
///     let task = create_task(async { sleep(0.001).await.map(|()| "tea") }).named("kettle");
///     assert!(!task.done());
///     assert_eq!((&task).await?, "tea"); // a clone; the task keeps its result
///     assert_eq!((task.get_name().as_ref(), task.result()?), ("kettle", "tea"));
///
///     let sleeper = create_task(sleep(3600));
///     assert!(sleeper.cancel()); // a request
///     assert!(sleeper.await.unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Task<T> {
    future: Future<T>,
    task: PhantomData<fn() -> T>,
}

impl<T: 'static> Task<T> {
    /// The caller vouches that it is a task with a result of type `T`.
    pub(crate) fn from_any(any: AnyFuture) -> Self {
        Self { future: Future::from_any(any), task: PhantomData }
    }

    /// Names the task and gives it back: `create_task(coro(), name="…")`.
    #[must_use = "the handle may be dropped, but say so with `let _ =` or `drop`"]
    pub fn named(self, name: impl fmt::Display) -> Self {
        self.as_task().core().name_at_creation(&name.to_string());
        self
    }

    /// This task without the type of its result, as [`current_task`] and [`all_tasks`] give it.
    #[must_use]
    pub fn as_task(&self) -> AnyTask {
        AnyTask::from_future(self.as_any().clone())
    }

    /// This task as the future that it is.
    #[must_use]
    pub fn as_future(&self) -> &Future<T> {
        &self.future
    }

    /// See [`AnyTask::get_name`].
    #[must_use]
    pub fn get_name(&self) -> Rc<str> {
        self.as_task().get_name()
    }

    /// See [`AnyTask::set_name`].
    pub fn set_name(&self, name: impl fmt::Display) {
        self.as_task().set_name(name);
    }

    /// See [`AnyTask::cancelling`].
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.as_task().cancelling()
    }

    /// See [`AnyTask::uncancel`].
    pub fn uncancel(&self) -> u32 {
        self.as_task().uncancel()
    }

    /// See [`AnyTask::get_coro`].
    #[must_use]
    pub fn get_coro(&self) -> CoroutineRef {
        self.as_task().get_coro()
    }

    /// See [`AnyTask::get_stack`].
    #[must_use]
    pub fn get_stack(&self) -> Vec<Frame> {
        self.as_task().get_stack()
    }

    /// See [`AnyTask::print_stack`].
    pub fn print_stack(&self) {
        self.as_task().print_stack();
    }

    /// See [`AnyTask::format_stack`].
    #[must_use]
    pub fn format_stack(&self) -> String {
        self.as_task().format_stack()
    }

    /// See [`AnyTask::abort`].
    pub fn abort(&self) -> bool {
        self.as_task().abort()
    }

    /// Runs `f` with this task once it is done; see [`AnyFuture::add_done_callback`].
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, get_running_loop, run};
    ///
    /// run(async {
    ///     let told = get_running_loop()?.create_future();
    ///     let tell = told.clone();
    ///     let task = create_task(async { Ok(42) }).named("answer");
    ///     let _ = task.add_done_callback(move |task| {
    ///         tell.set_result((task.get_name(), task.result().ok())).expect("it is set only here");
    ///     });
    ///     assert_eq!(told.await?, ("answer".into(), Some(42)));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_done_callback(&self, f: impl FnOnce(&Task<T>) + 'static) -> CallbackKey {
        self.as_any().add_named_callback(f, |any| Task::from_any(any.clone()))
    }
}

impl<T> Clone for Task<T> {
    fn clone(&self) -> Self {
        Self { future: self.future.clone(), task: PhantomData }
    }
}

impl<T> Deref for Task<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.future
    }
}

impl<T> AsRef<AnyFuture> for Task<T> {
    fn as_ref(&self) -> &AnyFuture {
        &self.future
    }
}

impl<T> PartialEq for Task<T> {
    fn eq(&self, other: &Self) -> bool {
        self.future == other.future
    }
}

impl<T> Eq for Task<T> {}

impl<T> std::hash::Hash for Task<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.future.hash(state);
    }
}

impl<T> PartialEq<AnyTask> for Task<T> {
    fn eq(&self, other: &AnyTask) -> bool {
        AsRef::<AnyFuture>::as_ref(self) == other.as_any()
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}

impl<T: 'static> IntoFuture for Task<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.future, Future::take_result, Location::caller())
    }
}

impl<T: Clone + 'static> IntoFuture for &Task<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.future.clone(), Future::result, Location::caller())
    }
}

/// What can be seen of a task's coroutine; prints as `<coroutine object main at 0x…>`.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, create_task, run};
///
/// async fn fetch() -> Result<()> {
///     Ok(())
/// }
///
/// run(async {
///     let task = create_task(fetch());
///     let coro = task.get_coro();
///     assert_eq!(coro.name(), "fetch");
///     assert_eq!(coro.location().file(), file!());
///     assert!(coro.to_string().starts_with("<coroutine object fetch at 0x"));
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct CoroutineRef {
    name: &'static str,
    defined_at: &'static Location<'static>,
    address: usize,
}

impl CoroutineRef {
    /// The name of the coroutine function.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the task was created: the closest to a place of definition that a future has.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.defined_at
    }
}

impl fmt::Debug for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<coroutine object {} at {:#x}>", self.name, self.address)
    }
}

impl fmt::Display for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A place where a task waits; prints as a line of a traceback.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, create_task, run, sleep};
///
/// async fn fetch() -> Result<()> {
///     sleep(3600).await
/// }
///
/// run(async {
///     let task = create_task(fetch()).named("fetcher");
///     sleep(0).await?;
///     let frame = task.get_stack()[0];
///     assert_eq!((frame.file, frame.function), (file!(), "fetch"));
///     assert!(frame.to_string().ends_with(", in fetch"));
///     assert!(task.format_stack().contains(&frame.to_string()));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The source file.
    pub file: &'static str,
    /// The line in it, from 1.
    pub line: u32,
    /// The name of the coroutine function.
    pub function: &'static str,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  File \"{}\", line {}, in {}", self.file, self.line, self.function)
    }
}

/// The task that runs now, or `None` in a callback of the loop: `asyncio.current_task()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, current_task, get_running_loop, run, sleep};
///
/// run(async {
///     let task = create_task(async { Ok(current_task()?.expect("this is a task").get_name()) });
///     assert_eq!(task.named("me").await?.as_ref(), "me");
///     get_running_loop()?.call_soon(|| assert!(current_task().unwrap().is_none()))?;
///     sleep(0).await
/// })
/// .unwrap();
/// assert!(current_task().is_err());
/// ```
#[track_caller]
pub fn current_task() -> Result<Option<AnyTask>, RuntimeError> {
    running_loop()?;
    let at = Location::caller();
    Ok(current::with_task(|task| {
        let task = task?;
        task.core().at.set(at);
        Some(task.clone())
    }))
}

/// The tasks of the running loop that are not done, in the order of their creation: `asyncio.all_tasks()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// # Examples
///
/// ```
/// use asyncio::{all_tasks, create_task, run, sleep};
///
/// run(async {
///     create_task(sleep(3600)).named("sleeper");
///     let names: Vec<_> = all_tasks()?.iter().map(|task| task.get_name()).collect();
///     assert_eq!(names[1].as_ref(), "sleeper"); // after the one that asks
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn all_tasks() -> Result<Vec<AnyTask>, RuntimeError> {
    let core = running_loop()?;
    let at = Location::caller();
    current::with_task(|task| task.map(|task| task.core().at.set(at)));
    Ok(core.tasks.all())
}

impl EventLoop {
    /// The tasks of this loop that are not done, in the order of their creation: `asyncio.all_tasks(loop)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// let task = event_loop.create_task(async { Ok(()) }).unwrap();
    /// assert!(task == event_loop.all_tasks()[0]);
    /// event_loop.run_until_complete(task).unwrap();
    /// assert!(event_loop.all_tasks().is_empty());
    /// ```
    #[must_use]
    pub fn all_tasks(&self) -> Vec<AnyTask> {
        self.core().tasks.all()
    }
}
