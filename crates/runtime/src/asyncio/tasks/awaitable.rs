//! What can be awaited as a future of its own: `ensure_future`.

use std::convert::identity;
use std::future::Future as StdFuture;
use std::panic::Location;

use asyncio_errors::{Result, RuntimeError};

use super::create::try_create_task;
use super::gather::{Gather, GatherSet};
use super::task::Task;
use crate::asyncio::futures::{Await, Future};
use crate::kernel::AnyFuture;

/// A coroutine, a task or a future: what `gather`, `wait_for`, `shield`, `as_completed` and `ensure_future` take.
///
/// A coroutine (any `std::future::Future` whose output is a [`Result`]) becomes a task; a [`Task`], [`Future`] or
/// [`Gather`] is used as it is. If you pass it by value, its result is moved out when it is there; if you pass a reference
/// (`&task`), the result is cloned and stays available to others.
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
    ($([$($generics:tt)*] $given:ty => $handle:ty, $value:ty, $into:path, $outcome:ident;)*) => {$(
        impl<$($generics)*> Awaitable for $given {
            type Value = $value;
            type Handle = $handle;

            fn try_ensure_future(self) -> Result<Self::Handle, RuntimeError> {
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

handles! {
    [T: 'static] Task<T> => Task<T>, T, identity, take_result;
    [T: Clone + 'static] &Task<T> => Task<T>, T, Task::clone, result;
    [T: 'static] Future<T> => Future<T>, T, identity, take_result;
    [T: Clone + 'static] &Future<T> => Future<T>, T, Future::clone, result;
    [S: GatherSet] Gather<S> => Gather<S>, S::Output, identity, take_result;
    [S: GatherSet<Output: Clone>] &Gather<S> => Gather<S>, S::Output, Gather::clone, result;
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
