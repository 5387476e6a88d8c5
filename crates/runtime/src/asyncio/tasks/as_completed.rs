//! `as_completed`: results in the order in which they come.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::Location;
use std::rc::{Rc, Weak};

use super::awaitable::{Awaitable, ensure_future};
use crate::asyncio::wait_queue::{LineWait, WaitQueue};
use crate::base::seconds::TimeLimit;
use crate::error::Result;
use crate::error::exceptions::TimeoutError;
use crate::kernel::{Action, AnyFuture, Registered, Run, TimerKey, current_task_id, running_loop};

/// Runs awaitables concurrently and gives their results in the order in which they end: `asyncio.as_completed`.
///
/// Coroutines become tasks at once, in order. It is an iterator over waits: each item, awaited, gives the next earliest
/// result. [`anext`](AsCompleted::anext) gives the task instead (3.13), to see whose result it is.
///
/// # Errors
///
/// Awaiting an item raises what that awaitable raised; once a [`timeout`](AsCompleted::timeout) is over, `TimeoutError`.
///
/// # Cancellation
///
/// Cancelling the task that awaits an item cancels none of the awaitables, and loses none: a wait that was begun and given
/// up, dropped too, counts as not asked for.
///
/// # Panics
///
/// With `no running event loop` where none runs.
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
    let mut handles: Vec<A::Handle> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for awaitable in awaitables {
        let handle = ensure_future(awaitable);
        if seen.insert(handle.as_ref().clone()) {
            handles.push(handle);
        }
    }
    if let Err(error) = running_loop() {
        panic!("{error}");
    }
    let state = Rc::new(State {
        left: Cell::new(handles.len()),
        todo: Cell::new(handles.len()),
        done: RefCell::default(),
        arrived: WaitQueue::new("as_completed"),
        registered: RefCell::default(),
        timer: Cell::new(None),
        task: current_task_id(),
        any: A::Handle::as_ref,
        handles,
    });
    let completion = Rc::new(Completion(Rc::downgrade(&state)));
    for (index, handle) in state.handles.iter().enumerate() {
        let registered = handle.as_ref().add_callback(Rc::clone(&completion) as Rc<dyn Run>, index as u32);
        state.registered.borrow_mut().push(registered);
    }
    AsCompleted { state, outcome: A::outcome }
}

/// Made by [`as_completed`]: an iterator over waits for the next result.
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
    state: Rc<State<H>>,
    outcome: fn(&H) -> Result<T>,
}

impl<H: AsRef<AnyFuture> + Clone + 'static, T: 'static> AsCompleted<H, T> {
    /// `timeout=`, in seconds from now: what is not done by then gives `TimeoutError`.
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
            let event_loop = running_loop()?;
            let when = event_loop.time() + crate::asyncio::timeouts::check_delay(limit)?;
            let run = Rc::new(TimeIsUp(Rc::clone(&self.state)));
            self.state.timer.set(Some(event_loop.insert_timer(when, Action::Call(run))));
        }
        Ok(self)
    }

    /// The next task or future that is done, or `None` after the last: one step of `async for`.
    ///
    /// # Errors
    ///
    /// `TimeoutError` once time is up.
    #[track_caller]
    pub fn anext(&mut self) -> impl std::future::Future<Output = Result<Option<H>>> + use<H, T> {
        let (state, outcome, at) = (Rc::clone(&self.state), self.outcome, Location::caller());
        async move {
            if !state.take_turn() {
                return Ok(None);
            }
            NextCompleted { state, outcome, at }.handle().await.map(Some)
        }
    }
}

impl<H, T> Iterator for AsCompleted<H, T> {
    type Item = NextCompleted<H, T>;

    #[track_caller]
    fn next(&mut self) -> Option<NextCompleted<H, T>> {
        let at = Location::caller();
        self.state.take_turn().then(|| NextCompleted { state: Rc::clone(&self.state), outcome: self.outcome, at })
    }

    /// No more than there are: a wait that is given up gives its turn back.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.state.left.get(), Some(self.state.handles.len()))
    }
}

impl<H, T> std::fmt::Debug for AsCompleted<H, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.state.left.get()).finish_non_exhaustive()
    }
}

