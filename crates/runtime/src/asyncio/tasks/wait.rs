//! `wait`: until one, the first failing one, or all of some futures are done.

use std::cell::{Cell, RefCell};
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;

use crate::asyncio::futures::{Await, Future};
use crate::base::seconds::TimeLimit;
use crate::error::exceptions::ValueError;
use crate::error::{Error, Result};
use crate::kernel::{Action, AnyFuture, Registered, Run, TIME_IS_UP, TimerKey, current_task_id, running_loop};

/// When [`wait`] returns. The names are asyncio's.
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
    /// When any is done or cancelled.
    FirstCompleted,
    /// When any ends with an exception (a cancellation is none), else when all are done.
    FirstException,
    /// When all are done or cancelled.
    #[default]
    AllCompleted,
}

/// Asyncio's constant as it is spelt in Python, `"FIRST_COMPLETED"` and so on.
impl std::str::FromStr for ReturnWhen {
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
/// Awaiting it gives `(done, pending)`, both in the order given and each handle once. It neither cancels nor takes
/// anything, and no failure of a task is raised here. Nothing happens before it is awaited. It does not take coroutines:
/// make tasks of them.
///
/// # Errors
///
/// `ValueError: Set of Tasks/Futures is empty.`; `CancelledError` if the waiting task is cancelled, which leaves the
/// tasks alone. Running out of time is no error.
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
pub fn wait<'a, H>(futures: impl IntoIterator<Item = &'a H>) -> Wait<H>
where
    H: AsRef<AnyFuture> + Clone + 'static,
{
    let mut distinct: Vec<H> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for future in futures {
        if seen.insert(future.as_ref().clone()) {
            distinct.push(future.clone());
        }
    }
    Wait { futures: distinct, return_when: ReturnWhen::default(), timeout: None }
}

/// Made by [`wait`]; await it.
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
#[derive(Debug)]
#[must_use = "it does nothing unless awaited"]
pub struct Wait<H> {
    futures: Vec<H>,
    return_when: ReturnWhen,
    timeout: Option<f64>,
}

impl<H> Wait<H> {
    /// `return_when=`
    pub fn return_when(mut self, return_when: ReturnWhen) -> Self {
        self.return_when = return_when;
        self
    }

    /// `timeout=`, in seconds.
    pub fn timeout(mut self, timeout: impl TimeLimit) -> Self {
        self.timeout = timeout.limit();
        self
    }
}

impl<H: AsRef<AnyFuture> + 'static> IntoFuture for Wait<H> {
    type Output = Result<(Vec<H>, Vec<H>)>;
    type IntoFuture = Pin<Box<dyn StdFuture<Output = Self::Output>>>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(wait_until(self, Location::caller()))
    }
}

async fn wait_until<H: AsRef<AnyFuture>>(wait: Wait<H>, at: &'static Location<'static>) -> Result<(Vec<H>, Vec<H>)> {
    if wait.futures.is_empty() {
        return Err(ValueError::new("Set of Tasks/Futures is empty.").into());
    }
    let event_loop = running_loop()?;
    let state = Rc::new(Waiting {
        left: Cell::new(wait.futures.len()),
        return_when: wait.return_when,
        futures: wait.futures.iter().map(|future| future.as_ref().clone()).collect(),
        registered: RefCell::default(),
        waiter: Future::new(&event_loop),
        task: current_task_id(),
        timer: Cell::new(None),
    });
    let _cleanup = Cleanup(&state);
    if let Some(timeout) = wait.timeout {
        let when = event_loop.time() + crate::asyncio::timeouts::check_delay(timeout)?;
        let run = Rc::clone(&state) as Rc<dyn Run>;
        state.timer.set(Some(event_loop.insert_timer(when, Action::Call(run))));
    }
    for (index, future) in state.futures.iter().enumerate() {
        let registered = future.add_callback(Rc::clone(&state) as Rc<dyn Run>, index as u32);
        state.registered.borrow_mut().push(registered);
    }
    Await::new(state.waiter.clone(), Future::take_result, at).await?;
    Ok(wait.futures.into_iter().partition(|future| future.as_ref().done()))
}

struct Waiting {
    futures: Vec<AnyFuture>,
    left: Cell<usize>,
    return_when: ReturnWhen,
    registered: RefCell<Vec<Option<Registered>>>,
    waiter: Future<()>,
    /// The task that waits.
    task: Option<u32>,
    timer: Cell<Option<TimerKey>>,
}

impl Waiting {
    fn cancel_timer(&self) {
        if let Some(timer) = self.timer.take() {
            self.waiter.base().event_loop().remove_timer(timer);
        }
    }

    fn release(&self) {
        if !self.waiter.done() {
            let set: Result<(), Error> = self.waiter.set_result(());
            debug_assert!(set.is_ok(), "checked just before");
        }
    }
}

impl Run for Waiting {
    fn run(&self, key: u32) {
        if key == TIME_IS_UP {
            self.release();
            return;
        }
        self.left.set(self.left.get() - 1);
        let future = &self.futures[key as usize];
        let enough = match self.return_when {
            ReturnWhen::FirstCompleted => true,
            // Looking at the exception counts as retrieving it, as in Python.
            ReturnWhen::FirstException => !future.cancelled() && future.base().see_error().is_some(),
            ReturnWhen::AllCompleted => false,
        };
        if enough || self.left.get() == 0 {
            self.cancel_timer();
            self.release();
        }
    }

    fn awaited_by(&self) -> Option<u32> {
        self.task
    }

    fn describe(&self) -> String {
        "_wait.<locals>._on_completion()".to_owned()
    }
}

/// Lets go of the timer and the callbacks, however the wait ends.
struct Cleanup<'a>(&'a Rc<Waiting>);

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        self.0.cancel_timer();
        for (future, registered) in self.0.futures.iter().zip(self.0.registered.take()) {
            if let Some(registered) = registered {
                future.base().remove_callback(registered);
            }
        }
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
