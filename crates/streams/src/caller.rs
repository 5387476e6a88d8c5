//! The line of the program in the errors of an operation.
//!
//! The core idea: an `async fn` does not know who called it, but the function that returns the future does. The future keeps the line,
//! and in debug mode an error that was raised in this library gets it on its way out.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, get_running_loop};
use pin_project_lite::pin_project;

pub(crate) type Caller = &'static Location<'static>;

pin_project! {
    /// A future whose errors have the line of the call, in debug mode.
    #[must_use = "futures do nothing unless awaited"]
    pub(crate) struct Called<F> {
        #[pin]
        future: F,
        at: Caller,
    }
}

/// `future`, called by the caller of the function that calls this, if both are `#[track_caller]`.
#[inline]
#[track_caller]
pub(crate) fn called<T, F: Future<Output = Result<T>>>(future: F) -> Called<F> {
    called_at(future, Location::caller())
}

#[inline]
pub(crate) fn called_at<T, F: Future<Output = Result<T>>>(future: F, at: Caller) -> Called<F> {
    Called { future, at }
}

impl<T, F: Future<Output = Result<T>>> Future for Called<F> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = self.project();
        match this.future.poll(cx) {
            Poll::Ready(Err(error)) if is_debugging() => Poll::Ready(Err(error.or_raised_at(this.at))),
            other => other,
        }
    }
}

#[cold]
fn is_debugging() -> bool {
    get_running_loop().is_ok_and(|event_loop| event_loop.get_debug())
}
