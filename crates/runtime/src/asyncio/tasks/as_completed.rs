//! `as_completed`: results in the order in which they become available.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_clock::TimeLimit;
use asyncio_errors::{Error, Result, TimeoutError};

use super::awaitable::{Awaitable, ensure_future};
use super::done_callbacks::{DoneCallbacks, distinct};
use crate::asyncio::wait_queue::{LineWait, WaitQueue};
use crate::kernel::{AnyFuture, Run, TIME_IS_UP, Text, current_task_id, running_loop};

/// Runs awaitables concurrently and yields their results in the order in which they finish: `asyncio.as_completed`.
///
/// Coroutines become tasks at once, in order. The returned iterator yields waits: awaiting one returns the next result to
/// become available. [`anext`](AsCompleted::anext) returns the task instead (3.13), which tells you whose result it is.
///
/// # Errors
///
/// Awaiting an item raises what the awaitable raised, or `TimeoutError` when the [`timeout`](AsCompleted::timeout) has
/// expired.
///
/// # Cancellation
///
/// Cancelling the task that awaits an item does not cancel the awaitables. No result is lost: a wait that began and was
/// cancelled or dropped can be repeated.
///
/// # Panics
///
/// With `no running event loop` outside a running loop.
///
/// # Examples
///
/// ```
/// use asyncio::{as_completed, run, sleep_result};
///
/// run(async {
///     let mut seen = Vec::new();
///     for next in as_completed([sleep_result(0.004, "slow"), sleep_result(0.001, "quick")]) {
///         seen.push(next.await?);
///     }
///     assert_eq!(seen, ["quick", "slow"]);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn as_completed<A: Awaitable>(awaitables: impl IntoIterator<Item = A>) -> AsCompleted<A::Handle, A::Value> {
    let mut handles = Vec::new();
    // A loop, because with `map` the location where the tasks are created would be lost.
    for awaitable in awaitables {
        handles.push(ensure_future(awaitable));
    }
    if let Err(error) = running_loop() {
        panic!("{error}");
    }
    let handles = distinct(handles);
    let state = Rc::new(Completions {
        todo: Cell::new(handles.len()),
        todo_left: Cell::new(handles.len()),
        callbacks: DoneCallbacks::new(handles.iter().map(|handle| handle.as_ref().clone()).collect()),
        done: RefCell::default(),
        arrived: WaitQueue::new("as_completed"),
        task: current_task_id(),
        outcome: A::outcome,
        handles,
    });
    state.callbacks.add(&(Rc::new(Rc::downgrade(&state)) as Rc<dyn Run>));
    AsCompleted { state }
}

/// An iterator over waits for the next result, returned by [`as_completed`].
///
/// # Examples
///
/// ```
/// use asyncio::{as_completed, create_task, run, sleep_result};
///
/// run(async {
///     let (slow, fast) = (create_task(sleep_result(0.002, 2)), create_task(sleep_result(0.001, 1)));
///     let mut completed = as_completed([&slow, &fast]);
///     assert!(completed.anext().await? == Some(fast)); // the task itself
///     assert_eq!(completed.next().expect("there is one more").await?, 2); // its result
///     assert!(completed.anext().await?.is_none());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct AsCompleted<H, T> {
    state: Rc<Completions<H, T>>,
}

impl<H: Clone + 'static, T: 'static> AsCompleted<H, T> {
    /// Sets a time limit in seconds from now: `timeout=`. Whatever is not done by then counts as a `TimeoutError`.
    ///
    /// # Errors
    ///
    /// `ValueError` for NaN.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TimeoutError, as_completed, run, sleep};
    ///
    /// run(async {
    ///     let mut completed = as_completed([sleep(3600)]).timeout(0.001)?;
    ///     let next = completed.next().expect("there is one");
    ///     assert!(next.await.unwrap_err().is::<TimeoutError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn timeout(self, limit: impl TimeLimit) -> Result<Self> {
        if let (Some(limit), false) = (limit.limit(), self.state.handles.is_empty()) {
            // The timer owns the state, so that the loop waits until all are done or time is up, whether or not anything
            // still asks for them: as in CPython.
            self.state.callbacks.start_timer(limit, Rc::clone(&self.state) as Rc<dyn Run>)?;
        }
        Ok(self)
    }

    /// Returns the next task or future that is done, or `None` after the last: one step of `async for`.
    ///
    /// # Errors
    ///
    /// `TimeoutError` when the time limit has expired.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses nothing: the next call gets the same task.
    #[doc(alias = "__anext__")]
    #[track_caller]
    pub fn anext(&mut self) -> impl StdFuture<Output = Result<Option<H>>> + use<H, T> {
        let (state, at) = (Rc::clone(&self.state), Location::caller());
        async move {
            if !state.take_turn() {
                return Ok(None);
            }
            state.wait_for_one(at).await.map(Some)
        }
    }
}

