//! Time limits for a block of code: `asyncio.timeouts`.
//!
//! The core idea: the timer cancels the task. At the end of the block, the task's count of cancellation requests distinguishes
//! this cancellation from one that was requested outside. The timer refers to the task and not to the limit, which itself
//! checks whether its timer has fired. So a limit needs no allocation unless it is cloned.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::future::{Future as StdFuture, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;

use asyncio_clock::{Clock, TimeLimit};
use asyncio_errors::{Error, Result, RuntimeError, TimeoutError, ValueError};

use crate::asyncio::tasks::cancel_boundary;
use crate::kernel::{Action, AnyTask, LoopCore, TimerKey, Turn, current, running_loop};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Created,
    Active,
    Expiring,
    Expired,
    Finished,
}

impl State {
    /// CPython's name for the state, in messages.
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A time limit for a block of code: `async with asyncio.timeout(delay)`.
///
/// The block gets a reference to the limit and can [`reschedule`](Self::reschedule) it. Clones are handles of the same limit,
/// for code outside the block.
///
/// # Examples
///
/// ```
/// use asyncio::{TimeoutError, run, sleep, timeout};
///
/// run(async {
///     let limit = timeout(0.001);
///     let result = limit.run(async |_| sleep(3600).await).await;
///     assert!(result.unwrap_err().is::<TimeoutError>());
///     assert!(limit.expired());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Timeout {
    own: Limit,
    /// Takes the place of `own` once there is a clone.
    shared: OnceCell<Rc<Limit>>,
}

#[derive(Clone, Default)]
struct Limit {
    state: Cell<State>,
    when: Cell<Option<f64>>,
    /// The iteration of the loop in which the limit was made with a delay above zero. Within it, the limit has not expired.
    ahead_in: Option<u32>,
    /// The task that runs the block, while it does.
    task: RefCell<Option<AnyTask>>,
    /// The task's count of cancellation requests when the block began.
    cancelling: Cell<u32>,
    scheduled: Cell<LimitTimer>,
}

#[derive(Clone, Copy, Default)]
enum LimitTimer {
    #[default]
    No,
    /// The timer is made when the block first waits.
    Later(Turn),
    Timer(TimerKey),
}

/// A limit of `delay` seconds from now (`None`: no limit), for a block of code: `asyncio.timeout`.
///
/// The time counts from this call, not from the start of the block.
///
/// # Panics
///
/// With `no running event loop` outside a running loop.
///
/// # Examples
///
/// ```
/// use asyncio::{TimeoutError, get_running_loop, run, sleep, timeout};
///
/// run(async {
///     let limit = timeout(3600);
///     let result = limit.run(async |limit| {
///         limit.reschedule(get_running_loop()?.time() + 0.001)?;
///         sleep(3600).await
///     });
///     assert!(result.await.unwrap_err().is::<TimeoutError>());
///     assert!(limit.expired());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn timeout(delay: impl TimeLimit) -> Timeout {
    let delay = delay.limit();
    let timeout = current::with_loop(|event_loop| {
        let event_loop = event_loop?;
        let ahead = event_loop.clock == Clock::Real && delay.is_some_and(|delay| delay > 0.0);
        let ahead_in = ahead.then(|| event_loop.iteration());
        Some(Timeout::new(delay.map(|delay| event_loop.time() + delay), ahead_in))
    });
    timeout.expect("no running event loop")
}

/// What [`Timeout::run`] takes: a closure that gets a reference to the limit and returns a coroutine, such as an async closure.
#[diagnostic::on_unimplemented(
    message = "the block of a timeout is an async closure, and not `{Self}`",
    label = "not an async closure",
    note = "write `timeout(1.0).run(async |_| …)`",
    note = "for one coroutine there is `wait_for(coroutine, 1.0)`"
)]
pub trait TimeoutBlock<'a, C>: FnOnce(&'a Timeout) -> C {}

#[diagnostic::do_not_recommend]
impl<'a, C, F: FnOnce(&'a Timeout) -> C> TimeoutBlock<'a, C> for F {}

/// A limit at the time `when` of the loop's clock ([`EventLoop::time`](crate::EventLoop::time)): `asyncio.timeout_at`.
///
/// # Examples
///
/// ```
/// use asyncio::{get_running_loop, run, sleep, timeout_at};
///
/// run(async {
///     let deadline = get_running_loop()?.time() + 60.0;
///     for _ in 0..3 {
///         timeout_at(deadline).run(async |_| sleep(0.001).await).await?; // one deadline for all of them
///     }
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use]
pub fn timeout_at(when: impl TimeLimit) -> Timeout {
    Timeout::new(when.limit(), None)
}

