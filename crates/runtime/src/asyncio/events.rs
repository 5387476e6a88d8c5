//! The event loop as programs see it: `EventLoop`, and how to get the loop that runs (`asyncio.events`).
//!
//! The methods of `EventLoop` are under the headings of Python's documentation. Their work is done elsewhere: `kernel` runs the
//! loop, `handles` has the callbacks, `threads` and `asyncgens` the rest. The methods for descriptors are in `io::watching`,
//! those for signals in `signals`: they exist only where the system has such things.

use std::fmt;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use asyncio_clock::{Clock, Seconds};
use asyncio_concurrent::ThreadPoolExecutor;
use asyncio_errors::{ExceptionContext, Result, RuntimeError, ValueError, env, log};

use crate::asyncio::deadlock::report_deadlock;
use crate::asyncio::futures::Future;
use crate::asyncio::handles::{Handle, TimerHandle};
use crate::asyncio::hooks;
use crate::asyncio::knots::{look_later, look_now};
use crate::asyncio::slow::{self, in_debug};
use crate::asyncio::tasks::{Awaitable, OptionsChange, Task, TaskFactory, TaskOptions};
use crate::asyncio::threads;
use crate::asyncio::threads::LoopHandle;
use crate::asyncio::timeouts::check_delay;
use crate::kernel::{
    AnyFuture, Diagnosis, ExceptionHandler, LoopCore, Observer, Registered, Run, SchedulingPolicy, Shutdown, Tenants,
    Text, running_loop,
};

/// An event loop: `asyncio.AbstractEventLoop`, as far as it schedules.
///
/// Most programs never need one: [`run`](crate::run) makes it, runs the program and closes it. The value that
/// [`new_event_loop`] returns owns the loop and closes it when dropped; clones, and the values that [`get_running_loop`]
/// returns, are mere handles. A loop belongs to the thread in which it was made; other threads use its
/// [`handle`](Self::handle).
///
/// # Examples
///
/// ```
/// use asyncio::new_event_loop;
///
/// let event_loop = new_event_loop();
/// assert_eq!(format!("{event_loop:?}"), "<_UnixSelectorEventLoop running=False closed=False debug=False>");
/// let answer = event_loop.run_until_complete(async { Ok(42) }).unwrap();
/// assert_eq!(answer, 42);
/// event_loop.close().unwrap();
/// ```
pub struct EventLoop {
    core: Rc<LoopCore>,
    owner: bool,
}

/// A new loop, with the clock that `ASYNCIO_CLOCK` names and the debug mode of `ASYNCIO_DEBUG`:
/// `asyncio.new_event_loop()`.
///
/// # Panics
///
/// If one of these variables has an unknown value, naming it; [`Runner`](crate::Runner) returns an error instead.
///
/// # Examples
///
/// ```
/// use asyncio::new_event_loop;
///
/// let event_loop = new_event_loop();
/// let task = event_loop.create_task(async { Ok("it ran") }).unwrap();
/// assert!(!task.done());
/// assert_eq!(event_loop.run_until_complete(task).unwrap(), "it ran");
/// ```
#[must_use]
pub fn new_event_loop() -> EventLoop {
    match EventLoop::from_env() {
        Ok(event_loop) => event_loop,
        Err(error) => panic!("{error}"),
    }
}

/// The loop that runs in this thread: `asyncio.get_running_loop()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
///
/// # Examples
///
/// ```
/// use asyncio::{get_running_loop, run};
///
/// assert_eq!(get_running_loop().unwrap_err().to_string(), "no running event loop");
/// run(async {
///     let event_loop = get_running_loop()?;
///     let answer = event_loop.create_future();
///     let setter = answer.clone();
///     event_loop.call_later(0.001, move || setter.set_result(42).expect("it is set only here"))?;
///     assert_eq!(answer.await?, 42);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn get_running_loop() -> Result<EventLoop, RuntimeError> {
    Ok(EventLoop { core: running_loop()?, owner: false })
}

