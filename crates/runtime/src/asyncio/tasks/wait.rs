//! `wait`: until one, the first failing one, or all of several futures are done.

use std::cell::Cell;
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::str::FromStr;
use std::task::{Context, Poll};

use asyncio_clock::TimeLimit;
use asyncio_errors::{Error, Result, ValueError};

use super::done_callbacks::{DoneCallbacks, StopOnDrop, distinct};
use super::gather::{Gather, GatherSet};
use super::task::Task;
use crate::asyncio::futures::{Await, Future};
use crate::kernel::{AnyFuture, AnyTask, Run, TIME_IS_UP, Text, current_task_id, running_loop};

/// When [`wait`] returns: `FIRST_COMPLETED`, `FIRST_EXCEPTION` or `ALL_COMPLETED`.
///
/// # Examples
///
/// ```
/// use asyncio::{ReturnWhen::FirstCompleted, create_task, run, sleep_result, wait};
///
/// run(async {
///     let tasks = [create_task(sleep_result(3600, "tortoise")), create_task(sleep_result(0.001, "hare"))];
///     let (done, pending) = wait(&tasks).return_when(FirstCompleted).await?;
///     assert_eq!((done[0].result()?, pending.len()), ("hare", 1));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnWhen {
    /// When any of them is done or cancelled.
    #[doc(alias = "FIRST_COMPLETED")]
    FirstCompleted,
    /// When any of them raises an exception other than a cancellation, or when all are done.
    #[doc(alias = "FIRST_EXCEPTION")]
    FirstException,
    /// When all of them are done or cancelled.
    #[doc(alias = "ALL_COMPLETED")]
    #[default]
    AllCompleted,
}

/// Parses Python's spelling, `"FIRST_COMPLETED"` and so on.
impl FromStr for ReturnWhen {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "FIRST_COMPLETED" => Ok(Self::FirstCompleted),
            "FIRST_EXCEPTION" => Ok(Self::FirstException),
            "ALL_COMPLETED" => Ok(Self::AllCompleted),
            _ => Err(ValueError::new(format!("Invalid return_when value: {text}"))),
        }
    }
}

/// Waits for tasks or futures and sorts them into those that are done and those that are not: `asyncio.wait`.
///
/// Awaiting it returns `(done, pending)`, both in the order given, with each handle once. It cancels no task, takes no
/// result and raises no task's exception. Nothing happens before it is awaited. It does not accept coroutines; make tasks
/// of them first. The handles have one type: for tasks whose results have different ones, pass
/// [`task.as_any()`](crate::Future::as_any) of each.
///
/// # Errors
///
/// `ValueError: Set of Tasks/Futures is empty.`, or for a timeout that is NaN. An expired timeout is not an error.
///
/// # Cancellation
///
/// Raises `CancelledError`; the tasks go on.
///
/// # Examples
///
/// ```
/// use asyncio::{ReturnWhen::FirstCompleted, create_task, run, sleep_result, wait};
///
/// run(async {
///     let tasks = [create_task(sleep_result(0.001, 1)), create_task(sleep_result(3600, 2))];
///     let (done, pending) = wait(&tasks).return_when(FirstCompleted).timeout(10).await?;
///     assert_eq!(done[0].result()?, 1);
///     assert_eq!(pending, [tasks[1].clone()]);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn wait<W: Waitable>(futures: impl IntoIterator<Item = W>) -> Wait<W::Handle> {
    let futures = distinct(futures.into_iter().map(Waitable::into_handle));
    Wait { futures, return_when: ReturnWhen::default(), timeout: None, at: Location::caller(), begun: None }
}

/// What [`wait`] takes: tasks, futures and groups, by reference or by value.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, run, sleep, wait};
///
/// run(async {
///     let task = create_task(sleep(0));
///     let (done, _) = wait([task.clone(), task.clone()]).await?;
///     assert_eq!(done, [task]); // each handle once
///     Ok(())
/// })
/// .unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`wait` takes tasks and futures, and not `{Self}`",
    label = "neither a task nor a future",
    note = "passing coroutines is forbidden, as in asyncio: make tasks of them with `create_task`"
)]
pub trait Waitable {
    /// The handle that comes back as done or pending.
    type Handle: AsRef<AnyFuture> + Clone + 'static;

    /// The handle itself.
    fn into_handle(self) -> Self::Handle;
}

impl<H: AsRef<AnyFuture> + Clone + 'static> Waitable for &H {
    type Handle = H;

    fn into_handle(self) -> H {
        self.clone()
    }
}

macro_rules! by_value {
    ($([$($generics:tt)*] $handle:ty;)*) => {$(
        impl<$($generics)*> Waitable for $handle {
            type Handle = Self;

            fn into_handle(self) -> Self {
                self
            }
        }
    )*};
}

