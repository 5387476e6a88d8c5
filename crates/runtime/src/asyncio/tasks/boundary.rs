//! How much a cancellation drops: the boundary of a block whose content may be dropped, and a future that must not be.
//!
//! A future of another crate knows nothing of cancellations. While a task waits on one, the last resort is to drop it. The core
//! idea: not the whole coroutine is dropped, but only the content of the innermost block of this library around the wait. The
//! block then raises the cancellation, so that the code around it cleans up as usual. `look_back` in `kernel::task::step` says
//! when.

use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_errors::Result;
use pin_project_lite::pin_project;

use crate::kernel::{BlockedOn, Foreign, take_cancel, take_forced, wait_on};

const CANCELLABLE: &Foreign = &Foreign { is_cancellable: true, text: "the future of another crate in cancellable()" };
const UNCANCELLABLE: &Foreign =
    &Foreign { is_cancellable: false, text: "the future of another crate in uncancellable()" };

/// Makes a block of `content`: if the task is cancelled while it waits for a future of another crate in there, `content` is dropped,
/// and the block raises the `CancelledError`.
///
/// [`wait_for`](crate::wait_for), [`timeout`](crate::timeout()), [`TaskGroup`](crate::TaskGroup) and `async_with` are such blocks.
/// This function is for writing other such blocks. If something in the block can raise the cancellation by itself, it does, as
/// always: an await of this library's own, or an inner block.
///
/// # Errors
///
/// Those of `content`, and `CancelledError`.
///
/// # Cancellation
///
/// A cancellation arrives in `content`, at what it awaits.
///
/// # Examples
///
/// ```
/// use asyncio::{cancel_boundary, create_task, run, sleep};
///
/// run(async {
///     let task = create_task(async {
///         let work = cancel_boundary(async { Ok(std::future::pending::<()>().await) });
///         let result = work.await;
///         println!("cleaning up"); // here a `with` block would leave
///         result
///     });
///     sleep(0).await?;
///     task.cancel();
///     assert!(task.await.unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn cancel_boundary<T, F: StdFuture<Output = Result<T>>>(content: F) -> CancelBoundary<F> {
    CancelBoundary { content: Some(content), at: Location::caller() }
}

pin_project! {
    /// Made by [`cancel_boundary`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct CancelBoundary<F> {
        #[pin]
        content: Option<F>,
        at: &'static Location<'static>,
    }
}

impl<F> CancelBoundary<F> {
    /// Reports show `at` as the location of the block, in place of that of the call.
    #[doc(hidden)]
    pub fn at(self, at: &'static Location<'static>) -> Self {
        Self { at, ..self }
    }
}

impl<T, F: StdFuture<Output = Result<T>>> StdFuture for CancelBoundary<F> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let (at, mut content) = (self.at, self.project().content);
        let polled = content.as_mut().as_pin_mut().expect("a block is not polled after its end").poll(cx);
        if polled.is_pending()
            && let Some(cancelled) = take_forced(at)
        {
            content.set(None);
            return Poll::Ready(Err(cancelled));
        }
        polled
    }
}

/// Lets a cancellation end the wait for a future that is not of this runtime: the future is dropped, and the caller gets the
/// `CancelledError`.
///
/// Without it, a cancellation of a task that waits on a foreign future (a channel of another crate, say) drops the innermost
/// block around the wait, such as `wait_for`, or the task. The future's output is wrapped in `Ok`.
///
/// # Errors
///
/// `CancelledError` if the task is cancelled while it waits.
///
/// # Cancellation
///
/// Drops the future.
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
            return Poll::Ready(Err(cancelled));
        }
        let future = this.future.as_mut().as_pin_mut().expect("not polled after its end");
        let result = future.poll(cx).map(Ok);
        if result.is_pending() {
            *this.waiting = true;
            wait_on(BlockedOn::Foreign(Some(CANCELLABLE)), this.at);
        }
        result
    }
}

/// Lets a future of another crate finish, whatever is requested of the task: a cancellation waits until `future` is done, and is
/// raised by the next await after it. The opposite of [`cancellable`].
///
/// The end of [`run`](crate::run) and a time limit wait for it, too, so `future` must come to an end by itself. Tasks have
/// [`shield`](crate::shield) instead.
///
/// # Cancellation
///
/// None while it waits. Dropping it drops `future`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll};
///
/// use asyncio::{create_task, run, sleep, uncancellable};
///
/// run(async {
///     let written = Rc::new(Cell::new(false));
///     let seen = written.clone();
///     let task = create_task(async move {
///         // As a future of another crate, it knows nothing of cancellations.
///         uncancellable(poll_fn(|cx| {
///             cx.waker().wake_by_ref();
///             if seen.get() { Poll::Ready(()) } else { Poll::Pending }
///         }))
///         .await;
///         sleep(0).await // here the cancellation arrives
///     });
///     sleep(0).await?;
///     task.cancel();
///     sleep(0).await?;
///     assert!(!task.done());
///     written.set(true);
///     assert!(task.await.unwrap_err().is_cancelled());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn uncancellable<F: IntoFuture>(future: F) -> Uncancellable<F::IntoFuture> {
    Uncancellable { future: future.into_future(), at: Location::caller() }
}

pin_project! {
    /// Made by [`uncancellable`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct Uncancellable<F> {
        #[pin]
        future: F,
        at: &'static Location<'static>,
    }
}

impl<F: StdFuture> StdFuture for Uncancellable<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.future.poll(cx);
        if polled.is_pending() {
            wait_on(BlockedOn::Foreign(Some(UNCANCELLABLE)), this.at);
        }
        polled
    }
}