/// Does `ASYNCIO_DEBUG` switch debug mode on?
///
/// # Errors
///
/// `ValueError` naming the variable and its possible values.
pub(crate) fn debug_from_env() -> Result<bool, ValueError> {
    env::is_second("ASYNCIO_DEBUG", ["0", "1"])
}

/// # Making a loop
impl EventLoop {
    fn from_env() -> Result<Self, ValueError> {
        let event_loop = Self::with_clock(Clock::from_env()?);
        event_loop.set_debug(debug_from_env()?);
        Ok(event_loop)
    }

    /// The clock that the loop uses.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.core.clock
    }

    /// A new loop with this clock, not in debug mode.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop, sleep};
    ///
    /// let event_loop = EventLoop::with_clock(Clock::Virtual);
    /// let start = event_loop.time();
    /// event_loop.run_until_complete(sleep(3600)).unwrap();
    /// assert_eq!(event_loop.time() - start, 3600.0);
    /// ```
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let event_loop =
            Self { core: LoopCore::new(clock, Diagnosis { deadlock: report_deadlock, look: look_now }), owner: true };
        look_later(&event_loop.core);
        hooks::call(&event_loop);
        event_loop
    }

    pub(crate) fn from_core(core: &Rc<LoopCore>) -> Self {
        Self { core: Rc::clone(core), owner: false }
    }

    pub(crate) fn core(&self) -> &Rc<LoopCore> {
        &self.core
    }
}

/// # Running and stopping the loop
impl EventLoop {
    /// Runs an awaitable to its end and returns its result. A coroutine becomes a task.
    ///
    /// # Errors
    ///
    /// What the awaitable raises. `ValueError` for a future of another loop. `RuntimeError` if a loop runs already, the loop is
    /// closed, it was stopped before the end (`Event loop stopped before Future completed.`), or, under the virtual clock,
    /// nothing can wake its tasks any more (a deadlock; the message says which task waits for what).
    ///
    /// # Panics
    ///
    /// With the panic of the awaitable.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop, RuntimeError, ValueError};
    ///
    /// let (event_loop, other) = (EventLoop::with_clock(Clock::Virtual), EventLoop::with_clock(Clock::Virtual));
    /// let never = event_loop.create_future::<()>();
    /// let error = other.run_until_complete(never.clone()).unwrap_err();
    /// assert!(error.is::<ValueError>()); // it is a future of another loop
    /// let error = event_loop.run_until_complete(never).unwrap_err();
    /// assert!(error.is::<RuntimeError>()); // nothing can complete it
    /// ```
    #[track_caller]
    pub fn run_until_complete<A: Awaitable>(&self, awaitable: A) -> Result<A::Value> {
        let (handle, until) = self.target(awaitable)?;
        self.core.run_forever()?;
        drop(until);
        if !handle.as_ref().done() {
            return Err(RuntimeError::new("Event loop stopped before Future completed.").into());
        }
        A::outcome(&handle)
    }

    /// The future of an awaitable that the loop will run, and at whose end it will stop.
    #[track_caller]
    pub(crate) fn target<A: Awaitable>(&self, awaitable: A) -> Result<(A::Handle, Until)> {
        // Checked before a task is made, which would be left over.
        self.core.check_can_run()?;
        let handle = awaitable.ensure_future_in(self)?;
        let future = handle.as_ref();
        if !Rc::ptr_eq(future.base().event_loop(), &self.core) {
            let message = "The future belongs to a different loop than the one specified as the loop argument";
            return Err(ValueError::new(message).into());
        }
        let stop = Rc::new(StopWhenDone(Rc::clone(&self.core)));
        let registered = future.add_callback(stop, 0);
        let until = Until(future.clone(), registered);
        Ok((handle, until))
    }

    /// Runs until [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// `RuntimeError` if a loop runs already or the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::new_event_loop;
    ///
    /// let (event_loop, was_running) = (new_event_loop(), Rc::new(Cell::new(false)));
    /// let (running, seen) = (event_loop.clone(), Rc::clone(&was_running));
    /// event_loop.call_soon(move || {
    ///     seen.set(running.is_running());
    ///     running.stop();
    /// })
    /// .unwrap();
    /// event_loop.run_forever().unwrap();
    /// assert!(was_running.get() && !event_loop.is_running());
    /// ```
    pub fn run_forever(&self) -> Result<()> {
        self.core.run_forever()
    }

