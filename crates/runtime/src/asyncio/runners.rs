//! `run` and `Runner`: a loop from its making to its end (`asyncio.runners`).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future as StdFuture;
use std::rc::Rc;

use crate::asyncio::events::{EventLoop, debug_from_env};
use crate::asyncio::tasks::TaskOptions;
use crate::clock::Clock;
use crate::contextvars::{Context, copy_context};
use crate::error::Result;
use crate::error::exceptions::{KeyboardInterrupt, RuntimeError};
use crate::error::report::ExceptionContext;

/// Runs a program: makes a loop, runs `main` in it, ends what is left, and closes it: `asyncio.run`.
///
/// When `main` has ended, the tasks that are left are cancelled and waited for, what is registered for the end (abandoned
/// asynchronous generators) is closed, and the default executor's threads are waited for. `main` runs as `Task-1`.
///
/// The environment: `ASYNCIO_CLOCK=virtual` lets time jump, `ASYNCIO_DEBUG=1` turns debug mode on.
///
/// # Errors
///
/// What `main` raises. `RuntimeError: asyncio.run() cannot be called from a running event loop`. `ValueError` for an
/// environment variable with an unknown value. [`KeyboardInterrupt`] if Ctrl-C was pressed: then `main` was cancelled and
/// did not refuse. (A second Ctrl-C ends the process at once.) `CancelledError` if it was cancelled otherwise.
///
/// # Panics
///
/// With the panic of `main`, after everything was cleaned up.
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
pub fn run<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    if crate::kernel::current::with_loop(|running| running.is_some()) {
        return Err(RuntimeError::new("asyncio.run() cannot be called from a running event loop").into());
    }
    Runner::new().run(main)
}

/// Runs several main functions on one loop, with options: `asyncio.Runner`.
///
/// The loop is made at the first use and closed, as at the end of [`run`](crate::run), by [`close`](Self::close) or when
/// the runner is dropped. Context variables set in one run are seen by the next.
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
pub struct Runner {
    debug: Option<bool>,
    clock: Option<Clock>,
    loop_factory: Option<Box<dyn Fn() -> EventLoop>>,
    state: RefCell<State>,
}

enum State {
    Created,
    /// Its loop is being made, by a function of the program's own.
    Initializing,
    Initialized(EventLoop, Context),
    Closed,
}

impl Default for Runner {
    fn default() -> Self {
        Self::new()
    }
}

impl Runner {
    /// A runner with what the environment says.
    #[must_use]
    pub fn new() -> Self {
        Self { debug: None, clock: None, loop_factory: None, state: RefCell::new(State::Created) }
    }