/// A wait for the next result of an [`AsCompleted`]; await it.
#[must_use = "it does nothing unless awaited"]
pub struct NextCompleted<H, T> {
    state: Rc<State<H>>,
    outcome: fn(&H) -> Result<T>,
    at: &'static Location<'static>,
}

impl<H: Clone, T> NextCompleted<H, T> {
    async fn handle(self) -> Result<H> {
        let mut turn = Turn { state: &self.state, wait: None, over: false };
        let next = loop {
            let next = self.state.done.borrow_mut().pop_front();
            match next {
                Some(next) => break next,
                None => turn.wait.insert(self.state.arrived.wait_at(self.at)).await?,
            }
        };
        turn.over = true;
        next.map(|index| self.state.handles[index].clone()).ok_or_else(|| TimeoutError::default().into())
    }
}

/// A wait that has begun. Given up, by a cancellation or because it is dropped, it gives its turn back.
struct Turn<'a, H> {
    state: &'a State<H>,
    wait: Option<LineWait>,
    over: bool,
}

impl<H> Drop for Turn<'_, H> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.state.left.set(self.state.left.get() + 1);
        if self.wait.as_mut().is_some_and(LineWait::leave) {
            // The result is for somebody else now.
            self.state.arrived.wake_one();
        }
    }
}

impl<H: Clone + 'static, T: 'static> IntoFuture for NextCompleted<H, T> {
    type Output = Result<T>;
    type IntoFuture = std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        let outcome = self.outcome;
        Box::pin(async move { outcome(&self.handle().await?) })
    }
}

impl<H, T> std::fmt::Debug for NextCompleted<H, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<next completed, at {}>", self.at)
    }
}

struct State<H> {
    handles: Vec<H>,
    /// A handle as a future.
    any: fn(&H) -> &AnyFuture,
    /// How many waits for the next can still begin.
    left: Cell<usize>,
    /// How many are neither done nor given up.
    todo: Cell<usize>,
    /// Those that are done and not yet fetched; `None` for one that came too late.
    done: RefCell<VecDeque<Option<usize>>>,
    arrived: WaitQueue,
    registered: RefCell<Vec<Option<Registered>>>,
    timer: Cell<Option<TimerKey>>,
    /// The task that asked for it.
    task: Option<u32>,
}

impl<H> State<H> {
    /// Takes one of the waits that can still begin.
    fn take_turn(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// The callbacks that have not run are not to run any more.
    fn let_go(&self) {
        for (handle, registered) in self.handles.iter().zip(self.registered.take()) {
            let future = (self.any)(handle);
            if let (false, Some(registered)) = (future.done(), registered) {
                future.base().remove_callback(registered);
            }
        }
    }

    fn stop_timer(&self) {
        if let Some(timer) = self.timer.take() {
            (self.any)(&self.handles[0]).base().event_loop().remove_timer(timer);
        }
    }
}

/// Nobody can ask for the next one any more.
impl<H> Drop for State<H> {
    fn drop(&mut self) {
        if self.todo.get() > 0 {
            self.let_go();
        }
    }
}

/// The callback of each future. It does not own the state, which owns the futures: else one that is never done would own
/// itself.
struct Completion<H>(Weak<State<H>>);

impl<H> Run for Completion<H> {
    fn run(&self, key: u32) {
        let Some(state) = self.0.upgrade().filter(|state| state.todo.get() > 0) else {
            // The timer was first, or nobody asks.
            return;
        };
        state.todo.set(state.todo.get() - 1);
        state.done.borrow_mut().push_back(Some(key as usize));
        state.arrived.wake_one();
        if state.todo.get() == 0 {
            state.stop_timer();
        }
    }

    fn awaited_by(&self) -> Option<u32> {
        self.0.upgrade()?.task
    }

    fn describe(&self) -> String {
        "_AsCompletedIterator._handle_completion()".to_owned()
    }
}

/// What the timer runs. It owns the state, so that the loop waits for it until all are done, whoever still asks: as in asyncio.
struct TimeIsUp<H>(Rc<State<H>>);

impl<H> Run for TimeIsUp<H> {
    fn run(&self, _key: u32) {
        let state = &self.0;
        state.let_go();
        for _ in 0..state.todo.replace(0) {
            state.done.borrow_mut().push_back(None);
            state.arrived.wake_one();
        }
    }

    fn describe(&self) -> String {
        "_AsCompletedIterator._handle_timeout()".to_owned()
    }
}