    /// Stops the loop at the end of the current iteration. A loop that is not running will stop after one iteration.
    pub fn stop(&self) {
        self.core.stopping.set(true);
    }

    /// Is the loop running?
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.core.running.get()
    }

    /// Is the loop closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Closes the loop and frees its contents. Tasks that are left are reported (`Task was destroyed but it is pending!`) and
    /// their coroutines dropped. Closing twice is fine.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Cannot close a running event loop`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{get_running_loop, new_event_loop, run};
    ///
    /// let event_loop = new_event_loop();
    /// event_loop.close().unwrap();
    /// event_loop.close().unwrap();
    /// assert!(event_loop.is_closed());
    /// assert_eq!(event_loop.call_soon(|| ()).unwrap_err().to_string(), "Event loop is closed");
    ///
    /// let error = run(async { Ok(get_running_loop()?.close().unwrap_err()) }).unwrap();
    /// assert_eq!(error.to_string(), "Cannot close a running event loop");
    /// ```
    pub fn close(&self) -> Result<(), RuntimeError> {
        if self.is_running() {
            return Err(RuntimeError::new("Cannot close a running event loop"));
        }
        self.core.close();
        Ok(())
    }

    /// Closes the asynchronous generators that are still open, all at the same time; then runs the shutdown hooks, the newest
    /// first. An error of one is reported and does not stop the others. [`run`](crate::run) does this at its end.
    ///
    /// # Errors
    ///
    /// `CancelledError` if the waiting task is cancelled.
    pub async fn shutdown_asyncgens(&self) -> Result<()> {
        Tenants::shut_down(&self.core, Shutdown::AsyncGens).await
    }
}

/// # Scheduling callbacks
impl EventLoop {
    /// Queues `f` for the next iteration; first in, first out. It runs in a copy of the current context.
    ///
    /// A panic in `f` goes to the exception handler.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let order = Rc::new(RefCell::new(Vec::new()));
    ///     for name in ["first", "second"] {
    ///         let order = Rc::clone(&order);
    ///         event_loop.call_soon(move || order.borrow_mut().push(name))?;
    ///     }
    ///     assert!(order.borrow().is_empty());
    ///     sleep(0).await?;
    ///     assert_eq!(*order.borrow(), ["first", "second"]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn call_soon<F: FnOnce() + 'static>(&self, f: F) -> Result<Handle, RuntimeError> {
        self.core.check_closed()?;
        let handle = Handle::new(&self.core, None, f);
        self.core.call(handle.to_run(), 0);
        Ok(handle)
    }

    /// Like [`LoopHandle::call_soon_threadsafe`], from the loop's own thread. The call is queued behind everything that other
    /// threads have handed in so far. The handle, too, stays in this thread.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    #[track_caller]
    pub fn call_soon_threadsafe(&self, f: impl FnOnce() + Send + 'static) -> Result<Handle, RuntimeError> {
        self.core.take_remote();
        self.call_soon(f)
    }

    /// A handle for other threads.
    #[must_use]
    pub fn handle(&self) -> LoopHandle {
        LoopHandle::new(&self.core.shared)
    }
}

/// # Scheduling delayed callbacks
impl EventLoop {
    /// Calls `f` after `delay` seconds; in the next iteration if that is zero or less. Calls due at the same instant run in the
    /// order in which they were made.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`; `ValueError` for NaN.
    #[track_caller]
    pub fn call_later<F: FnOnce() + 'static>(&self, delay: impl Seconds, f: F) -> Result<TimerHandle> {
        self.call_at(self.time() + delay.seconds(), f)
    }

    /// Calls `f` at the time `when` of this loop's clock.
    ///
    /// # Errors
    ///
    /// The same as those of [`call_later`](Self::call_later).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop};
    ///
    /// let event_loop = EventLoop::with_clock(Clock::Virtual);
    /// let (start, stopping) = (event_loop.time(), event_loop.clone());
    /// let timer = event_loop.call_at(start + 60.0, move || stopping.stop()).unwrap();
    /// assert_eq!(timer.when(), start + 60.0);
    /// event_loop.run_forever().unwrap();
    /// assert_eq!(event_loop.time(), timer.when());
    /// ```
    #[track_caller]
    pub fn call_at<F: FnOnce() + 'static>(&self, when: f64, f: F) -> Result<TimerHandle> {
        self.core.check_closed()?;
        check_delay(when)?;
        Ok(TimerHandle::new(&self.core, when, f))
    }

    /// The time of the loop's clock, in seconds from an arbitrary start. It never goes back.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.core.time()
    }
}

