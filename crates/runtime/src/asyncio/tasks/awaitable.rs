//! Awaitables that can become futures of their own: `ensure_future`.

use std::convert::identity;
use std::future::Future as StdFuture;
use std::panic::Location;

use asyncio_errors::{Result, RuntimeError};

use super::create::try_create_task;
use super::gather::{Gather, GatherSet};
use super::task::Task;
use crate::asyncio::events::{EventLoop, RunTarget};
use crate::asyncio::futures::{Await, Future};
use crate::kernel::{AnyFuture, AnyTask};

/// A coroutine, a task or a future: the argument of `gather`, `wait_for`, `shield`, `as_completed` and `ensure_future`.
///
/// A coroutine (any `std::future::Future` whose output is a [`Result`]) becomes a task; a [`Task`], [`Future`] or [`Gather`] is
/// used as it is. If you pass it by value, its result is moved out; if you pass a reference (`&task`), the result is cloned and
/// stays available to others. An [`AnyFuture`], whose result has no known type, has the value `()`, so futures of different types
/// fit into one list: `as_completed([a.as_any(), b.as_any()])`.
///
/// These functions accept any type of yours that implements this trait. `wait_for` also accepts coroutines that borrow, and
/// therefore has a trait of its own: pass it the future, `wait_for(ensure_future(ticket), 1)`, or implement
/// [`WaitFor`](crate::WaitFor).
///
/// # Examples
///
/// ```
/// use asyncio::{Awaitable, Result, create_task, gather, run};
///
/// async fn both<A: Awaitable>(first: A, second: A) -> Result<Vec<A::Value>> {
///     gather([first, second]).await
/// }
///
/// run(async {
///     let task = create_task(async { Ok(21) });
///     assert_eq!(both(&task, &task).await?, [21, 21]);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub trait Awaitable {
    /// The type of the result.
    type Value: 'static;

    /// `Task<Value>` for a coroutine or task, `Future<Value>` for a future.
    type Handle: Clone + AsRef<AnyFuture> + 'static;

    /// Does [`outcome`](Self::outcome) take the result of a future that others may await, so that it can be called only once?
    const TAKES: bool = false;

    /// Returns the future itself, or a new task of the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop` for a coroutine outside a loop.
    fn try_ensure_future(self) -> Result<Self::Handle, RuntimeError>;

    /// The outcome of a handle that is done: takes the result, or clones it.
    ///
    /// # Errors
    ///
    /// What the future raised.
    fn outcome(handle: &Self::Handle) -> Result<Self::Value>;
}

impl<T: 'static, F: StdFuture<Output = Result<T>> + 'static> Awaitable for F {
    type Value = T;
    type Handle = Task<T>;

    #[track_caller]
    fn try_ensure_future(self) -> Result<Task<T>, RuntimeError> {
        try_create_task(self)
    }

    fn outcome(handle: &Task<T>) -> Result<T> {
        handle.take_result()
    }
}

/// Makes handles awaitable. `$outcome` takes the result where the handle is passed by value, and clones it for a reference.
macro_rules! handles {
    ($([$($generics:tt)*] $given:ty => $handle:ty, $value:ty, $into:path, $outcome:ident, $takes:literal;)*) => {$(
        impl<$($generics)*> Awaitable for $given {
            type Value = $value;
            type Handle = $handle;

            const TAKES: bool = $takes;

            fn try_ensure_future(self) -> Result<Self::Handle, RuntimeError> {
                Ok($into(self))
            }

            fn outcome(handle: &Self::Handle) -> Result<Self::Value> {
                handle.$outcome()
            }
        }

        impl<$($generics)*> RunTarget for $given {
            type Value = $value;
            type Handle = $handle;

            fn into_target(self, _: &EventLoop) -> Result<Self::Handle> {
                Ok($into(self))
            }

            fn outcome(handle: &Self::Handle) -> Result<Self::Value> {
                handle.$outcome()
            }
        }

        impl<$($generics)*> IntoFuture for $given {
            type Output = Result<$value>;
            type IntoFuture = Await<$handle, $value>;

            #[track_caller]
            fn into_future(self) -> Self::IntoFuture {
                Await::new($into(self), |handle| handle.$outcome(), Location::caller())
            }
        }
    )*};
}

/// Calls a macro with all handles: how to make the future of an argument, how to obtain its result, and whether that takes the
/// result.
macro_rules! all_handles {
    ($call:ident) => {
        $call! {
            [T: 'static] Task<T> => Task<T>, T, identity, take_result, true;
            [T: Clone + 'static] &Task<T> => Task<T>, T, Task::clone, result, false;
            [T: 'static] Future<T> => Future<T>, T, identity, take_result, true;
            [T: Clone + 'static] &Future<T> => Future<T>, T, Future::clone, result, false;
            [S: GatherSet] Gather<S> => Gather<S>, S::Output, identity, take_result, true;
            [S: GatherSet<Output: Clone>] &Gather<S> => Gather<S>, S::Output, Gather::clone, result, false;
            [] AnyFuture => AnyFuture, (), identity, outcome, false;
            [] &AnyFuture => AnyFuture, (), AnyFuture::clone, outcome, false;
            [] AnyTask => AnyFuture, (), AnyTask::into_any, outcome, false;
            [] &AnyTask => AnyFuture, (), any_of, outcome, false;
        }
    };
}
pub(super) use all_handles;

all_handles!(handles);

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