by_value! {
    [T: 'static] Task<T>;
    [T: 'static] Future<T>;
    [S: GatherSet] Gather<S>;
    [] AnyTask;
    [] AnyFuture;
}

/// A wait for several tasks or futures, returned by [`wait`]; await it.
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, ReturnWhen, Runner, create_task, sleep, wait};
///
/// let counts = Runner::new().clock(Clock::Virtual).run(async {
///     let tasks = [1, 2, 30].map(|delay| create_task(sleep(delay)));
///     let (first, left) = wait(&tasks).return_when(ReturnWhen::FirstCompleted).await?;
///     let (done, late) = wait(&left).timeout(10).await?;
///     Ok([first.len(), left.len(), done.len(), late.len()])
/// });
/// assert_eq!(counts.unwrap(), [1, 2, 1, 1]);
/// ```
#[must_use = "it does nothing unless awaited"]
pub struct Wait<H> {
    futures: Vec<H>,
    return_when: ReturnWhen,
    timeout: Option<f64>,
    at: &'static Location<'static>,
    /// Set by the first poll.
    begun: Option<Pin<Box<dyn StdFuture<Output = Sets<H>>>>>,
}

/// The futures that are done, and the others.
type Sets<H> = Result<(Vec<H>, Vec<H>)>;

impl<H> Wait<H> {
    /// Sets when to return: `return_when=`.
    pub fn return_when(mut self, return_when: ReturnWhen) -> Self {
        self.return_when = return_when;
        self
    }

    /// Sets a time limit in seconds: `timeout=`.
    pub fn timeout(mut self, timeout: impl TimeLimit) -> Self {
        self.timeout = timeout.limit();
        self
    }
}

impl<H> Unpin for Wait<H> {}

impl<H: AsRef<AnyFuture> + 'static> StdFuture for Wait<H> {
    type Output = Sets<H>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let wait = Self { futures: std::mem::take(&mut self.futures), begun: None, ..*self };
        self.begun.get_or_insert_with(|| Box::pin(wait_until(wait))).as_mut().poll(cx)
    }
}

impl<H: fmt::Debug> fmt::Debug for Wait<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("futures", &self.futures).finish_non_exhaustive()
    }
}

/// CPython's `_wait`.
async fn wait_until<H: AsRef<AnyFuture>>(wait: Wait<H>) -> Sets<H> {
    if wait.futures.is_empty() {
        return Err(Error::raised_at(ValueError::new("Set of Tasks/Futures is empty."), wait.at));
    }
    let waiting = Rc::new(Waiting {
        callbacks: DoneCallbacks::new(wait.futures.iter().map(|future| future.as_ref().clone()).collect()),
        counter: Cell::new(wait.futures.len()),
        return_when: wait.return_when,
        waiter: Future::new(&running_loop()?),
        task: current_task_id(),
    });
    let run = Rc::clone(&waiting) as Rc<dyn Run>;
    let _stop = StopOnDrop(&waiting.callbacks);
    if let Some(timeout) = wait.timeout {
        waiting.callbacks.start_timer(timeout, Rc::clone(&run))?;
    }
    waiting.callbacks.add(&run);
    Await::new(waiting.waiter.clone(), Future::take_result, wait.at).await?;
    Ok(wait.futures.into_iter().partition(|future| future.as_ref().done()))
}

/// The callback of a wait, on its futures and of its timer.
struct Waiting {
    callbacks: DoneCallbacks,
    /// How many futures are not done.
    counter: Cell<usize>,
    return_when: ReturnWhen,
    waiter: Future<()>,
    /// The task that waits.
    task: Option<u32>,
}

impl Run for Waiting {
    fn run(&self, key: u32) {
        if key == TIME_IS_UP {
            return release_waiter(&self.waiter);
        }
        self.counter.set(self.counter.get() - 1);
        let future = &self.callbacks.futures[key as usize];
        let enough = || match self.return_when {
            ReturnWhen::FirstCompleted => true,
            // Counts as retrieving the exception, as in Python, where the last future is not asked either.
            ReturnWhen::FirstException => !future.cancelled() && future.base().see_error().is_some(),
            ReturnWhen::AllCompleted => false,
        };
        if self.counter.get() == 0 || enough() {
            self.callbacks.cancel_timer();
            release_waiter(&self.waiter);
        }
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.task.filter(|_| through.is_none_or(|future| self.waiter.as_any().is(future)))
    }

    fn describe(&self) -> Text {
        "_wait.<locals>._on_completion()".into()
    }
}

/// Completes the future on which a task waits, unless that has been cancelled.
pub(super) fn release_waiter(waiter: &Future<()>) {
    if !waiter.done() {
        waiter.finish(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Shows: wait_return_when_constants
    #[test]
    fn the_conditions_are_known_by_their_python_names() {
        assert_eq!("FIRST_COMPLETED".parse(), Ok(ReturnWhen::FirstCompleted));
        let error = "bad".parse::<ReturnWhen>().unwrap_err();
        assert_eq!(error.to_string(), "Invalid return_when value: bad");
    }
}