/// # Creating futures and tasks
impl EventLoop {
    /// A future of this loop. In debug mode it prints where it was created.
    #[must_use]
    #[track_caller]
    pub fn create_future<T: 'static>(&self) -> Future<T> {
        Future::from_any(AnyFuture::plain::<T>(&self.core, in_debug(&self.core, Location::caller())))
    }

    /// Makes a task of this loop, which need not be running yet.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    #[track_caller]
    pub fn create_task<T: 'static>(
        &self,
        coroutine: impl StdFuture<Output = Result<T>> + 'static,
    ) -> Result<Task<T>, RuntimeError> {
        TaskOptions::new().create_task_in(&self.core, coroutine)
    }

    /// Sets how tasks of this loop start: eagerly or not.
    pub fn set_task_factory(&self, factory: TaskFactory) {
        self.core.eager_tasks.set(factory == TaskFactory::Eager);
    }

    /// How tasks of this loop start.
    #[must_use]
    pub fn get_task_factory(&self) -> TaskFactory {
        if self.core.eager_tasks.get() { TaskFactory::Eager } else { TaskFactory::Lazy }
    }

    /// Lets `change` change the options of every task of this loop before the task is made, as a task factory of your own could;
    /// `None` removes it. It does not see the coroutine, because coroutines are of many types. To see what tasks do, set an
    /// [`Observer`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// use asyncio::{TaskOptions, create_task, get_running_loop, run};
    ///
    /// run(async {
    ///     let made = Cell::new(0);
    ///     let numbered = move |options: TaskOptions| {
    ///         made.set(made.get() + 1);
    ///         if options.get_name().is_some() { options } else { options.name(format_args!("job {}", made.get())) }
    ///     };
    ///     get_running_loop()?.set_task_options(Some(Box::new(numbered)));
    ///     assert_eq!(&*create_task(async { Ok(()) }).get_name(), "job 1");
    ///     assert_eq!(&*TaskOptions::new().name("tea").create_task(async { Ok(()) })?.get_name(), "tea");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_task_options(&self, change: Option<Box<dyn Fn(TaskOptions) -> TaskOptions>>) {
        OptionsChange::set(&self.core, change);
    }
}

/// # Executing code in threads
impl EventLoop {
    /// Runs `f` in a thread of `executor`, or of the default executor (`None`), starting at once. Cancelling the future
    /// prevents a job from starting; a job that is already running goes on, and its result is dropped.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the loop is closed or the executor was shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    ///
    /// use asyncio::{ThreadPoolExecutor, get_running_loop, run};
    ///
    /// run(async {
    ///     let (event_loop, own) = (get_running_loop()?, ThreadPoolExecutor::new(1)?);
    ///     let here = thread::current().id();
    ///     let other = event_loop.run_in_executor(None, || thread::current().id())?;
    ///     let third = event_loop.run_in_executor(Some(&own), || thread::current().id())?;
    ///     let (other, third) = (other.await?, third.await?);
    ///     assert!(here != other && other != third);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn run_in_executor<T: Send + 'static>(
        &self,
        executor: Option<&ThreadPoolExecutor>,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Future<T>> {
        self.core.check_closed()?;
        threads::run_in_executor(&self.core, executor, f)
    }

    /// The executor that `run_in_executor(None, …)` and `to_thread` use from now on.
    pub fn set_default_executor(&self, executor: ThreadPoolExecutor) {
        threads::set_default_executor(&self.core, executor);
    }

