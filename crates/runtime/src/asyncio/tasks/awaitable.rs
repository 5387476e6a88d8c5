//! Awaitables that can become futures of their own: `ensure_future`.

use std::convert::identity;
use std::future::Future as StdFuture;

use asyncio_errors::{Result, RuntimeError};

use super::create::try_create_task;
use super::task::Task;
use crate::asyncio::events::EventLoop;
use crate::asyncio::futures::Future;
use crate::kernel::{AnyFuture, AnyTask};

/// A coroutine, a task or a future: the argument of `gather`, `wait_for`, `shield`, `as_completed`, `ensure_future` and
/// `run_until_complete`.
///
/// A coroutine (any `std::future::Future` whose output is a [`Result`]) becomes a task; a [`Task`], [`Future`] or [`Gather`](crate::Gather) is
/// used as it is. If you pass it by value, its result is moved out; if you pass a reference (`&task`), the result is cloned and
/// stays available to others. An [`AnyFuture`], whose result has no known type, has the value `()`, so futures of different types
/// fit into one list: `as_completed([a.as_any(), b.as_any()])`.
///
/// These functions accept any type of yours that implements this trait. A type of another crate that can be awaited, but is no
/// future and does not implement this trait, is passed as `value.into_future()`.
///
/// # Examples
///
/// ```
/// use asyncio::{Awaitable, ByHandle, Result, RuntimeError, Task, create_task, gather, run, wait_for};
///
/// async fn both<A: Awaitable>(first: A, second: A) -> Result<Vec<A::Value>> {
///     gather([first, second]).await
/// }
///
/// /// A type of one's own: a job, whose result is a text.
/// struct Job(Task<u32>);
///
/// impl Awaitable for Job {
///     type Value = String;
///     type Handle = Task<u32>;
///     type Kind = ByHandle;
///
///     fn try_ensure_future(self) -> Result<Task<u32>, RuntimeError> {
///         Ok(self.0)
///     }
///
///     fn outcome(handle: &Task<u32>) -> Result<String> {
///         Ok(format!("job {}", handle.result()?))
///     }
/// }
///
/// run(async {
///     let task = create_task(async { Ok(21) });
///     assert_eq!(both(&task, &task).await?, [21, 21]);
///     assert_eq!(both(Job(task.clone()), Job(task.clone())).await?, ["job 21", "job 21"]);
///     assert_eq!(wait_for(Job(task), 1).await?, "job 21");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an awaitable with a `Result`",
    note = "a coroutine returns a `Result` of this crate, with other errors by `?`: `async {{ Ok(queue.put(1).await?) }}`",
    note = "what implements only `IntoFuture` goes in as `value.into_future()`"
)]
pub trait Awaitable: Sized {
    /// The type of the result.
    type Value: 'static;

    /// `Task<Value>` for a coroutine or task, `Future<Value>` for a future.
    type Handle: Clone + AsRef<AnyFuture> + 'static;

    /// [`InPlace`] for a coroutine, [`ByHandle`] for everything else, and so for a type of your own.
    type Kind;

    /// Does [`outcome`](Self::outcome) take the result of a future that others may await, so that it can be called only once?
    const TAKES: bool = false;

    /// Returns the future itself, or a new task of the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop` for a coroutine outside a loop.
    fn try_ensure_future(self) -> Result<Self::Handle, RuntimeError>;

    /// Returns the future itself, or a new task of `event_loop`, which need not run: `ensure_future(…, loop=…)`.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed` for a coroutine.
    fn ensure_future_in(self, _event_loop: &EventLoop) -> Result<Self::Handle, RuntimeError> {
        self.try_ensure_future()
    }

    /// The outcome of a handle that is done: takes the result, or clones it.
    ///
    /// # Errors
    ///
    /// What the future raised.
    fn outcome(handle: &Self::Handle) -> Result<Self::Value>;
}

/// The [kind](Awaitable::Kind) of coroutines: [`wait_for`](crate::wait_for) runs them in the calling task, so they may borrow.
#[derive(Debug)]
pub enum InPlace {}

/// The [kind](Awaitable::Kind) of tasks, futures, groups and types of your own: they are awaited by their handle.
#[derive(Debug)]
pub enum ByHandle {}

// Not recommended: the compiler would speak of futures and of what their output is.
#[diagnostic::do_not_recommend]
impl<T: 'static, F: StdFuture<Output = Result<T>> + 'static> Awaitable for F {
    type Value = T;
    type Handle = Task<T>;
    type Kind = InPlace;

    #[track_caller]
    fn try_ensure_future(self) -> Result<Task<T>, RuntimeError> {
        try_create_task(self)
    }

    #[track_caller]
    fn ensure_future_in(self, event_loop: &EventLoop) -> Result<Task<T>, RuntimeError> {
        event_loop.create_task(self)
    }

    fn outcome(handle: &Task<T>) -> Result<T> {
        handle.take_result()
    }
}

/// Makes handles awaitable. `$outcome` takes the result where the handle is passed by value, and clones it for a reference.
macro_rules! handles {
    ($([$($generics:tt)*] $given:ty => $handle:ty, $value:ty, $into:path, $outcome:ident, $takes:literal;)*) => {$(
        impl<$($generics)*> $crate::Awaitable for $given {
            type Value = $value;
            type Handle = $handle;
            type Kind = $crate::ByHandle;

            const TAKES: bool = $takes;

            fn try_ensure_future(self) -> $crate::Result<Self::Handle, $crate::RuntimeError> {
                Ok($into(self))
            }

            fn outcome(handle: &Self::Handle) -> $crate::Result<Self::Value> {
                handle.$outcome()
            }
        }

        impl<$($generics)*> IntoFuture for $given {
            type Output = $crate::Result<$value>;
            type IntoFuture = $crate::Await<$handle, $value>;

            #[track_caller]
            fn into_future(self) -> Self::IntoFuture {
                $crate::Await::new($into(self), |handle| handle.$outcome(), std::panic::Location::caller())
            }
        }
    )*};
}

pub(super) use handles;

handles! {
    [T: 'static] Task<T> => Task<T>, T, identity, take_result, true;
    [T: Clone + 'static] &Task<T> => Task<T>, T, Task::clone, result, false;
    [T: 'static] Future<T> => Future<T>, T, identity, take_result, true;
    [T: Clone + 'static] &Future<T> => Future<T>, T, Future::clone, result, false;
    [] AnyFuture => AnyFuture, (), identity, outcome, false;
    [] &AnyFuture => AnyFuture, (), AnyFuture::clone, outcome, false;
    [] AnyTask => AnyFuture, (), AnyTask::into_any, outcome, false;
    [] &AnyTask => AnyFuture, (), any_of, outcome, false;
}

fn any_of(task: &AnyTask) -> AnyFuture {
    task.as_any().clone()
}

/// Makes a task of a coroutine, and returns a task or future as it is: `asyncio.ensure_future`.
///
/// # Panics
///
/// With `no running event loop` for a coroutine outside a running loop.
///
/// # Examples
///
/// ```
/// use asyncio::{ensure_future, run};
///
/// run(async {
///     let task = ensure_future(async { Ok(1) });
///     assert!(ensure_future(&task) == task);
///     assert_eq!(task.await?, 1);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn ensure_future<A: Awaitable>(awaitable: A) -> A::Handle {
    match awaitable.try_ensure_future() {
        Ok(handle) => handle,
        Err(error) => panic!("{error}"),
    }
}
