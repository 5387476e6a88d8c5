//! The event loop as programs see it: `EventLoop`, callback handles, and how to get at the loop that runs
//! (`asyncio.events`).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future as StdFuture;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use crate::asyncio::asyncgens::{AsyncGens, OpenAsyncGen};
use crate::asyncio::futures::Future;
use crate::asyncio::tasks::{Task, TaskFactory, TaskOptions};
use crate::base::burials;
use crate::base::log;
use crate::base::names::function_name;
use crate::base::seconds::Seconds;
use crate::clock::Clock;
use crate::concurrent::ThreadPoolExecutor;
use crate::contextvars::{self, Vars};
use crate::error::Result;
use crate::error::exceptions::{RuntimeError, ValueError};
use crate::error::report::ExceptionContext;
use crate::kernel::{
    Action, AnyFuture, LoopCore, LoopHandle, Observer, Registered, Run, SchedulingPolicy, Side, TimerKey, handle_repr,
    run_callback, run_handled, running_loop,
};

/// What a loop tells of exceptions that nobody handles; see [`EventLoop::set_exception_handler`].
pub type ExceptionHandler = dyn Fn(&ExceptionContext);

/// A coroutine to run when a loop shuts down.
pub(crate) type ShutdownHook = Box<dyn FnOnce() -> Pin<Box<dyn StdFuture<Output = Result<()>>>>>;

/// An event loop: `asyncio.AbstractEventLoop`, as far as it schedules.
///
/// Most programs never need one: [`run`](crate::run) makes it, runs the program and closes it. The value that
/// [`new_event_loop`] gives owns the loop and closes it when dropped; clones, and what [`get_running_loop`] gives, are
/// mere handles. A loop belongs to the thread in which it was made; other threads use its [`handle`](Self::handle).
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
/// If one of these variables has an unknown value, naming it; [`Runner`](crate::Runner) gives an error instead.
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

/// Is debug mode asked for by `ASYNCIO_DEBUG`?
///
/// # Errors
///
/// `ValueError` naming the variable and what it may be.
pub(crate) fn debug_from_env() -> Result<bool, ValueError> {
    crate::error::env::is_second("ASYNCIO_DEBUG", ["0", "1"])
}

impl EventLoop {
    fn from_env() -> Result<Self, ValueError> {
        let event_loop = Self::with_clock(Clock::from_env()?);
        event_loop.set_debug(debug_from_env()?);
        Ok(event_loop)
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
        Self { core: LoopCore::new(clock), owner: true }
    }

    pub(crate) fn from_core(core: &Rc<LoopCore>) -> Self {
        Self { core: Rc::clone(core), owner: false }
    }

    pub(crate) fn core(&self) -> &Rc<LoopCore> {
        &self.core
    }

    // Running.

    /// Runs an awaitable to its end and gives its result; a coroutine becomes a task.
    ///
    /// # Errors
    ///
    /// What the awaitable raises. `ValueError` for a future of another loop. `RuntimeError` if a loop runs already, the
    /// loop is closed, it was stopped before the end (`Event loop stopped before Future completed.`), or, under the
    /// virtual clock, nothing can wake its tasks any more (a deadlock; the message says who waits for what).
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
    pub fn run_until_complete<A: RunTarget>(&self, awaitable: A) -> Result<A::Value> {
        // Before a task is made that would be left over.
        self.core.check_can_run()?;
        let future = awaitable.into_target(self)?;
        if !Rc::ptr_eq(future.base().event_loop(), &self.core) {
            let message = "The future belongs to a different loop than the one specified as the loop argument";
            return Err(ValueError::new(message).into());
        }
        let stop = Rc::new(StopWhenDone(Rc::clone(&self.core)));
        // Removed also if something unwinds: a later run is not to be stopped by it.
        let registered = StopRegistered(&future, future.add_callback(stop, 0));
        self.core.run_forever()?;
        drop(registered);
        if !future.done() {
            return Err(RuntimeError::new("Event loop stopped before Future completed.").into());
        }
        future.take_result()
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
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// let (running, stopping) = (event_loop.clone(), event_loop.clone());
    /// event_loop.call_soon(move || assert!(running.is_running())).unwrap();
    /// event_loop.call_soon(move || stopping.stop()).unwrap();
    /// event_loop.run_forever().unwrap();
    /// assert!(!event_loop.is_running());
    /// ```
    pub fn run_forever(&self) -> Result<()> {
        self.core.run_forever()
    }

    /// Stops the loop at the end of the present iteration; on one that does not run, after one iteration.
    pub fn stop(&self) {
        self.core.stopping.set(true);
    }

    /// Does it run?
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.core.running.get()
    }

