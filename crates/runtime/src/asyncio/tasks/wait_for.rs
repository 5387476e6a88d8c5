//! `wait_for`: one awaitable with a time limit.

use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::awaitable::Awaitable;
use super::create::TaskOptions;
use super::gather::{Gather, GatherOutcomes, GatherSet};
use super::task::Task;
use crate::asyncio::futures::{Await, Future};
use crate::asyncio::timeouts::timeout;
use crate::base::seconds::TimeLimit;
use crate::error::exceptions::TimeoutError;
use crate::error::{Error, Result};
use crate::kernel::{AnyFuture, Run, current_task_id, excuse, running_loop};

/// Waits for `awaitable`, at most `limit` seconds (`None`: for ever): `asyncio.wait_for`.
///
/// When time is up the awaitable is cancelled, and `wait_for` waits until it has really ended; if it refuses and gives a
/// value, that is the result. A coroutine runs inside the calling task (as from CPython 3.12 on), unless the limit is zero
/// or less: then only what is done already has a result, and a coroutine does not begin (in Python it does where tasks start
/// eagerly; here make a task of it). Nothing happens before it is awaited.
///
/// # Errors
///
/// [`TimeoutError`] when time is up, `ValueError` for a limit that is NaN, else what the awaitable raises.
///
/// # Cancellation
///
/// Cancels the awaitable; wrap it in [`shield`](crate::shield) to keep it going.
///
/// # Examples
///
/// ```
/// use asyncio::{TimeoutError, run, sleep, wait_for};
///
/// run(async {
///     let error = wait_for(sleep(3600), 0.001).await.unwrap_err();
///     assert!(error.is::<TimeoutError>());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn wait_for<A: WaitFor>(
    awaitable: A,
    limit: impl TimeLimit,
) -> impl std::future::Future<Output = Result<A::Value>> {
    wait_for_at(awaitable, limit.limit(), Location::caller())
}

async fn wait_for_at<A: WaitFor>(awaitable: A, limit: Option<f64>, at: &'static Location<'static>) -> Result<A::Value> {
    match limit {
        Some(limit) if limit <= 0.0 => awaitable.no_time_left(at).await,
        limit => timeout(limit).run(async |_| awaitable.in_time(at).await).await,
    }
}

/// What [`wait_for`] takes: a coroutine, which may borrow, or what is a future already.
pub trait WaitFor {
    /// The result.
    type Value;

    /// Awaits it, in the name of the place `at`.
    fn in_time(self, at: &'static Location<'static>) -> impl std::future::Future<Output = Result<Self::Value>>;

    /// Gives the result if it is there, else cancels and waits for the end of that.
    fn no_time_left(self, at: &'static Location<'static>) -> impl std::future::Future<Output = Result<Self::Value>>;
}

impl<T, F: std::future::Future<Output = Result<T>>> WaitFor for F {
    type Value = T;

    async fn in_time(self, _at: &'static Location<'static>) -> Result<T> {
        self.await
    }

    async fn no_time_left(self, at: &'static Location<'static>) -> Result<T> {
        // CPython makes a task of the coroutine and cancels it before its first step, so that not a line of it runs. A task
        // of nothing takes the same steps, and a coroutine that borrows could not be one.
        // Never an eager one, which would begin at once and wait for ever.
        let handle = TaskOptions::new().eager_start(false).create_task(std::future::pending::<Result<()>>())?;
        let mut coroutine = pin!(self);
        std::future::poll_fn(|cx| {
            excuse(coroutine.as_mut(), cx);
            Poll::Ready(())
        })
        .await;
        cancel_and_wait(&handle, at).await?;
        Err(handle.outcome().map_or_else(TimeoutError::raise_from, |()| TimeoutError::default().into()))
    }
}

macro_rules! futures {
    ($([$($generics:tt)*] $handle:ty;)*) => {$(
        impl<$($generics)*> WaitFor for $handle {
            type Value = <$handle as Awaitable>::Value;

            async fn in_time(self, at: &'static Location<'static>) -> Result<Self::Value> {
                let handle = self.try_ensure_future()?;
                Await::new(handle, <$handle as Awaitable>::outcome, at).await
            }

            async fn no_time_left(self, at: &'static Location<'static>) -> Result<Self::Value> {
                let handle = self.try_ensure_future()?;
                let future = handle.as_ref();
                if !future.done() {
                    cancel_and_wait(future, at).await?;
                    if let Some(cancelled) = future.outcome().err().filter(Error::is_cancelled) {
                        return Err(TimeoutError::raise_from(cancelled));
                    }
                }
                <$handle as Awaitable>::outcome(&handle)
            }
        }
    )*};
}

futures! {
    [T: 'static] Task<T>;
    ['a, T: Clone + 'static] &'a Task<T>;
    [T: 'static] Future<T>;
    ['a, T: Clone + 'static] &'a Future<T>;
    [S: GatherSet] Gather<S>;
    [S: GatherSet] GatherOutcomes<S>;
}

/// Cancels a future and waits for its end, without being its waiter: so that cancelling this wait does not cancel the
/// future a second time.
async fn cancel_and_wait(future: &AnyFuture, at: &'static Location<'static>) -> Result<()> {
    let release = Rc::new(Release(Future::new(&running_loop()?), current_task_id()));
    let registered = future.add_callback(Rc::clone(&release) as Rc<dyn Run>, 0);
    struct Cleanup<'a>(&'a AnyFuture, Option<crate::kernel::Registered>);
    impl Drop for Cleanup<'_> {
        fn drop(&mut self) {
            if let Some(registered) = self.1 {
                self.0.base().remove_callback(registered);
            }
        }
    }
    let _cleanup = Cleanup(future, registered);
    future.cancel();
    Await::new(release.0.clone(), Future::take_result, at).await
}

/// Ends a waiter, of this task, when it runs: `_release_waiter`.
struct Release(Future<()>, Option<u32>);

impl Run for Release {
    fn run(&self, _key: u32) {
        if !self.0.done() {
            let set = self.0.set_result(());
            debug_assert!(set.is_ok(), "checked just before");
        }
    }

    fn awaited_by(&self) -> Option<u32> {
        self.1
    }

    fn describe(&self) -> String {
        "_release_waiter()".to_owned()
    }
}
