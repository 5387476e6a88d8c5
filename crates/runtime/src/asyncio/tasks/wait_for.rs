//! `wait_for`: one awaitable with a time limit.

use std::future::{Future as StdFuture, pending, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio_clock::TimeLimit;
use asyncio_errors::{Error, Result, TimeoutError};

use super::awaitable::{Awaitable, ByHandle, InPlace};
use super::create::TaskOptions;
use super::done_callbacks::{DoneCallbacks, StopOnDrop};
use super::wait::release_waiter;
use crate::asyncio::futures::{Await, Future};
use crate::asyncio::timeouts::timeout;
use crate::kernel::{AnyFuture, Run, Text, current_task_id, excuse, running_loop};

/// Waits for `awaitable`, at most `limit` seconds (`None`: without a limit): `asyncio.wait_for`.
///
/// When the limit expires the awaitable is cancelled, and `wait_for` waits until it has really ended. If it suppresses the
/// cancellation and returns a value, that value is the result. Nothing happens before `wait_for` is awaited.
///
/// A coroutine runs inside the calling task, as in CPython since 3.12. With a limit of zero or less a coroutine does not
/// start at all, and only a future that is already done has a result. (In Python a coroutine does start there if tasks
/// start eagerly; make a task of it if you need that.)
///
/// # Errors
///
/// [`TimeoutError`] when the limit expires, `ValueError` for a limit that is NaN, otherwise what the awaitable raises.
///
/// # Cancellation
///
/// Cancels the awaitable; wrap it in [`shield`](crate::shield) to keep it running.
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
pub fn wait_for<K, A: WaitFor<K>>(awaitable: A, limit: impl TimeLimit) -> impl StdFuture<Output = Result<A::Value>> {
    let (limit, at) = (limit.limit(), Location::caller());
    async move {
        match limit {
            Some(limit) if limit <= 0.0 => awaitable.no_time_left(at).await,
            limit => timeout(limit).run_at(at, async |_| awaitable.in_time(at).await).await,
        }
    }
}

/// What [`wait_for`] accepts: a coroutine, which may borrow, or any other [`Awaitable`].
///
/// `K` is the awaitable's [kind](Awaitable::Kind), which the compiler finds.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, create_task, run, wait_for};
/// use asyncio::tasks::WaitFor;
///
/// async fn soon<K, A: WaitFor<K>>(awaitable: A) -> Result<A::Value> {
///     wait_for(awaitable, 5).await
/// }
///
/// run(async {
///     let name = String::from("asyncio");
///     assert_eq!(soon(async { Ok(name.len()) }).await?, 7); // it borrows
///     assert_eq!(soon(create_task(async { Ok(1) })).await?, 1);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an awaitable with a `Result`",
    note = "a coroutine returns a `Result` of this crate, with other errors by `?`: `async {{ Ok(queue.put(1).await?) }}`",
    note = "what implements only `IntoFuture` goes in as `value.into_future()`"
)]
pub trait WaitFor<K> {
    /// The type of the result.
    type Value;

    /// Awaits it. Reports show `at` as the place of the await.
    fn in_time(self, at: &'static Location<'static>) -> impl StdFuture<Output = Result<Self::Value>>;

    /// Returns the result if it is there; otherwise cancels the awaitable and waits until it has ended.
    fn no_time_left(self, at: &'static Location<'static>) -> impl StdFuture<Output = Result<Self::Value>>;
}

// Not recommended, both: the compiler would speak of futures and of what their output is.
#[diagnostic::do_not_recommend]
impl<T, F: StdFuture<Output = Result<T>>> WaitFor<InPlace> for F {
    type Value = T;

    async fn in_time(self, _at: &'static Location<'static>) -> Result<T> {
        self.await
    }

    async fn no_time_left(self, at: &'static Location<'static>) -> Result<T> {
        // CPython makes a task of the coroutine and cancels it before its first step, so that not a line of it runs. A
        // coroutine that borrows cannot become a task here, so an empty task takes the same steps in its place. That task
        // must not start eagerly: it would wait for ever.
        let task = TaskOptions::new().eager_start(false).create_task(pending::<Result<()>>())?;
        let mut coroutine = pin!(self);
        poll_fn(|cx| {
            excuse(coroutine.as_mut(), cx);
            Poll::Ready(())
        })
        .await;
        cancel_and_wait(&task, at).await?;
        task.outcome().map_err(|cancelled| TimeoutError::raise_from(cancelled, at))?;
        Err(Error::raised_at(TimeoutError::default(), at))
    }
}

#[diagnostic::do_not_recommend]
impl<A: Awaitable<Kind = ByHandle>> WaitFor<ByHandle> for A {
    type Value = A::Value;

    async fn in_time(self, at: &'static Location<'static>) -> Result<A::Value> {
        Await::new(self.try_ensure_future()?, A::outcome, at).await
    }

    async fn no_time_left(self, at: &'static Location<'static>) -> Result<A::Value> {
        let handle = self.try_ensure_future()?;
        let future = handle.as_ref();
        if !future.done() {
            cancel_and_wait(future, at).await?;
            if let Some(cancelled) = future.outcome().err().filter(Error::is_cancelled) {
                return Err(TimeoutError::raise_from(cancelled, at));
            }
        }
        A::outcome(&handle)
    }
}

/// Cancels a future and waits for its end: CPython's `_cancel_and_wait`.
///
/// The task waits on a future of its own, so that cancelling this wait does not cancel `future` a second time.
async fn cancel_and_wait(future: &AnyFuture, at: &'static Location<'static>) -> Result<()> {
    let release = Rc::new(Release { waiter: Future::new(&running_loop()?), task: current_task_id() });
    let callbacks = DoneCallbacks::new(vec![future.clone()]);
    callbacks.add(&(Rc::clone(&release) as Rc<dyn Run>));
    let _stop = StopOnDrop(&callbacks);
    future.cancel();
    Await::new(release.waiter.clone(), Future::take_result, at).await
}

/// The callback of `cancel_and_wait`.
struct Release {
    waiter: Future<()>,
    /// The task that waits.
    task: Option<u32>,
}

impl Run for Release {
    fn run(&self, _key: u32) {
        release_waiter(&self.waiter);
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.task.filter(|_| through.is_none_or(|future| self.waiter.as_any().is(future)))
    }

    fn describe(&self) -> Text {
        "_release_waiter()".into()
    }
}