    /// Was it closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Closes the loop and frees what it holds. Tasks that are left are reported (`Task was destroyed but it is
    /// pending!`) and their coroutines dropped. Closing twice is fine.
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

    // Callbacks and time.

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
    pub fn call_soon<F: FnOnce() + 'static>(&self, f: F) -> Result<Handle, RuntimeError> {
        self.core.check_closed()?;
        let handle = HandleInner::new(&self.core, None, f);
        self.core.call(Rc::clone(&handle) as Rc<dyn Run>, 0);
        Ok(Handle(handle))
    }

    /// As [`LoopHandle::call_soon_threadsafe`], from the loop's own thread: after what other threads have handed in by now. The
    /// handle stays in this thread, too.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    pub fn call_soon_threadsafe(&self, f: impl FnOnce() + Send + 'static) -> Result<Handle, RuntimeError> {
        self.core.take_remote();
        self.call_soon(f)
    }

    /// Calls `f` in `delay` seconds; at once if that is zero or less. Calls due at the same instant run in the order in
    /// which they were made.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`; `ValueError` for NaN.
    pub fn call_later<F: FnOnce() + 'static>(&self, delay: impl Seconds, f: F) -> Result<TimerHandle> {
        self.call_at(self.time() + delay.seconds(), f)
    }

    /// Calls `f` at the time `when` of this loop's clock.
    ///
    /// # Errors
    ///
    /// As [`call_later`](Self::call_later).
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
    pub fn call_at<F: FnOnce() + 'static>(&self, when: f64, f: F) -> Result<TimerHandle> {
        self.core.check_closed()?;
        crate::asyncio::timeouts::check_delay(when)?;
        let handle = HandleInner::new(&self.core, Some(when), f);
        let key = self.core.insert_timer(when, Action::Call(Rc::clone(&handle) as Rc<dyn Run>));
        Ok(TimerHandle { handle: Handle(handle), when, key, core: Rc::clone(&self.core) })
    }

    /// The time of the loop's clock, in seconds from an arbitrary start. It never goes back.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.core.time()
    }

    /// A handle for other threads.
    #[must_use]
    pub fn handle(&self) -> LoopHandle {
        LoopHandle::new(&self.core.shared)
    }

    // Futures and tasks.

    /// A future of this loop.
    #[must_use]
    pub fn create_future<T: 'static>(&self) -> Future<T> {
        Future::new(&self.core)
    }

    /// Makes a task in this loop; also before the loop runs.
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

    /// How tasks are made in this loop from now on.
    pub fn set_task_factory(&self, factory: TaskFactory) {
        self.core.eager_tasks.set(factory == TaskFactory::Eager);
    }

    /// How tasks are made in this loop.
    #[must_use]
    pub fn get_task_factory(&self) -> TaskFactory {
        if self.core.eager_tasks.get() { TaskFactory::Eager } else { TaskFactory::Lazy }
    }

    /// Has `change` say with what options each task of this loop is made, from those that it is asked for with: a task factory
    /// of one's own. `None` takes it back. The coroutine is not shown to it: tasks are of many types, and who wants to see
    /// what they do is an [`Observer`].
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
        self.core.changes_options.set(change.is_some());
        let old = self.core.change_options.replace(change.map(Rc::from));
        drop(old);
    }

    // Threads.

    /// Runs `f` in a thread of `executor`, or of the default executor (`None`), beginning at once. Cancelling the future
    /// keeps a job that has not begun from beginning; one that runs goes on, and nobody hears of its end.
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
        crate::asyncio::threads::run_in_executor(&self.core, executor, f)
    }

    /// The executor that `run_in_executor(None, …)` and `to_thread` use from now on.
    pub fn set_default_executor(&self, executor: ThreadPoolExecutor) {
        crate::asyncio::threads::set_default_executor(&self.core, executor);
    }

    /// Waits until the default executor's jobs are done and its threads have ended. At most `limit` seconds; then it
    /// warns and goes on.
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
        crate::asyncio::threads::shutdown_default_executor(&self.core, limit).await
    }

    /// Closes the asynchronous generators that are still open, all at the same time; then runs the shutdown hooks, last
    /// registered first. An error of one is reported and does not stop the others. [`run`](crate::run) does this at its
    /// end.
    ///
    /// # Errors
    ///
    /// `CancelledError` if the waiting task is cancelled.
    pub async fn shutdown_asyncgens(&self) -> Result<()> {
        self.core.asyncgens.close(self).await?;
        loop {
            let hook = self.core.shutdown_hooks.borrow_mut().pop();
            let Some(hook) = hook else { return Ok(()) };
            if let Err(error) = hook().await {
                self.call_exception_handler(
                    &ExceptionContext::new("an error occurred in a shutdown hook").exception(error),
                );
            }
        }
    }

    /// Tells the loop of an asynchronous generator that begins to run, so that
    /// [`shutdown_asyncgens`](Self::shutdown_asyncgens) closes it. The key is for
    /// [`forget_asyncgen`](Self::forget_asyncgen). For whoever makes a kind of generator; it is what Python calls the
    /// `firstiter` hook.
    pub fn register_asyncgen(&self, generator: Weak<dyn OpenAsyncGen>) -> u64 {
        self.core.asyncgens.add(generator)
    }

    /// Takes back what [`register_asyncgen`](Self::register_asyncgen) did.
    pub fn forget_asyncgen(&self, key: u64) {
        self.core.asyncgens.remove(key);
    }

    /// Closes a generator that nobody wants any more, in a task of its own that begins soon: Python's `finalizer` hook.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    pub fn finalize_asyncgen(&self, generator: Rc<dyn OpenAsyncGen>) -> Result<()> {
        AsyncGens::finalize(self, generator)
    }

    /// Registers a coroutine for [`shutdown_asyncgens`](Self::shutdown_asyncgens), which [`run`](crate::run) calls at its
    /// end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// let saved = Rc::new(Cell::new(false));
    /// let save = Rc::clone(&saved);
    /// run(async {
    ///     get_running_loop()?.add_shutdown_hook(|| async move {
    ///         sleep(0.001).await?; // the loop still runs
    ///         save.set(true);
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// })
    /// .unwrap();
    /// assert!(saved.get());
    /// ```
    pub fn add_shutdown_hook<F: StdFuture<Output = Result<()>> + 'static>(&self, hook: impl FnOnce() -> F + 'static) {
        self.core.shutdown_hooks.borrow_mut().push(Box::new(|| Box::pin(hook())));
    }

    // Descriptors and signals.

    /// Calls `f` whenever `fd` can be read, until [`remove_reader`](Self::remove_reader), which must come before the
    /// descriptor is closed.
    ///
    /// # Errors
    ///
    /// What the system says, for example that the descriptor cannot be watched; `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (mut near, mut far) = UnixStream::pair()?;
    ///     let (watched, received) = (near.try_clone()?, event_loop.create_future());
    ///     let receive = received.clone();
    ///     event_loop.add_reader(&watched, move || {
    ///         let mut byte = [0];
    ///         near.read_exact(&mut byte).expect("it can be read");
    ///         receive.set_result(byte[0]).expect("one byte comes");
    ///     })?;
    ///     far.write_all(b"!")?;
    ///     assert_eq!(received.await?, b'!');
    ///     assert!(event_loop.remove_reader(&watched)?);
    ///     assert!(!event_loop.remove_reader(&watched)?);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_reader<F: FnMut() + 'static>(&self, fd: impl AsFd, f: F) -> Result<()> {
        self.watch(fd, Side::Read, f)
    }

    /// Calls `f` whenever `fd` can be written, until [`remove_writer`](Self::remove_writer).
    ///
    /// # Errors
    ///
    /// As [`add_reader`](Self::add_reader).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let room = event_loop.create_future();
    ///     let tell = room.clone();
    ///     // It is called again and again while there is room.
    ///     event_loop.add_writer(&near, move || drop(tell.set_result(())))?;
    ///     room.await?;
    ///     assert!(event_loop.remove_writer(&near)?);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_writer<F: FnMut() + 'static>(&self, fd: impl AsFd, f: F) -> Result<()> {
        self.watch(fd, Side::Write, f)
    }

    /// Stops watching for reading; false if it was not watched.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove_reader(&self, fd: impl AsFd) -> Result<bool> {
        Ok(self.core.with_reactor(|reactor| reactor.forget(fd.as_fd(), Side::Read))?)
    }

    /// Stops watching for writing; false if it was not watched.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove_writer(&self, fd: impl AsFd) -> Result<bool> {
        Ok(self.core.with_reactor(|reactor| reactor.forget(fd.as_fd(), Side::Write))?)
    }

    fn watch<F: FnMut() + 'static>(&self, fd: impl AsFd, side: Side, f: F) -> Result<()> {
        self.core.check_closed()?;
        let run = Rc::new(Repeated {
            f: RefCell::new(f),
            core: Rc::downgrade(&self.core),
            vars: contextvars::current(),
            over: Cell::default(),
        });
        Ok(self.core.with_reactor(|reactor| reactor.watch(fd.as_fd(), side, run))?)
    }

    /// Calls `f` in the loop whenever the process gets this signal, instead of what the signal does otherwise.
    ///
    /// # Errors
    ///
    /// `ValueError: invalid signal number N` for a number that is none; `RuntimeError: sig N cannot be caught`; `RuntimeError:
    /// Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::process::Command;
    ///
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     const SIGHUP: i32 = 1;
    ///     let event_loop = get_running_loop()?;
    ///     let hung_up = event_loop.create_future();
    ///     let tell = hung_up.clone();
    ///     event_loop.add_signal_handler(SIGHUP, move || tell.set_result(()).expect("it is sent once"))?;
    ///     Command::new("sh").args(["-c", "kill -HUP $PPID"]).status()?;
    ///     hung_up.await?;
    ///     assert!(event_loop.remove_signal_handler(SIGHUP));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[cfg(unix)]
    pub fn add_signal_handler<F: FnMut() + 'static>(&self, signal: i32, f: F) -> Result<()> {
        self.core.check_closed()?;
        crate::asyncio::signals::add(&self.core, signal, f)
    }

    /// Gives the signal its default action back; false if this loop does not handle it.
    #[cfg(unix)]
    pub fn remove_signal_handler(&self, signal: i32) -> bool {
        self.core.signals.remove(&self.core, signal)
    }

    // Errors, debugging, seams.

    /// What is told of exceptions that nobody handles, instead of standard error; `None` for the default. A closed loop keeps
    /// it until the last future is gone whose exception nobody has retrieved.
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

    /// Tells the exception handler. A handler that panics is reported itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ExceptionContext, RuntimeError, new_event_loop};
    ///
    /// let event_loop = new_event_loop();
    /// event_loop.set_exception_handler(Some(Box::new(|context| {
    ///     assert_eq!(context.to_string(), "cannot save\nexception: RuntimeError('disk full')");
    /// })));
    /// let error = RuntimeError::new("disk full");
    /// event_loop.call_exception_handler(&ExceptionContext::new("cannot save").exception(error.into()));
    /// ```
    pub fn call_exception_handler(&self, context: &ExceptionContext) {
        self.core.call_exception_handler(context);
    }

    /// What the loop does without a handler: writes the context to standard error.
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

    /// Debug mode: reports steps that take longer than [`set_slow_callback_duration`](Self::set_slow_callback_duration).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// event_loop.set_debug(true);
    /// event_loop.set_slow_callback_duration(0.05);
    /// assert!(event_loop.get_debug());
    /// assert_eq!(event_loop.to_string(), "<_UnixSelectorEventLoop running=False closed=False debug=True>");
    /// ```
    pub fn set_debug(&self, debug: bool) {
        self.core.debug.set(debug);
        self.core.note_instruments();
    }

    /// Is it in debug mode?
    #[must_use]
    pub fn get_debug(&self) -> bool {
        self.core.debug.get()
    }

    /// From how many seconds on a step counts as slow in debug mode; 0.1 by default.
    pub fn set_slow_callback_duration(&self, seconds: impl Seconds) {
        self.core.slow_callback_duration.set(seconds.seconds());
    }

    /// Lets `observer` see what tasks do; `None` ends it.
    pub fn set_observer(&self, observer: Option<Rc<dyn Observer>>) {
        self.core.observer.replace(observer);
        self.core.note_instruments();
    }

    /// Lets `policy` choose who of the ready runs next; `None` is first in, first out.
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
        let python = |b: bool| if b { "True" } else { "False" };
        write!(
            f,
            "<_UnixSelectorEventLoop running={} closed={} debug={}>",
            python(self.is_running()),
            python(self.is_closed()),
            python(self.get_debug()),
        )
    }
}

