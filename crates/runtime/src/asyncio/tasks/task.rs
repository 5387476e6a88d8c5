//! `Task` and `AnyTask`, the handles of a task, and the functions that list tasks.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use asyncio_errors::{CoroutineRef, Frame, Result, RuntimeError, log};

use crate::asyncio::events::EventLoop;
use crate::asyncio::futures::{CallbackKey, Future};
use crate::asyncio::tasks::waits::{self, WaitsOn};
use crate::kernel::{AnyFuture, AnyTask, Kind, PendingCancel, State, TaskCore, WaitKind, current, running_loop};

/// The methods of a task, for the handle that knows the type of the result and for the one that does not.
macro_rules! methods {
    ([$($generics:tt)*] $handle:ty) => {
        impl<$($generics)*> $handle {
            /// The name of the task: the one it was given, or `Task-N`. N counts the tasks of the process.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{create_task, run};
            ///
            /// run(async {
            ///     let kettle = create_task(async { Ok(()) }).named("kettle");
            ///     assert_eq!(&*kettle.get_name(), "kettle");
            ///     assert!(create_task(async { Ok(()) }).get_name().starts_with("Task-"));
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            #[must_use]
            pub fn get_name(&self) -> Rc<str> {
                self.core().name()
            }

            /// Renames the task; the name may be anything that can be displayed.
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

            /// How many cancellation requests are pending: calls of [`cancel`](AnyFuture::cancel) minus calls of
            /// [`uncancel`](Self::uncancel).
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{create_task, run, sleep};
            ///
            /// run(async {
            ///     let task = create_task(sleep(3600));
            ///     assert_eq!(task.cancelling(), 0);
            ///     task.cancel();
            ///     assert_eq!(task.cancelling(), 1);
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            #[must_use]
            pub fn cancelling(&self) -> u32 {
                self.base().cancelling.get().into()
            }

            /// Takes one cancellation request back and returns how many are left. It is for code that has caught a
            /// `CancelledError` and goes on, like `timeout` and `TaskGroup`.
            ///
            /// # Cancellation
            ///
            /// When no request is left, a `CancelledError` that has not been raised yet will not be raised (3.13).
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
                if left == 0 && core.pending_cancel().is_due() {
                    core.set_pending_cancel(PendingCancel::None);
                }
                left
            }

            /// Returns what is known about the task's coroutine: its name, and where the task was created.
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
            ///     assert_eq!(create_task(fetch()).get_coro().name(), "fetch");
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            #[must_use]
            pub fn get_coro(&self) -> CoroutineRef {
                let defined_at = self.as_any().created_at().expect("a task knows where it was created");
                CoroutineRef::new(self.coroutine_naming(), defined_at, self.core().at.get(), self.address())
            }

            /// What the task waits on, and where. `None` if it is done, running, or gave way by a `sleep(0)`, and if it waits
            /// on a future of another crate, which the loop does not know.
            ///
            /// After the task has been woken and before its next step, this is still what it waited on.
            #[must_use]
            pub fn waits_on(&self) -> Option<WaitsOn> {
                waits::of(self.core(), self.frame()?)
            }

            /// Only the kind of the task's wait, for an observer that asks after each step.
            #[must_use]
            pub fn wait_kind(&self) -> Option<WaitKind> {
                Some(self.core().blocked_on().describe()?.kind)
            }

            /// The place where the task is suspended: one frame, the innermost await, or none for a task that is done.
            ///
            /// Unlike in Python a failed task has no traceback, so its stack is empty too.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{create_task, run, sleep};
            ///
            /// run(async {
            ///     let task = create_task(sleep(0));
            ///     assert_eq!(task.get_stack().len(), 1);
            ///     (&task).await?;
            ///     assert!(task.get_stack().is_empty());
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            #[must_use]
            pub fn get_stack(&self) -> Vec<Frame> {
                self.frame().into_iter().collect()
            }

            fn frame(&self) -> Option<Frame> {
                let at = self.core().at.get();
                (!self.done()).then(|| Frame { file: at.file(), line: at.line(), function: self.coroutine_name() })
            }

            /// Writes the stack to standard error.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{create_task, run, sleep};
            ///
            /// run(async {
            ///     let task = create_task(sleep(0));
            ///     task.print_stack(); // Stack for <Task pending name='Task-2' …
            ///     task.await
            /// })
            /// .unwrap();
            /// ```
            pub fn print_stack(&self) {
                log::write(&self.format_stack());
            }

            /// The text that [`print_stack`](Self::print_stack) writes.
            ///
            /// # Examples
            ///
            /// ```
            /// use asyncio::{create_task, run, sleep};
            ///
            /// run(async {
            ///     let task = create_task(sleep(0));
            ///     assert!(task.format_stack().starts_with("Stack for <Task pending "));
            ///     (&task).await?;
            ///     assert!(task.format_stack().starts_with("No stack for <Task finished "));
            ///     Ok(())
            /// })
            /// .unwrap();
            /// ```
            #[must_use]
            pub fn format_stack(&self) -> String {
                let task = self.as_any();
                if let Some(frame) = self.get_stack().first() {
                    return format!("Stack for {task:?} (most recent call last):\n{frame}\n");
                }
                let error = task.base().peek_error().filter(|_| !task.cancelled());
                format!("No stack for {task:?}\n") + &error.map(|error| format!("{error:?}\n")).unwrap_or_default()
            }

            /// Drops the coroutine where it is suspended, as tokio and smol do. Returns false if the task was done.
            ///
            /// # Cancellation
            ///
            /// No `CancelledError` is raised in the coroutine, so it cannot catch one and cleans up by its destructors
            /// alone. The task ends cancelled. Use this for futures that know nothing of cancellation.
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
                let pending = !self.done();
                if pending {
                    self.base().state.set(State::Aborted);
                    self.wake();
                }
                pending
            }
        }
    };
}