    /// Waits until the default executor's jobs are done and its threads have ended. After `limit` seconds it gives a warning
    /// and returns.
    ///
    /// # Errors
    ///
    /// `CancelledError` if the waiting task is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ThreadPoolExecutor, get_running_loop, run, to_thread};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     event_loop.set_default_executor(ThreadPoolExecutor::new(1)?); // one thread for all jobs
    ///     let job = event_loop.run_in_executor(None, || 6 * 7)?;
    ///     event_loop.shutdown_default_executor(None).await?;
    ///     assert_eq!(job.await?, 42);
    ///     let error = to_thread(|| ()).await.unwrap_err();
    ///     assert_eq!(error.to_string(), "Executor shutdown has been called");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub async fn shutdown_default_executor(&self, limit: Option<f64>) -> Result<()> {
        threads::refuse_jobs(&self.core);
        Tenants::shut_down(&self.core, Shutdown::Executor(limit)).await
    }
}

/// # Error handling
impl EventLoop {
    /// Sets the handler that gets exceptions which nothing handles; without one (`None`) they are written to standard error. A
    /// closed loop keeps its handler until the last future is dropped whose exception was never retrieved.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Exception, create_task, get_running_loop, run, sleep};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let told = event_loop.create_future();
    ///     let tell = told.clone();
    ///     event_loop.set_exception_handler(Some(Box::new(move |context| {
    ///         tell.set_result(context.clone()).expect("one thing goes wrong");
    ///     })));
    ///     drop(create_task(async { Err::<(), _>(Exception::new("nobody asks").into()) }));
    ///     sleep(0).await?;
    ///     let context = told.await?;
    ///     assert_eq!(context.message, "Task exception was never retrieved");
    ///     assert!(context.exception.unwrap().is::<Exception>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_exception_handler(&self, handler: Option<Box<ExceptionHandler>>) {
        self.core.exception_handler.replace(handler.map(Rc::from));
    }

    /// Calls the exception handler. If the handler panics, that is reported as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// use asyncio::{ExceptionContext, RuntimeError, new_event_loop};
    ///
    /// let (event_loop, told) = (new_event_loop(), Rc::new(RefCell::new(None)));
    /// let tell = Rc::clone(&told);
    /// event_loop.set_exception_handler(Some(Box::new(move |context| _ = tell.replace(Some(context.clone())))));
    /// let error = RuntimeError::new("disk full");
    /// event_loop.call_exception_handler(&ExceptionContext::new("cannot save").exception(error.into()));
    /// let context = told.take().unwrap();
    /// assert_eq!(context.message, "cannot save");
    /// assert!(context.exception.unwrap().is::<RuntimeError>());
    /// ```
    pub fn call_exception_handler(&self, context: &ExceptionContext) {
        self.core.call_exception_handler(context);
    }

    /// Does what the loop does without a handler: writes the context to standard error.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ExceptionContext, new_event_loop};
    ///
    /// let event_loop = new_event_loop();
    /// let same_loop = event_loop.clone();
    /// event_loop.set_exception_handler(Some(Box::new(move |context| {
    ///     if context.message != "expected" {
    ///         same_loop.default_exception_handler(context);
    ///     }
    /// })));
    /// event_loop.call_exception_handler(&ExceptionContext::new("expected")); // nothing is written
    /// ```
    pub fn default_exception_handler(&self, context: &ExceptionContext) {
        log::warning(context);
    }
}

/// # Debug mode
impl EventLoop {
    /// Debug mode: reports steps that take longer than [`set_slow_callback_duration`](Self::set_slow_callback_duration), while
    /// they do (by a thread, in real time) and afterwards. Tasks, and the futures and handles that are made in this mode, print
    /// where they were created. A loop, a writer or a running child that is dropped without having been closed is reported, like
    /// Python's `ResourceWarning`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// event_loop.set_debug(true);
    /// event_loop.set_slow_callback_duration(0.05);
    /// assert!(event_loop.get_debug() && event_loop.slow_callback_duration() == 0.05);
    /// assert_eq!(event_loop.to_string(), "<_UnixSelectorEventLoop running=False closed=False debug=True>");
    /// ```
    pub fn set_debug(&self, debug: bool) {
        slow::set_debug(self, debug);
    }