/// Refuses NaN, for which asyncio's timers fail silently.
pub(crate) fn check_delay(delay: f64) -> Result<f64, ValueError> {
    if delay.is_nan() { Err(ValueError::new("Invalid delay: NaN (not a number)")) } else { Ok(delay) }
}

impl Timeout {
    fn new(when: Option<f64>, ahead_in: Option<u32>) -> Self {
        Self { own: Limit::new(when, ahead_in), shared: OnceCell::new() }
    }

    #[inline]
    fn limit(&self) -> &Limit {
        self.shared.get().map_or(&self.own, |shared| shared)
    }

    /// Runs `block` under the limit: the whole `async with` statement. The block gets a reference to the limit.
    ///
    /// # Errors
    ///
    /// [`TimeoutError`] if the limit expired and its cancellation ended the block. Otherwise returns what the block returns,
    /// even if the block has suppressed the cancellation. `RuntimeError` if the limit was used before, or outside a task.
    ///
    /// # Cancellation
    ///
    /// A cancellation from outside is raised, even if the limit expires in the same step.
    #[track_caller]
    pub fn run<'a, T, C: StdFuture<Output = Result<T>>>(
        &'a self,
        block: impl TimeoutBlock<'a, C>,
    ) -> impl StdFuture<Output = Result<T>> {
        self.run_at(Location::caller(), block)
    }

    /// Like `run`, for a block that is at `at`.
    pub(crate) async fn run_at<'a, T, C: StdFuture<Output = Result<T>>>(
        &'a self,
        at: &'static Location<'static>,
        block: impl TimeoutBlock<'a, C>,
    ) -> Result<T> {
        self.limit().begin(at)?;
        struct Leave<'a>(&'a Timeout);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                // Reached only if the block is dropped before its end.
                self.0.limit().unschedule();
            }
        }
        let leave = Leave(self);
        let mut block = pin!(cancel_boundary(block(self)).at(at));
        let result = poll_fn(|cx| {
            let polled = block.as_mut().poll(cx);
            if polled.is_pending() {
                self.limit().arm();
            }
            polled
        });
        let result = result.await;
        std::mem::forget(leave);
        self.exit(result)
    }

    /// Starts the block by hand; [`run`](Self::run) does it for you. Every `enter` needs its [`exit`](Self::exit).
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the limit was entered before, or outside a task; `ValueError` if the delay is NaN.
    #[doc(alias = "__aenter__")]
    #[track_caller]
    pub fn enter(&self) -> Result<()> {
        let limit = self.limit();
        limit.begin(Location::caller())?;
        limit.arm();
        Ok(())
    }

    /// Ends the block, whose result is `result`, and returns what [`run`](Self::run) would.
    ///
    /// # Errors
    ///
    /// Like `run`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TimeoutError, run, sleep, timeout};
    ///
    /// run(async {
    ///     let limit = timeout(0.001);
    ///     limit.enter()?;
    ///     let block = sleep(3600).await;
    ///     assert!(limit.exit(block).unwrap_err().is::<TimeoutError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "__aexit__")]
    pub fn exit<T>(&self, result: Result<T>) -> Result<T> {
        let limit = self.limit();
        let state = limit.look();
        limit.unschedule();
        let task = limit.task.take();
        if state == State::Active {
            limit.state.set(State::Finished);
        }
        let (State::Expiring, Some(task)) = (state, task) else { return result };
        limit.state.set(State::Expired);
        let ours = task.uncancel() <= limit.cancelling.get();
        match result {
            Err(error) if ours && error.is_cancelled() => {
                let at = error.location().unwrap_or(task.core().at.get());
                Err(TimeoutError::raise_from(error, at))
            }
            Err(error) if ours => Err(error.during_timeout()),
            result => result,
        }
    }

    /// The time of the loop's clock at which the limit expires; `None` without a limit.
    #[must_use]
    pub fn when(&self) -> Option<f64> {
        self.limit().when.get()
    }

    /// Moves the limit to the time `when` of the loop's clock, or removes it.
    ///
    /// # Errors
    ///
    /// `RuntimeError` before the block, after it, and when the limit has expired; `ValueError` for NaN.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, Runner, get_running_loop, sleep, timeout};
    ///
    /// let slept = Runner::new().clock(Clock::Virtual).run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let limit = timeout(1);
    ///     limit
    ///         .run(async |limit| {
    ///             limit.reschedule(event_loop.time() + 60.0)?;
    ///             sleep(59).await?;
    ///             limit.reschedule(None)?; // no limit any more
    ///             assert_eq!(limit.when(), None);
    ///             sleep(3600).await
    ///         })
    ///         .await?;
    ///     assert!(!limit.expired());
    ///     Ok("well")
    /// });
    /// assert_eq!(slept.unwrap(), "well");
    /// ```
    #[track_caller]
    pub fn reschedule(&self, when: impl TimeLimit) -> Result<()> {
        let limit = self.limit();
        let refused = match limit.look() {
            State::Active => None,
            State::Created => Some("Timeout has not been entered".to_owned()),
            state => Some(format!("Cannot change state of {} Timeout", state.name())),
        };
        if let Some(message) = refused {
            return Err(RuntimeError::new(message).into());
        }
        let when = when.limit().map(check_delay).transpose()?;
        limit.when.set(when);
        limit.unschedule();
        if let (Some(when), Some(task)) = (when, &*limit.task.borrow()) {
            limit.schedule(&*running_loop()?, task, when);
        }
        // Armed here and not by `run`, because the caller may be another task, and the block may be waiting already.
        limit.arm();
        Ok(())
    }

    /// Has the limit expired during the block?
    #[must_use]
    pub fn expired(&self) -> bool {
        matches!(self.limit().look(), State::Expiring | State::Expired)
    }
}