impl fmt::Display for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What [`EventLoop::run_until_complete`] takes: a coroutine, a task or a future.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, RunTarget, new_event_loop};
///
/// /// Runs anything that can be awaited, on a loop of its own.
/// fn run_alone<A: RunTarget>(awaitable: A) -> Result<A::Value> {
///     new_event_loop().run_until_complete(awaitable)
/// }
///
/// assert_eq!(run_alone(async { Ok(42) }).unwrap(), 42);
/// ```
pub trait RunTarget {
    /// The result.
    type Value: 'static;

    /// The future of this loop that stands for it.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the loop is closed.
    fn into_target(self, event_loop: &EventLoop) -> Result<Future<Self::Value>>;
}

impl<T: 'static, F: StdFuture<Output = Result<T>> + 'static> RunTarget for F {
    type Value = T;

    #[track_caller]
    fn into_target(self, event_loop: &EventLoop) -> Result<Future<T>> {
        Ok(event_loop.create_task(self)?.as_future().clone())
    }
}

impl<T: 'static> RunTarget for Task<T> {
    type Value = T;

    fn into_target(self, _: &EventLoop) -> Result<Future<T>> {
        Ok(self.as_future().clone())
    }
}

impl<T: 'static> RunTarget for Future<T> {
    type Value = T;

    fn into_target(self, _: &EventLoop) -> Result<Future<T>> {
        Ok(self)
    }
}