    /// Debug mode, whatever `ASYNCIO_DEBUG` says.
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = Some(debug);
        self
    }

    /// The clock, whatever `ASYNCIO_CLOCK` says.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// What makes the runner's loop, in place of [`new_event_loop`](crate::new_event_loop): `loop_factory=`. Its clock is the one
    /// that it was made with.
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

    /// The runner's loop.
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

    fn init(&self) -> Result<(EventLoop, Context)> {
        match &*self.state.borrow() {
            State::Created => {}
            State::Initialized(event_loop, context) => return Ok((event_loop.clone(), context.clone())),
            State::Initializing => {
                return Err(RuntimeError::new("the loop factory cannot use the runner that it makes a loop for").into());
            }
            State::Closed => return Err(RuntimeError::new("Runner is closed").into()),
        }
        /// Made anew the next time, if making the loop fails or panics.
        struct Undo<'a>(&'a RefCell<State>);
        impl Drop for Undo<'_> {
            fn drop(&mut self) {
                let mut state = self.0.borrow_mut();
                if let State::Initializing = *state {
                    *state = State::Created;
                }
            }
        }
        self.state.replace(State::Initializing);
        let _undo = Undo(&self.state);
        let event_loop = match &self.loop_factory {
            Some(make) => make(),
            None => EventLoop::with_clock(self.clock.map_or_else(Clock::from_env, Ok)?),
        };
        if self.debug.is_some() || self.loop_factory.is_none() {
            event_loop.set_debug(self.debug.map_or_else(debug_from_env, Ok)?);
        }
        let context = copy_context();
        let mut state = self.state.borrow_mut();
        if let State::Closed = *state {
            return Err(RuntimeError::new("Runner is closed").into());
        }
        // This one is kept: it closes the loop when it goes, which its clones do not.
        let both = (event_loop.clone(), context.clone());
        *state = State::Initialized(event_loop, context);
        Ok(both)
    }

    /// Runs `main` on the runner's loop. What it leaves running goes on in the next run.
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run), and `RuntimeError: Runner is closed`.
    ///
    /// # Panics
    ///
    /// With the panic of `main`.
    #[track_caller]
    pub fn run<T: 'static>(&self, main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
        if crate::kernel::current::with_loop(|running| running.is_some()) {
            return Err(RuntimeError::new("Runner.run() cannot be called from a running event loop").into());
        }
        let (event_loop, context) = self.init()?;
        let task = TaskOptions::new().context(context).create_task_in(event_loop.core(), main)?;
        let interrupted = Rc::new(Cell::new(false));
        let interrupt = self.catch_interrupt(&event_loop, {
            let (task, interrupted) = (task.as_task(), Rc::clone(&interrupted));
            move || {
                interrupted.set(true);
                task.cancel();
            }
        })?;
        let result = event_loop.run_until_complete(task.clone());
        drop(interrupt);
        match result {
            Err(error) if error.is_cancelled() && interrupted.get() && task.uncancel() == 0 => {
                Err(KeyboardInterrupt::default().into())
            }
            result => result,
        }
    }

    /// As CPython does: only in the main thread, the one that the user means when they press Ctrl-C.
    fn catch_interrupt(
        &self,
        event_loop: &EventLoop,
        on_interrupt: impl Fn() + 'static,
    ) -> Result<Option<crate::asyncio::signals::Interrupt>> {
        if std::thread::current().name() != Some("main") {
            return Ok(None);
        }
        crate::asyncio::signals::Interrupt::install(event_loop.core(), on_interrupt)
    }

    /// Ends what is left and closes the loop. Closing twice is fine. Within its own `run`, its tasks are cancelled and
    /// `RuntimeError: Cannot close a running event loop` is reported to the exception handler (asyncio raises it); the runner is
    /// closed then, its loop is not.
    pub fn close(&self) {
        let State::Initialized(event_loop, _) = self.state.replace(State::Closed) else { return };
        if event_loop.is_running() {
            if !std::thread::panicking() {
                refuse_to_close(&event_loop);
            }
            return;
        }
        cancel_all_tasks(&event_loop);
        // As asyncio runs them: each is a task of its own, and uses up a task number.
        for what in [Shutdown::Generators, Shutdown::Threads] {
            if let Err(error) = event_loop.run_until_complete(shutdown(event_loop.clone(), what)) {
                event_loop.call_exception_handler(
                    &ExceptionContext::new("unhandled exception during asyncio.run() shutdown").exception(error),
                );
            }
        }
        event_loop.core().close();
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

enum Shutdown {
    Generators,
    Threads,
}

/// One coroutine for both: a kind of task is code of its own in every program.
async fn shutdown(event_loop: EventLoop, what: Shutdown) -> Result<()> {
    match what {
        Shutdown::Generators => event_loop.shutdown_asyncgens().await,
        Shutdown::Threads => event_loop.shutdown_default_executor(Some(THREAD_JOIN_TIMEOUT)).await,
    }
}

/// The task that asked would be waited for in vain.
fn refuse_to_close(event_loop: &EventLoop) {
    for task in event_loop.all_tasks() {
        task.cancel();
    }
    let error = RuntimeError::new("Cannot close a running event loop").into();
    event_loop.call_exception_handler(
        &ExceptionContext::new("unhandled exception during asyncio.run() shutdown").exception(error),
    );
}

/// How many seconds the threads of the default executor are waited for.
const THREAD_JOIN_TIMEOUT: f64 = 300.0;

/// Cancels the tasks that are left, waits for them, and reports those that fail: `_cancel_all_tasks`.
fn cancel_all_tasks(event_loop: &EventLoop) {
    let tasks = event_loop.all_tasks();
    if tasks.is_empty() {
        return;
    }
    for task in &tasks {
        task.cancel();
    }
    let waiting = crate::asyncio::tasks::all_done(event_loop.core(), &tasks);
    if let Err(error) = event_loop.run_until_complete(waiting) {
        // Under the virtual clock: a task that refuses to end and waits for nothing.
        event_loop.call_exception_handler(
            &ExceptionContext::new("unhandled exception during asyncio.run() shutdown").exception(error),
        );
        return;
    }
    for task in tasks {
        if let (false, Ok(Some(error))) = (task.cancelled(), task.exception()) {
            let context = ExceptionContext::new("unhandled exception during asyncio.run() shutdown");
            let context = context.object("task", format!("{task:?}")).exception(error);
            task.core().in_context(|| event_loop.call_exception_handler(&context));
        }
    }
}
