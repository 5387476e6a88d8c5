//! `Coroutine`, a coroutine object.
//!
//! The future of an `async fn` is anonymous, and if nothing awaits it, it is dropped silently; the compiler's `must_use`
//! warning is all there is. `Coroutine` wraps such a future into an object like Python's: it has a name, can be driven by hand,
//! and complains at run time if it was never awaited.

use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use asyncio_errors::names::place;
use asyncio_errors::{Result, RuntimeError, log};
use pin_project_lite::pin_project;

use crate::base::names::coroutine_name;
use crate::kernel::EXCUSING;

/// Wraps a future into a coroutine object: `coro = custom_coro()`.
///
/// You rarely need one: `run`, `create_task` and `.await` take plain futures. It is for looking at a coroutine and for driving
/// one by hand.
///
/// If it is dropped without having been awaited or closed, it writes
/// `FILE:LINE: RuntimeWarning: coroutine 'NAME' was never awaited` to standard error, like Python.
///
/// # Cancellation
///
/// A cancellation arrives in the future, at what it awaits.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, coroutine, run};
///
/// async fn answer() -> Result<i32> {
///     Ok(42)
/// }
///
/// let coro = coroutine(answer());
/// assert!(format!("{coro:?}").starts_with("<coroutine object answer at 0x"));
/// assert_eq!(run(coro).unwrap(), 42);
/// ```
#[track_caller]
pub fn coroutine<T, F: StdFuture<Output = Result<T>>>(future: F) -> Coroutine<F> {
    Coroutine {
        future: Some(future),
        guard: Guard { name: coroutine_name::<F>(), at: Location::caller(), used: false },
    }
}

pin_project! {
    /// A coroutine object; made by [`coroutine`].
    ///
    /// Awaiting it by value consumes it, so awaiting it twice does not compile. A second await by reference (`(&mut
    /// pinned).await`), or a [`send`](Self::send), raises Python's `RuntimeError`.
    #[must_use = "a coroutine does nothing unless awaited"]
    pub struct Coroutine<F> {
        #[pin]
        future: Option<F>,
        guard: Guard,
    }
}

/// Complains when it is dropped unused. (A pinned type cannot have a `Drop` of its own.)
struct Guard {
    name: &'static str,
    at: &'static Location<'static>,
    used: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.used {
            let (at, name) = (place(self.at), self.name);
            log::warning(format_args!("{at}: RuntimeWarning: coroutine '{name}' was never awaited"));
        }
    }
}

/// The result of one step of a coroutine that is driven by hand; returned by [`Coroutine::send`].
///
/// # Examples
///
/// ```
/// use std::pin::pin;
///
/// use asyncio::{Result, Step, coroutine};
///
/// async fn one_pause() -> Result<&'static str> {
///     let mut paused = false;
///     std::future::poll_fn(|_| match std::mem::replace(&mut paused, true) {
///         false => std::task::Poll::Pending,
///         true => std::task::Poll::Ready(()),
///     })
///     .await;
///     Ok("done")
/// }
///
/// let mut coro = pin!(coroutine(one_pause()));
/// assert_eq!(coro.as_mut().send().unwrap(), Step::Suspended);
/// assert_eq!(coro.as_mut().send().unwrap(), Step::Returned("done"));
/// let error = coro.as_mut().send().unwrap_err();
/// assert_eq!(error.to_string(), "cannot reuse already awaited coroutine");
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// The coroutine waits for something. No loop will wake it; the caller decides when to go on.
    Suspended,
    /// The coroutine returned this value. In Python it is the `value` of a `StopIteration`.
    Returned(T),
}

impl<F> Coroutine<F> {
    /// The name of the coroutine function: `coro.__name__`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.guard.name
    }

    /// Drops the body of the coroutine where it is suspended: `coro.close()`. Sending to it afterwards is a `RuntimeError`, and
    /// there is no warning if it was never awaited.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    ///
    /// use asyncio::{Result, coroutine};
    ///
    /// async fn never() -> Result<()> {
    ///     unreachable!("it is closed before it begins")
    /// }
    ///
    /// let mut coro = pin!(coroutine(never()));
    /// assert_eq!(coro.name(), "never");
    /// coro.as_mut().close();
    /// assert!(coro.as_mut().send().is_err());
    /// ```
    pub fn close(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.guard.used = true;
        this.future.set(None);
    }
}

impl<T, F: StdFuture<Output = Result<T>>> Coroutine<F> {
    /// Runs the coroutine to its next suspension: `coro.send(None)`. No loop is involved, so nothing wakes the coroutine; call
    /// `send` again when what it waits for has happened.
    ///
    /// # Errors
    ///
    /// The error that the coroutine raises; `RuntimeError: cannot reuse already awaited coroutine` once it has returned or
    /// was closed.
    ///
    /// # Panics
    ///
    /// If the coroutine does.
    pub fn send(self: Pin<&mut Self>) -> Result<Step<T>> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Ok(Step::Suspended),
            Poll::Ready(result) => result.map(Step::Returned),
        }
    }
}

impl<T, F: StdFuture<Output = Result<T>>> StdFuture for Coroutine<F> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let mut this = self.project();
        this.guard.used = true;
        // `kernel::excuse` polls a coroutine object only to mark it as used, for a task that ends before its first step.
        if EXCUSING.take() {
            return Poll::Pending;
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(RuntimeError::new("cannot reuse already awaited coroutine").into()));
        };
        let result = future.poll(cx);
        if result.is_ready() {
            this.future.set(None);
        }
        result
    }
}

impl<F> fmt::Debug for Coroutine<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<coroutine object {} at {:p}>", self.guard.name, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    async fn two_steps() -> Result<i32> {
        let mut first = true;
        std::future::poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
        Ok(1)
    }

    #[test]
    fn coroutines_are_called_as_their_functions() {
        assert_eq!(coroutine_name::<crate::Sleep>(), "sleep");
        assert_eq!(coroutine_name::<crate::SleepResult<i32>>(), "sleep");
        assert_eq!(coroutine(async { Ok(()) }).name(), "coroutines_are_called_as_their_functions");
        assert_eq!(coroutine_name::<Coroutine<crate::Sleep>>(), "sleep");
    }

    // Shows: coroutine_object_has_send_and_close
    #[test]
    fn a_coroutine_can_be_driven_by_hand() {
        let mut coro = pin!(coroutine(two_steps()));
        assert_eq!(coro.name(), "two_steps");
        assert_eq!(coro.as_mut().send().unwrap(), Step::Suspended);
        assert_eq!(coro.as_mut().send().unwrap(), Step::Returned(1));
        assert_eq!(coro.as_mut().send().unwrap_err().to_string(), "cannot reuse already awaited coroutine");
    }

    #[test]
    fn a_closed_coroutine_cannot_be_used() {
        let mut coro = pin!(coroutine(two_steps()));
        coro.as_mut().close();
        assert!(coro.as_mut().send().is_err());
    }
}