/// The callback that ends `run_until_complete`.
struct StopWhenDone(Rc<LoopCore>);

impl Run for StopWhenDone {
    fn run(&self, _key: u32) {
        self.0.stopping.set(true);
    }

    fn describe(&self) -> String {
        format!("_run_until_complete_cb() at {}:{}", file!(), line!())
    }
}

/// While it lives, the end of the future stops the loop.
struct StopRegistered<'a>(&'a AnyFuture, Option<Registered>);

impl Drop for StopRegistered<'_> {
    fn drop(&mut self) {
        if let Some(registered) = self.1 {
            self.0.base().remove_callback(registered);
        }
    }
}

pub(crate) struct HandleInner {
    f: RefCell<Option<Box<dyn FnOnce()>>>,
    cancelled: Cell<bool>,
    /// Of the closure. Its function's name is looked for only when somebody asks: that is a search.
    type_name: &'static str,
    /// When it is due, if it is a timer's.
    when: Option<f64>,
    vars: Vars,
    core: std::rc::Weak<LoopCore>,
}

impl HandleInner {
    pub(crate) fn new<F: FnOnce() + 'static>(core: &Rc<LoopCore>, when: Option<f64>, f: F) -> Rc<Self> {
        Rc::new(Self {
            f: RefCell::new(Some(Box::new(f))),
            cancelled: Cell::new(false),
            type_name: std::any::type_name::<F>(),
            when,
            vars: contextvars::current(),
            core: Rc::downgrade(core),
        })
    }
}