    /// Is the loop in debug mode?
    #[must_use]
    pub fn get_debug(&self) -> bool {
        self.core.debug.borrow().is_some()
    }

    /// How many seconds a step may take before debug mode reports it: `loop.slow_callback_duration`.
    #[must_use]
    pub fn slow_callback_duration(&self) -> f64 {
        self.core.slow_callback_duration.get()
    }

    /// Sets how many seconds a step may take before debug mode reports it; 0.1 by default.
    pub fn set_slow_callback_duration(&self, seconds: impl Seconds) {
        self.core.slow_callback_duration.set(seconds.seconds());
    }
}

/// # Observing and choosing
///
/// These two are not in Python.
impl EventLoop {
    /// Lets `observer` see what happens in the loop from now on, after the existing observers. (To see the creation of a
    /// runner's main task, too, use [`Runner::observer`](crate::Runner::observer).)
    pub fn add_observer(&self, observer: Rc<dyn Observer>) {
        self.core.add_observer(observer);
    }

    /// Removes an observer; returns whether it was there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::{LoopEvent, Observer, create_task, get_running_loop, run};
    ///
    /// #[derive(Default)]
    /// struct Created(Cell<u32>);
    ///
    /// impl Observer for Created {
    ///     fn event(&self, event: LoopEvent<'_>) {
    ///         if let LoopEvent::TaskCreated(_) = event {
    ///             self.0.set(self.0.get() + 1);
    ///         }
    ///     }
    /// }
    ///
    /// run(async {
    ///     let (event_loop, created) = (get_running_loop()?, Rc::new(Created::default()));
    ///     let observer: Rc<dyn Observer> = created.clone();
    ///     event_loop.add_observer(observer.clone());
    ///     create_task(async { Ok(()) }).await?;
    ///     assert!(event_loop.remove_observer(&observer));
    ///     create_task(async { Ok(()) }).await?;
    ///     assert_eq!(created.0.get(), 1);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn remove_observer(&self, observer: &Rc<dyn Observer>) -> bool {
        self.core.remove_observer(observer)
    }

    /// Lets `policy` choose which ready entry runs next; `None` is first in, first out.
    pub fn set_scheduling_policy(&self, policy: Option<Box<dyn SchedulingPolicy>>) {
        self.core.set_policy(policy);
    }
}

impl Clone for EventLoop {
    fn clone(&self) -> Self {
        Self::from_core(&self.core)
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        if self.owner && !self.is_running() {
            if self.get_debug() && !self.is_closed() {
                log::warning(format_args!("ResourceWarning: unclosed event loop {self:?}"));
            }
            self.core.close();
        }
    }
}

impl PartialEq for EventLoop {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.core, &other.core)
    }
}

impl Eq for EventLoop {}

/// Prints as the selector loop of CPython on Unix does.
impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = [self.is_running(), self.is_closed(), self.get_debug()];
        let [running, closed, debug] = state.map(|is_so| if is_so { "True" } else { "False" });
        write!(f, "<_UnixSelectorEventLoop running={running} closed={closed} debug={debug}>")
    }
}

impl fmt::Display for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The callback that ends `run_until_complete`.
struct StopWhenDone(Rc<LoopCore>);

impl Run for StopWhenDone {
    fn run(&self, _key: u32) {
        self.0.stopping.set(true);
    }

    fn describe(&self) -> Text {
        format!("_run_until_complete_cb() at {}:{}", file!(), line!()).into()
    }
}

/// As long as it lives, the end of the future stops the loop. It is dropped even during unwinding, so that it does not stop a
/// later run.
pub(crate) struct Until(AnyFuture, Option<Registered>);

impl Drop for Until {
    fn drop(&mut self) {
        if let Some(registered) = self.1 {
            self.0.base().remove_callback(registered);
        }
    }
}
