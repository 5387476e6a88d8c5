//! `run` and `Runner`: the life of a loop (`asyncio.runners`).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use asyncio_clock::Clock;
use asyncio_contextvars::{Context, copy_context};
use asyncio_errors::{KeyboardInterrupt, Result, RuntimeError};

use crate::asyncio::closing::{Closing, unhandled};
use crate::asyncio::events::EventLoop;
use crate::asyncio::guest::Guest;
use crate::asyncio::new_loop::debug_from_env;
use crate::asyncio::signals::Interrupt;
use crate::asyncio::tasks::{Task, TaskOptions};
use crate::kernel::{Observer, SchedulingPolicy, running_loop};

/// Runs a program: makes a loop, runs `main` in it, cleans up, and closes the loop: `asyncio.run`.
///
/// When `main` has ended, the remaining tasks are cancelled and waited for, abandoned asynchronous generators are closed,
/// and the threads of the default executor are waited for. `main`, a coroutine or anything else that can be awaited, runs as `Task-1`.
///
/// With `ASYNCIO_CLOCK=virtual` in the environment the clock jumps over waiting times; `ASYNCIO_DEBUG=1` turns debug mode
/// on.
///
/// # Errors
///
/// - What `main` raises.
/// - `RuntimeError: asyncio.run() cannot be called from a running event loop`.
/// - `ValueError` for an environment variable with an unknown value.
/// - [`KeyboardInterrupt`] if Ctrl-C was pressed and `main` did not suppress the cancellation that this causes. (A second
///   Ctrl-C ends the process at once.)
///
/// # Panics
///
/// With the panic of `main`, after the clean-up.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, run, sleep};
///
/// async fn greet() -> Result<&'static str> {
///     sleep(0.001).await?;
///     Ok("hello")
/// }
///
/// assert_eq!(run(greet()).unwrap(), "hello");
/// ```
#[track_caller]
pub fn run<T: 'static>(main: impl IntoFuture<Output = Result<T>, IntoFuture: 'static>) -> Result<T> {
    if running_loop().is_ok() {
        return Err(RuntimeError::new("asyncio.run() cannot be called from a running event loop").into());
    }
    Runner::new().run(main)
}

/// Runs several main functions on one loop, with options: `asyncio.Runner`.
///
/// The loop is made at the first use. [`close`](Self::close), or dropping the runner, closes it after the same clean-up as
/// at the end of [`run`](crate::run). Context variables set in one run are seen by the next.
///
/// # Examples
///
/// ```
/// use asyncio::{Clock, Runner, sleep};
///
/// let runner = Runner::new().clock(Clock::Virtual);
/// runner.run(async { sleep(3600).await }).unwrap();
/// runner.run(async { sleep(3600).await }).unwrap();
/// runner.close();
/// ```
#[derive(Default)]
pub struct Runner {
    debug: Option<bool>,
    clock: Option<Clock>,
    loop_factory: Option<Box<dyn Fn() -> EventLoop>>,
    observers: Vec<Rc<dyn Observer>>,
    policy: Cell<Option<Box<dyn SchedulingPolicy>>>,
    state: RefCell<RunnerState>,
}

#[derive(Default)]
enum RunnerState {
    #[default]
    Created,
    /// The loop factory is running.
    Initializing,
    Initialized(EventLoop, Context),
    Closed,
}