impl Drop for HandleInner {
    #[inline]
    fn drop(&mut self) {
        if let Some(f) = self.f.get_mut().take() {
            burials::drop_call(f);
        }
    }
}

impl HandleInner {
    /// How its handle prints. A cancelled one names its callback in debug mode only.
    fn repr(&self, when: Option<f64>) -> String {
        let cancelled = self.cancelled.get();
        let is_debug = || self.core.upgrade().is_some_and(|core| core.debug.get());
        let callback = (!cancelled || is_debug()).then(|| self.describe());
        handle_repr(cancelled, when, callback.as_deref())
    }
}

impl Run for HandleInner {
    fn run(&self, _key: u32) {
        let f = self.f.take();
        let Some(f) = f else { return };
        let Some(core) = self.core.upgrade() else { return };
        run_handled(&core, self.vars.clone(), &|| self.describe(), self.when, f);
    }

    fn describe(&self) -> String {
        format!("{}()", function_name(self.type_name))
    }
}

/// A queued callback: `asyncio.Handle`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let called = Rc::new(Cell::new(false));
///     let call = Rc::clone(&called);
///     let handle = get_running_loop()?.call_soon(move || call.set(true))?;
///     handle.cancel();
///     assert!(handle.cancelled());
///     sleep(0).await?;
///     assert!(!called.get());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Handle(Rc<HandleInner>);

