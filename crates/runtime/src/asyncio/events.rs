//! The event loop as programs see it: `EventLoop`, and how to get the loop that runs (`asyncio.events`).
//!
//! The methods of `EventLoop` are under the headings of Python's documentation. Their work is done elsewhere: `kernel` runs the
//! loop, `handles` has the callbacks, `threads` and `asyncgens` the rest. The methods for descriptors are in `io::watching`,
//! those for signals in `signals`: they exist only where the system has such things.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use asyncio_clock::{Clock, Seconds};
use asyncio_errors::{ExceptionContext, Result, RuntimeError, log};

use crate::asyncio::futures::Future;
use crate::asyncio::handles::{Handle, TimerHandle, in_debug};
use crate::asyncio::threads::LoopHandle;
use crate::asyncio::timeouts::check_delay;
use crate::kernel::{
    AnyFuture, ExceptionHandler, LoopCore, Observer, SchedulingPolicy, Shutdown, Tenants, running_loop,
};

/// An event loop: `asyncio.AbstractEventLoop`, as far as it schedules.
///
/// Most programs never need one: [`run`](crate::run) makes it, runs the program and closes it. The value that
/// [`new_event_loop`](crate::new_event_loop) returns owns the loop and closes it when dropped; clones, and the values that
/// [`get_running_loop`] returns, are mere handles. A loop belongs to the thread in which it was made; other threads use its
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

impl EventLoop {
    /// The clock that the loop uses.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.core.clock
    }

    /// A loop that is closed when this value is dropped.
    pub(crate) fn owner_of(core: Rc<LoopCore>) -> Self {
        Self { core, owner: true }
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
    ///
    /// # Cancellation
    ///
    /// A cancellation is raised in the generators that are being closed, at what their bodies await. Those whose closing has
    /// not begun stay open, and hooks that have not begun stay for the next call. If the future is dropped instead, the
    /// closing goes on.
    pub async fn shutdown_asyncgens(&self) -> Result<()> {
        Tenants::shut_down(&self.core, Shutdown::AsyncGens).await
    }
}

impl AnyFuture {
    /// The loop that the future belongs to.
    #[must_use]
    pub fn get_loop(&self) -> EventLoop {
        EventLoop::from_core(self.base().event_loop())
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

/// # Creating futures
impl EventLoop {
    /// A future of this loop. In debug mode it prints where it was created.
    #[must_use]
    #[track_caller]
    pub fn create_future<T: 'static>(&self) -> Future<T> {
        Future::from_any(AnyFuture::plain::<T>(&self.core, in_debug(&self.core, Location::caller())))
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
