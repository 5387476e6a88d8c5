//! `wait_for`: one awaitable with a time limit.

use std::rc::Rc;

use super::awaitable::Awaitable;
use crate::error::Result;
use crate::exceptions::TimeoutError;
use crate::futures::{AnyFuture, Future};
use crate::loop_core;
use crate::ready::Run;
use crate::seconds::TimeLimit;
use crate::timeouts::timeout;

/// Waits for `awaitable`, at most `limit` seconds (`None`: for ever): `asyncio.wait_for`.
///
/// When time is up the awaitable is cancelled, and `wait_for` waits until it has really ended; if it refuses and gives a
/// value, that is the result. A coroutine runs inside the calling task (as from CPython 3.12 on), unless the limit is zero
/// or less: then only what is done already has a result. Nothing happens before it is awaited.
///
/// # Errors
///
/// [`TimeoutError`] when time is up, `ValueError` for a limit that is NaN, else what the awaitable raises.
///
/// # Cancellation
///
/// Cancels the awaitable; wrap it in [`shield`](crate::shield) to keep it going.
///
/// ```
/// use asyncio_runtime::{TimeoutError, run, sleep, wait_for};
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
    let limit = limit.limit();
    async move {
        match limit {
            Some(limit) if limit <= 0.0 => {
                let handle = awaitable.try_ensure_future()?;
                let future = handle.as_ref();
                if future.done() {
                    return A::outcome(&handle);
                }
                cancel_and_wait(future).await?;
                match A::outcome(&handle) {
                    Err(error) if error.is_cancelled() => Err(TimeoutError::caused_by(&error).into()),
                    outcome => outcome,
                }
            }
            limit => timeout(limit).run(async |_| awaitable.wait_here().await).await,
        }
    }
}

/// What [`wait_for`] takes: every [`Awaitable`], awaited in the calling task.
pub trait WaitFor: Awaitable {
    /// Awaits it where it is called.
    fn wait_here(self) -> impl std::future::Future<Output = Result<Self::Value>>;
}

impl<T: 'static, A> WaitFor for A
where
    A: Awaitable<Value = T> + IntoFuture<Output = Result<T>>,
{
    fn wait_here(self) -> impl std::future::Future<Output = Result<T>> {
        self.into_future()
    }
}

/// Cancels a future and waits for its end, without being its waiter: so that cancelling this wait does not cancel the
/// future a second time.
async fn cancel_and_wait(future: &AnyFuture) -> Result<()> {
    let release = Rc::new(Release(Future::new(&loop_core::running_loop()?)));
    let registered = future.base().add_callback(Rc::clone(&release) as Rc<dyn Run>, 0);
    struct Cleanup<'a>(&'a AnyFuture, Option<crate::callbacks::Registered>);
    impl Drop for Cleanup<'_> {
        fn drop(&mut self) {
            if let Some(registered) = self.1 {
                self.0.base().remove_callback(registered);
            }
        }
    }
    let _cleanup = Cleanup(future, registered);
    future.cancel();
    (&release.0).await
}

/// Ends a waiter when it runs: `_release_waiter`.
struct Release(Future<()>);

impl Run for Release {
    fn run(&self, _key: u32) {
        if !self.0.done() {
            let set = self.0.set_result(());
            debug_assert!(set.is_ok(), "checked just before");
        }
    }

    fn describe(&self) -> String {
        "_release_waiter()".to_owned()
    }
}