impl Handle {
    /// Keeps the callback from running, if it has not run yet.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        let f = self.0.f.take();
        if let Some(f) = f {
            burials::drop_call(f);
        }
    }

    /// Was it cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.0.cancelled.get()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.repr(None))
    }
}

/// A callback at a time: `asyncio.TimerHandle`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let (event_loop, called) = (get_running_loop()?, Rc::new(Cell::new(false)));
///     let call = Rc::clone(&called);
///     let timer = event_loop.call_later(0.001, move || call.set(true))?;
///     assert!(timer.when() > event_loop.time());
///     timer.cancel();
///     sleep(0.002).await?;
///     assert!(!called.get());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct TimerHandle {
    handle: Handle,
    when: f64,
    key: TimerKey,
    core: Rc<LoopCore>,
}

impl TimerHandle {
    /// Keeps the callback from running, if it has not run yet.
    pub fn cancel(&self) {
        self.handle.cancel();
        self.core.remove_timer(self.key);
    }

    /// Was it cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.handle.cancelled()
    }

    /// When it is due, in the time of the loop's clock.
    #[must_use]
    pub fn when(&self) -> f64 {
        self.when
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.handle.0.repr(Some(self.when)))
    }
}

/// A callback that runs again and again: of a descriptor or a signal.
pub(crate) struct Repeated<F> {
    pub(crate) f: RefCell<F>,
    pub(crate) core: std::rc::Weak<LoopCore>,
    pub(crate) vars: Vars,
    /// It was taken away, or replaced: it may be queued still, and is not to run.
    pub(crate) over: Cell<bool>,
}

impl<F: FnMut()> Run for Repeated<F> {
    fn run(&self, _key: u32) {
        if self.over.get() {
            return;
        }
        let Some(core) = self.core.upgrade() else { return };
        run_callback(&core, self.vars.clone(), &|| self.describe(), || (self.f.borrow_mut())());
    }

    fn cut(&self) {
        self.over.set(true);
    }

    fn describe(&self) -> String {
        format!("{}()", function_name(std::any::type_name::<F>()))
    }
}