impl Limit {
    fn new(when: Option<f64>, ahead_in: Option<u32>) -> Self {
        Self { when: Cell::new(when), ahead_in, ..Self::default() }
    }

    /// Enters the block. The timer is left to [`arm`](Self::arm), because most blocks with a limit never wait.
    #[inline]
    fn begin(&self, at: &'static Location<'static>) -> Result<()> {
        let refused = |why| Error::raised_at(RuntimeError::new(why), at);
        if self.state.get() != State::Created {
            return Err(refused("Timeout has already been entered"));
        }
        let when = self.when.get().map(check_delay).transpose().map_err(|nan| Error::raised_at(nan, at))?;
        let Some(task) = current::with_task(|task| task.cloned()) else {
            return Err(refused("Timeout should be used inside a task"));
        };
        task.core().at.set(at);
        self.state.set(State::Active);
        self.cancelling.set(task.cancelling());
        if let Some(when) = when {
            let event_loop = task.base().event_loop();
            // Reading the clock is most of the cost of a limit, so it is not read again in the iteration in which it was
            // read for the limit. If the program has blocked the loop for longer than the delay since then, the timer is
            // overdue when it is made, and fires in the iteration in which a call "soon" would have run.
            if self.ahead_in == Some(event_loop.iteration()) {
                self.schedule_later(event_loop);
            } else {
                self.schedule(event_loop, &task, when);
            }
        }
        self.task.replace(Some(task));
        Ok(())
    }

    /// Makes the limit expire at `when`; in the next iteration if that is now or has passed.
    fn schedule(&self, event_loop: &LoopCore, task: &AnyTask, when: f64) {
        if when <= event_loop.time() {
            self.scheduled.set(LimitTimer::Timer(event_loop.queue_timer(Action::Cancel(task.clone()))));
        } else {
            self.schedule_later(event_loop);
        }
    }

    fn schedule_later(&self, event_loop: &LoopCore) {
        self.scheduled.set(LimitTimer::Later(event_loop.timers.borrow_mut().take_turn()));
    }

    /// Makes the timer. Its place in the order of timers was reserved when the block started.
    #[inline]
    fn arm(&self) {
        if let (LimitTimer::Later(turn), Some(when), Some(task)) =
            (self.scheduled.get(), self.when.get(), &*self.task.borrow())
        {
            let action = Action::Cancel(task.clone());
            let timer = task.base().event_loop().insert_timer_at(turn, when, action);
            self.scheduled.set(LimitTimer::Timer(timer));
        }
    }

    /// The state now. The limit has expired if its timer is gone, unless the loop was closed.
    fn look(&self) -> State {
        if let (State::Active, LimitTimer::Timer(timer), Some(task)) =
            (self.state.get(), self.scheduled.get(), &*self.task.borrow())
            && !task.base().event_loop().timers.borrow().is_armed(timer)
            && !task.base().event_loop().is_closed()
        {
            self.state.set(State::Expiring);
        }
        self.state.get()
    }

    #[inline]
    fn unschedule(&self) {
        if let LimitTimer::Timer(timer) = self.scheduled.replace(LimitTimer::No)
            && let Some(task) = &*self.task.borrow()
        {
            task.base().event_loop().remove_timer(timer);
        }
    }
}

impl Clone for Timeout {
    fn clone(&self) -> Self {
        let shared = self.shared.get_or_init(|| Rc::new(self.own.clone()));
        // Only the shared one is used from now on.
        self.own.task.take();
        Self { own: Limit::new(None, None), shared: OnceCell::from(Rc::clone(shared)) }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.limit().look();
        write!(f, "<Timeout [{}]", state.name())?;
        if state == State::Active {
            match self.when() {
                Some(when) => write!(f, " when={:?}", (when * 1e3).round() / 1e3)?,
                None => f.write_str(" when=None")?,
            }
        }
        f.write_str(">")
    }
}