impl Runner {
    /// Creates a runner with the options of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets debug mode, whatever `ASYNCIO_DEBUG` says: `debug=`.
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = Some(debug);
        self
    }

    /// Sets the clock, whatever `ASYNCIO_CLOCK` says.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the function that makes the runner's loop, instead of [`new_event_loop`](crate::new_event_loop):
    /// `loop_factory=`. The loop keeps the clock that the function gave it.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop, Runner, TaskFactory, create_task};
    ///
    /// let eager = || {
    ///     let event_loop = EventLoop::with_clock(Clock::Virtual);
    ///     event_loop.set_task_factory(TaskFactory::Eager);
    ///     event_loop
    /// };
    /// assert!(Runner::new().loop_factory(eager).run(async { Ok(create_task(async { Ok(()) }).done()) }).unwrap());
    /// ```
    #[must_use]
    pub fn loop_factory(mut self, factory: impl Fn() -> EventLoop + 'static) -> Self {
        self.loop_factory = Some(Box::new(factory));
        self
    }

    /// Lets `observer` see what happens in the runner's loop, from the creation of the first main task on. It may be called
    /// several times: [`EventLoop::add_observer`].
    #[must_use]
    pub fn observer(mut self, observer: Rc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Lets `policy` choose what runs next: [`EventLoop::set_scheduling_policy`].
    #[must_use]
    pub fn scheduling_policy(self, policy: impl SchedulingPolicy + 'static) -> Self {
        self.policy.set(Some(Box::new(policy)));
        self
    }

    /// The runner's loop, which is made now if there is none yet.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Runner is closed`; `ValueError` for an environment variable with an unknown value.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, Runner, TaskFactory, create_task};
    ///
    /// let runner = Runner::new().clock(Clock::Virtual);
    /// runner.get_loop().unwrap().set_task_factory(TaskFactory::Eager);
    /// assert!(runner.run(async { Ok(create_task(async { Ok(()) }).done()) }).unwrap());
    /// runner.close();
    /// assert_eq!(runner.get_loop().unwrap_err().to_string(), "Runner is closed");
    /// ```
    pub fn get_loop(&self) -> Result<EventLoop> {
        Ok(self.init()?.0)
    }

    /// CPython's `_lazy_init`.
    fn init(&self) -> Result<(EventLoop, Context)> {
        /// Back to the beginning if making the loop fails or panics.
        struct Undo<'a>(&'a RefCell<RunnerState>);
        impl Drop for Undo<'_> {
            fn drop(&mut self) {
                let mut state = self.0.borrow_mut();
                if let RunnerState::Initializing = *state {
                    *state = RunnerState::Created;
                }
            }
        }
        let refused = match &*self.state.borrow() {
            RunnerState::Created => None,
            RunnerState::Initialized(event_loop, context) => return Ok((event_loop.clone(), context.clone())),
            RunnerState::Initializing => Some("the loop factory cannot use the runner that it makes a loop for"),
            RunnerState::Closed => Some("Runner is closed"),
        };
        if let Some(message) = refused {
            return Err(RuntimeError::new(message).into());
        }
        self.state.replace(RunnerState::Initializing);
        let _undo = Undo(&self.state);
        let event_loop = match &self.loop_factory {
            Some(make) => make(),
            None => EventLoop::with_clock(self.clock.map_or_else(Clock::from_env, Ok)?),
        };
        if self.debug.is_some() || self.loop_factory.is_none() {
            event_loop.set_debug(self.debug.map_or_else(debug_from_env, Ok)?);
        }
        self.observers.iter().for_each(|observer| event_loop.add_observer(Rc::clone(observer)));
        if let Some(policy) = self.policy.take() {
            event_loop.set_scheduling_policy(Some(policy));
        }
        let context = copy_context();
        let mut state = self.state.borrow_mut();
        if let RunnerState::Closed = *state {
            return Err(RuntimeError::new("Runner is closed").into());
        }
        // The state keeps the original: dropping it closes the loop, which dropping a clone does not.
        let both = (event_loop.clone(), context.clone());
        *state = RunnerState::Initialized(event_loop, context);
        Ok(both)
    }

    /// Runs `main` on the runner's loop. Tasks that are left at its end continue in the next run.
    ///
    /// # Errors
    ///
    /// Like [`run`](crate::run), and `RuntimeError: Runner is closed`.
    ///
    /// # Panics
    ///
    /// With the panic of `main`.
    #[track_caller]
    pub fn run<T: 'static>(&self, main: impl IntoFuture<Output = Result<T>, IntoFuture: 'static>) -> Result<T> {
        self.run_with(TaskOptions::new(), main)
    }

    /// Like [`run`](Self::run), with a context or a name for the main task: `runner.run(main(), context=…)`.
    ///
    /// # Errors
    ///
    /// Like `run`.
    ///
    /// # Panics
    ///
    /// With the panic of `main`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Context, ContextVar, Runner, TaskOptions};
    ///
    /// static LEVEL: ContextVar<u32> = ContextVar::new("level");
    ///
    /// let context = Context::new();
    /// let options = TaskOptions::new().context(context.clone());
    /// Runner::new().run_with(options, async { Ok(drop(LEVEL.set(3))) }).unwrap();
    /// assert_eq!(context.run(|| LEVEL.get()).unwrap().unwrap(), 3);
    /// assert!(LEVEL.get().is_err());
    /// ```
    #[track_caller]
    pub fn run_with<T: 'static>(
        &self,
        options: TaskOptions,
        main: impl IntoFuture<Output = Result<T>, IntoFuture: 'static>,
    ) -> Result<T> {
        if running_loop().is_ok() {
            return Err(RuntimeError::new("Runner.run() cannot be called from a running event loop").into());
        }
        let (event_loop, task) = self.start(options, main)?;
        let interrupted = Rc::new(Cell::new(false));
        // As in CPython, only in the main thread, which is what a user wants to interrupt with Ctrl-C.
        let interrupt = if std::thread::current().name() == Some("main") {
            let (task, interrupted) = (task.as_task(), Rc::clone(&interrupted));
            Interrupt::install(event_loop.core(), move || {
                interrupted.set(true);
                task.cancel();
            })?
        } else {
            None
        };
        let result = event_loop.run_until_complete(task.clone());
        drop(interrupt);
        match result {
            Err(error) if error.is_cancelled() && interrupted.get() && task.uncancel() == 0 => {
                Err(KeyboardInterrupt::default().into())
            }
            result => result,
        }
    }

    /// Makes the task of `main`.
    #[track_caller]
    fn start<T: 'static>(
        &self,
        options: TaskOptions,
        main: impl IntoFuture<Output = Result<T>, IntoFuture: 'static>,
    ) -> Result<(EventLoop, Task<T>)> {
        let (event_loop, context) = self.init()?;
        let task = options.or_context(context).create_task_in(event_loop.core(), main.into_future())?;
        Ok((event_loop, task))
    }

    /// Like [`run`](Self::run), for a loop that a host drives: nothing runs before the first call of [`Guest::run_once`]. Ctrl-C
    /// is left to the host.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Runner is closed`; `ValueError` for an environment variable with an unknown value.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::Poll;
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// use asyncio::{Result, Runner, sleep};
    ///
    /// async fn program() -> Result<&'static str> {
    ///     sleep(0.01).await?;
    ///     Ok("done")
    /// }
    ///
    /// let runner = Runner::new();
    /// let mut guest = runner.host(program()).unwrap();
    /// let result = loop {
    ///     if let Poll::Ready(result) = guest.run_ready() {
    ///         break result;
    ///     }
    ///     // A host does something else meanwhile.
    ///     let seconds = guest.next_timeout().expect("it waits for a timer");
    ///     thread::sleep(Duration::from_secs_f64(seconds));
    /// };
    /// assert_eq!(result.unwrap(), "done");
    /// ```
    #[track_caller]
    pub fn host<T: 'static>(&self, main: impl IntoFuture<Output = Result<T>, IntoFuture: 'static>) -> Result<Guest<T>> {
        let (event_loop, task) = self.start(TaskOptions::new(), main)?;
        event_loop.host(task)
    }

    /// Like [`close`](Self::close), for a loop that a host drives. `None` if there is no loop to close.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Runner, create_task, sleep};
    ///
    /// let runner = Runner::new();
    /// let task = runner.run(async { Ok(create_task(sleep(3600))) }).unwrap();
    /// let mut closing = runner.host_closing().expect("the runner has a loop");
    /// assert!(closing.run_ready().is_ready()); // nothing had to be waited for
    /// assert!(task.cancelled());
    /// ```
    #[must_use]
    pub fn host_closing(&self) -> Option<Closing> {
        match self.state.replace(RunnerState::Closed) {
            RunnerState::Initialized(event_loop, _) => Some(Closing::new(event_loop)),
            _ => None,
        }
    }

    /// Cancels the remaining tasks, cleans up and closes the loop. Closing twice is fine.
    ///
    /// Within the runner's own [`run`](Self::run) the tasks are cancelled, the loop stays open, and `RuntimeError: Cannot
    /// close a running event loop`, which asyncio raises, goes to the exception handler. The runner counts as closed.
    #[doc(alias = "__exit__")]
    pub fn close(&self) {
        let RunnerState::Initialized(event_loop, _) = self.state.replace(RunnerState::Closed) else { return };
        if event_loop.is_running() {
            if !std::thread::panicking() {
                // It cannot wait for the tasks: one of them is the caller.
                event_loop.all_tasks().iter().for_each(|task| _ = task.cancel());
                let error = RuntimeError::new("Cannot close a running event loop");
                event_loop.call_exception_handler(&unhandled(error.into()));
            }
            return;
        }
        Closing::new(event_loop).finish();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("debug", &self.debug).field("clock", &self.clock).finish_non_exhaustive()
    }
}
