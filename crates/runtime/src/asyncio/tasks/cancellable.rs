//! `cancellable`: a foreign future that a cancellation may drop.

use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_errors::Result;
use pin_project_lite::pin_project;

use crate::kernel::{BlockedOn, Blocker, Description, LoopCore, WaitKind, take_cancel, wait_on};

/// Lets a cancellation end the wait for a future that is not of this runtime: the future is dropped, and the caller gets the
/// `CancelledError`.
///
/// Without it, a cancellation of a task that waits on a foreign future (a channel of another crate, say) drops the innermost
/// block around the wait, such as `wait_for`, or the task. The future's output is wrapped in `Ok`.
///
/// # Examples
///
/// ```
/// use asyncio::{cancellable, create_task, run, sleep};
///
/// run(async {
///     let task = create_task(async { cancellable(std::future::pending::<()>()).await });
///     sleep(0).await?;
///     task.cancel();
///     assert!(task.await.unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn cancellable<F: IntoFuture>(future: F) -> Cancellable<F::IntoFuture> {
    Cancellable { future: Some(future.into_future()), waiting: false, at: Location::caller() }
}

pin_project! {
    /// Made by [`cancellable`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct Cancellable<F> {
        #[pin]
        future: Option<F>,
        waiting: bool,
        at: &'static Location<'static>,
    }
}

impl<F: StdFuture> StdFuture for Cancellable<F> {
    type Output = Result<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if *this.waiting
            && let Some(cancelled) = take_cancel()
        {
            this.future.set(None);
            return Poll::Ready(Err(cancelled.into()));
        }
        let future = this.future.as_mut().as_pin_mut().expect("not polled after its end");
        let result = future.poll(cx).map(Ok);
        if result.is_pending() {
            *this.waiting = true;
            wait_on(BlockedOn::Other(Rc::new(Box::new(Foreign))), this.at);
        }
        result
    }
}

/// The task's blocker: an unknown future, which is dropped when the task is cancelled.
struct Foreign;

impl Blocker for Foreign {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        true
    }

    fn describe(&self) -> Description {
        Description::new(WaitKind::Foreign, "<foreign future>")
    }
}