impl<H: Clone + 'static, T: 'static> Iterator for AsCompleted<H, T> {
    type Item = NextCompleted<T>;

    #[track_caller]
    fn next(&mut self) -> Option<NextCompleted<T>> {
        let (state, at) = (Rc::clone(&self.state), Location::caller());
        let wait = async move { (state.outcome)(&state.wait_for_one(at).await?) };
        self.state.take_turn().then(|| NextCompleted { wait: Box::pin(wait), at })
    }

    /// The upper bound is the number of awaitables, because a wait that is given up can be repeated.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.state.todo_left.get(), Some(self.state.handles.len()))
    }
}

impl<H, T> fmt::Debug for AsCompleted<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.state.todo_left.get()).finish_non_exhaustive()
    }
}

/// A wait for the next result of an [`AsCompleted`]; await it.
#[must_use = "it does nothing unless awaited"]
pub struct NextCompleted<T> {
    wait: Pin<Box<dyn StdFuture<Output = Result<T>>>>,
    at: &'static Location<'static>,
}

impl<T> StdFuture for NextCompleted<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        self.wait.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for NextCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<next completed, at {}>", self.at)
    }
}

/// CPython's `_AsCompletedIterator`.
struct Completions<H, T> {
    handles: Vec<H>,
    outcome: fn(&H) -> Result<T>,
    callbacks: DoneCallbacks,
    /// How many futures are not done; 0 when the time limit has expired.
    todo: Cell<usize>,
    /// The number of waits for the next result that can still start.
    todo_left: Cell<usize>,
    /// The indexes of the futures that are done and not yet fetched; `None` for one that the time limit cut off.
    done: RefCell<VecDeque<Option<usize>>>,
    /// The waits for an entry of `done`.
    arrived: WaitQueue,
    /// The task that called `as_completed`.
    task: Option<u32>,
}

impl<H, T> Completions<H, T> {
    /// Takes one of the waits that can still start.
    fn take_turn(&self) -> bool {
        let left = self.todo_left.get();
        self.todo_left.set(left.saturating_sub(1));
        left > 0
    }

    async fn wait_for_one(&self, at: &'static Location<'static>) -> Result<H>
    where
        H: Clone,
    {
        let mut turn = StartedWait { state: self, wait: None, over: false };
        let next = loop {
            let next = self.done.borrow_mut().pop_front();
            match next {
                Some(next) => break next,
                None => turn.wait.insert(self.arrived.wait_at(at)).await?,
            }
        };
        turn.over = true;
        next.map(|index| self.handles[index].clone()).ok_or_else(|| Error::raised_at(TimeoutError::default(), at))
    }

    fn put(&self, next: Option<usize>) {
        self.done.borrow_mut().push_back(next);
        self.arrived.wake_one();
    }
}

impl<H, T> Run for Completions<H, T> {
    fn run(&self, key: u32) {
        let todo = self.todo.get();
        if key == TIME_IS_UP {
            self.todo.set(0);
            self.callbacks.stop();
            (0..todo).for_each(|_| self.put(None));
        } else if todo > 0 {
            self.todo.set(todo - 1);
            self.put(Some(key as usize));
            if todo == 1 {
                self.callbacks.cancel_timer();
            }
        }
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.task.filter(|_| through.is_none())
    }

    fn describe(&self) -> Text {
        "_AsCompletedIterator._handle_completion()".into()
    }
}

impl<H, T> Drop for Completions<H, T> {
    fn drop(&mut self) {
        self.callbacks.stop();
    }
}

/// A wait that has started. If it is cancelled or dropped, another wait may take its place.
struct StartedWait<'a, H, T> {
    state: &'a Completions<H, T>,
    wait: Option<LineWait>,
    over: bool,
}

impl<H, T> Drop for StartedWait<'_, H, T> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.state.todo_left.set(self.state.todo_left.get() + 1);
        if self.wait.as_mut().is_some_and(LineWait::leave) {
            // It was woken for a result that another wait can now have.
            self.state.arrived.wake_one();
        }
    }
}
