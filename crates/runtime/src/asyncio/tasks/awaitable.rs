//! What can be awaited as a future of its own: `ensure_future`.

use std::future::Future as StdFuture;

use super::create::try_create_task;
use super::task::Task;
use crate::asyncio::futures::Future;
use crate::error::Result;
use crate::error::exceptions::RuntimeError;

/// A coroutine, a task or a future: what `gather`, `wait_for`, `shield`, `as_completed` and `ensure_future` take.
///
/// A coroutine (any `std::future::Future` that gives a [`Result`]) becomes a task; a [`Task`] or [`Future`] stays what it
/// is. Given by value, its result is taken when it is there; given by reference (`&task`) it is cloned, so that others can
/// have it too.
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
    /// The result.
    type Value: 'static;

    /// `Task<Value>` for a coroutine or task, `Future<Value>` for a future.
    type Handle: Clone + AsRef<crate::AnyFuture> + 'static;

    /// The future itself, or a new task in the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError: no running event loop` for a coroutine outside a loop.
    fn try_ensure_future(self) -> Result<Self::Handle, RuntimeError>;

    /// Makes `finish` of a handle that is done: takes the result, or clones it.
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

impl<T: 'static> Awaitable for Task<T> {
    type Value = T;
    type Handle = Task<T>;

    fn try_ensure_future(self) -> Result<Task<T>, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Task<T>) -> Result<T> {
        handle.take_result()
    }
}

impl<T: Clone + 'static> Awaitable for &Task<T> {
    type Value = T;
    type Handle = Task<T>;

    fn try_ensure_future(self) -> Result<Task<T>, RuntimeError> {
        Ok(self.clone())
    }

    fn outcome(handle: &Task<T>) -> Result<T> {
        handle.result()
    }
}

impl<T: 'static> Awaitable for Future<T> {
    type Value = T;
    type Handle = Future<T>;

    fn try_ensure_future(self) -> Result<Future<T>, RuntimeError> {
        Ok(self)
    }

    fn outcome(handle: &Future<T>) -> Result<T> {
        handle.take_result()
    }
}

impl<T: Clone + 'static> Awaitable for &Future<T> {
    type Value = T;
    type Handle = Future<T>;

    fn try_ensure_future(self) -> Result<Future<T>, RuntimeError> {
        Ok(self.clone())
    }

    fn outcome(handle: &Future<T>) -> Result<T> {
        handle.result()
    }
}

/// Makes a task of a coroutine and gives a task or future back as it is: `asyncio.ensure_future`.
///
/// # Panics
///
/// With `no running event loop` for a coroutine outside a loop.
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