methods!([] AnyTask);
methods!([T: 'static] Task<T>);

impl AnyTask {
    /// This task with the type of its result, if that is a `T`.
    #[must_use]
    pub fn downcast<T: 'static>(&self) -> Option<Task<T>> {
        self.gives::<T>().then(|| Task::from_any(self.as_any().clone()))
    }

    /// Calls `f` in the context of this task, unless that is entered elsewhere.
    #[doc(hidden)]
    pub fn in_context<R>(&self, f: impl FnOnce() -> R) -> R {
        let _inside = self.core().enter_context();
        f()
    }

    /// This task as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        self.as_future()
    }

    /// Calls `f` with this task once it is done, as [`AnyFuture::add_done_callback`] does.
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
/// Created by [`create_task`](crate::create_task). It runs even if the handle is dropped. Clones are handles of the same task.
/// A task is a [`Future`] and can be queried and awaited like one: `task.await` takes the result, `(&task).await` clones it and
/// can be repeated.
///
/// # Cancellation
///
/// [`cancel`](AnyFuture::cancel) raises a `CancelledError` at the task's next step, out of the await at which the task
/// waits. Passed on with `?`, the error ends the task *cancelled*; the task may also catch it, clean up (and await while
/// doing so), or suppress it and go on. A task that is cancelled before its first step never runs a line.
///
/// Cancelling a task that awaits another task cancels that one. A foreign future (one that is not from this crate) is dropped
/// with the innermost block around it, such as `wait_for`, or with the task; [`cancellable`](crate::cancellable) makes a block
/// of the future alone. [`abort`](Self::abort) drops the coroutine instead.
///
/// # Errors
///
/// Awaiting a task raises what the coroutine raised, a `CancelledError` if the task was cancelled, and a `RuntimeError` if
/// the result has been taken before. If the coroutine panicked, the panic resumes in the task that awaits it.
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
}

impl<T: 'static> Task<T> {
    /// The caller guarantees that `any` is a task with a result of type `T`.
    pub(crate) fn from_any(any: AnyFuture) -> Self {
        Self { future: Future::from_any(any) }
    }

    fn core(&self) -> &TaskCore {
        match self.kind() {
            Kind::Task(core) => core,
            _ => unreachable!("it was made as a task"),
        }
    }

    /// Names the task and returns it: `create_task(coro(), name="…")`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run, sleep};
    ///
    /// run(async {
    ///     let kettle = create_task(sleep(0)).named("kettle");
    ///     assert_eq!(&*kettle.get_name(), "kettle");
    ///     kettle.await
    /// })
    /// .unwrap();
    /// ```
    #[must_use = "the handle may be dropped, but say so with `let _ =` or `drop`"]
    pub fn named(self, name: impl fmt::Display) -> Self {
        self.core().name_at_creation(&name.to_string());
        self
    }

    /// This task without the type of its result, as [`current_task`] and [`all_tasks`] return it.
    #[must_use]
    pub fn as_task(&self) -> AnyTask {
        AnyTask::from_future(self.as_any().clone())
    }

    /// This task as the future that it is.
    #[must_use]
    pub fn as_future(&self) -> &Future<T> {
        &self.future
    }

    /// Calls `f` with this task once it is done: through the loop, never inline, in a copy of the caller's context.
    ///
    /// For a task that is done already, `f` is called in the next iteration. A panic in `f` goes to the loop's exception
    /// handler.
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
        Self { future: self.future.clone() }
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

impl<T> Hash for Task<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.future.hash(state);
    }
}

impl<T> PartialEq<AnyTask> for Task<T> {
    fn eq(&self, other: &AnyTask) -> bool {
        self.is(other)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}

/// The task that is running, or `None` in a callback of the loop: `asyncio.current_task()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{create_task, current_task, get_running_loop, run, sleep};
///
/// run(async {
///     let task = create_task(async { Ok(current_task()?.expect("this is a task").get_name()) });
///     assert_eq!(task.named("me").await?.as_ref(), "me");
///
///     let in_task = Rc::new(Cell::new(None));
///     let call = Rc::clone(&in_task);
///     get_running_loop()?.call_soon(move || call.set(current_task().ok().map(|task| task.is_some())))?;
///     sleep(0).await?;
///     assert_eq!(in_task.get(), Some(false), "a callback runs in no task");
///     Ok(())
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

/// The tasks of the running loop that are not done, in the order of creation: `asyncio.all_tasks()`.
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
    /// The tasks of this loop that are not done, in the order of creation: `asyncio.all_tasks(loop)`.
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
