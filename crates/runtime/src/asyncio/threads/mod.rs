//! Between a loop and other threads: `to_thread`, `run_in_executor`, `run_coroutine_threadsafe` (`asyncio.threads`).
//!
//! The core idea: objects that must stay in the loop's thread (a future, a task) are kept there in a table, and the other
//! thread gets a number under which the loop can look them up.

mod handle;
pub(crate) mod jobs;
mod resolve;

use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::rc::Rc;

use asyncio_clock::Clock;
use asyncio_concurrent::{ConcurrentFuture, ThreadPoolExecutor};
use asyncio_contextvars as contextvars;
use asyncio_errors::{Result, RuntimeError, TimeoutError, log};

use crate::asyncio::events::EventLoop;
use crate::asyncio::futures::{Await, Future};
use crate::asyncio::tasks::create_task;
use crate::asyncio::threads::jobs::{Jobs, WorksFor};
use crate::kernel::{Ending, LoopCore, Phase, Shutdown, Tenant, Tenants, running_loop};
use asyncio_ordered::Ordered;

pub use handle::LoopHandle;

/// The objects that a loop keeps for other threads.
#[derive(Default)]
pub(crate) struct Threads {
    /// Closures of the loop's thread that wait for a call from another one.
    parked: RefCell<Ordered<Box<dyn FnOnce()>>>,
    pub(crate) jobs: Jobs,
}

impl Tenant for Threads {
    fn phase(&self) -> Phase {
        Phase::Threads
    }

    fn is_expecting(&self) -> bool {
        self.jobs.are_at_work()
    }

    fn close(self: Rc<Self>) {
        let parked = self.parked.take();
        drop(parked);
    }
}

/// The default executor of a loop.
#[derive(Default)]
struct DefaultExecutor(RefCell<Option<ThreadPoolExecutor>>);

impl Tenant for DefaultExecutor {
    fn phase(&self) -> Phase {
        Phase::Executor
    }

    fn shut_down(self: Rc<Self>, event_loop: &Rc<LoopCore>, what: Shutdown) -> Option<Ending> {
        let Shutdown::Executor(limit) = what else { return None };
        let executor = self.0.borrow().clone()?;
        Some(Box::pin(self.join_threads(executor, Rc::clone(event_loop), limit)))
    }

    fn close(self: Rc<Self>) {
        if let Some(executor) = self.0.take() {
            executor.shutdown(false, false);
        }
    }
}

/// Becomes a tenant when the default executor is shut down: there will be no other executor.
#[derive(Default)]
struct WasShutDown;

impl Tenant for WasShutDown {
    fn phase(&self) -> Phase {
        Phase::Executor
    }
}

/// Returns a function that any thread can call to make the loop run `f`; called in the loop's thread, it runs `f` at once.
fn park(core: &Rc<LoopCore>, f: impl FnOnce() + 'static) -> impl FnOnce() + Send + 'static {
    let number = core.tenants.of::<Threads>().parked.borrow_mut().push(Box::new(f));
    let handle = LoopHandle::new(&core.shared);
    let unpark = move |core: &LoopCore| {
        let parked = core.tenants.find::<Threads>().and_then(|threads| threads.parked.borrow_mut().remove(number));
        parked.into_iter().for_each(|f| f());
    };
    move || match handle.running_here() {
        Some(core) => unpark(&core),
        // An error means that the loop is closed, and the closure was dropped.
        None => drop(handle.call_soon_threadsafe(move || running_loop().iter().for_each(|core| unpark(core)))),
    }
}

/// Runs a blocking function in a thread and waits for what it returns: `asyncio.to_thread`.
///
/// The thread comes from the loop's default executor; the function starts when this is first polled, and runs in a copy of the
/// current context. For a blocking sleep that works under the virtual clock, use [`time::sleep`](crate::asyncio::time::sleep).
///
/// # Errors
///
/// `RuntimeError` outside a loop or after the executor was shut down.
///
/// # Panics
///
/// With the panic of the function.
///
/// # Cancellation
///
/// A function that has not begun never runs; one that is running continues, and its end is ignored.
///
/// # Examples
///
/// ```
/// use asyncio::{run, to_thread};
///
/// let sum = run(async { to_thread(|| (1..=100).sum::<u32>()).await });
/// assert_eq!(sum.unwrap(), 5050);
/// ```
#[track_caller]
pub fn to_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> impl StdFuture<Output = Result<T>> {
    let at = Location::caller();
    async move {
        let result = run_in_executor(&running_loop()?, None, f)?;
        Await::new(result, Future::take_result, at).await
    }
}

fn run_in_executor<T: Send + 'static>(
    core: &Rc<LoopCore>,
    executor: Option<&ThreadPoolExecutor>,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<Future<T>> {
    let executor = match executor {
        Some(executor) => executor.clone(),
        None if core.tenants.find::<WasShutDown>().is_some() => {
            return Err(RuntimeError::new("Executor shutdown has been called").into());
        }
        None => {
            let default = core.tenants.of::<DefaultExecutor>();
            default.0.borrow_mut().get_or_insert_with(|| ThreadPoolExecutor::with_default_size("asyncio")).clone()
        }
    };
    let vars = contextvars::current();
    let threads = core.tenants.of::<Threads>();
    let pool = threads.jobs.begin(executor.id(), executor.threads());
    let virtual_loop = (core.clock == Clock::Virtual).then(|| (LoopHandle::new(&core.shared), pool));
    let submitted = executor.submit(move || {
        let _works_for = WorksFor::begin(virtual_loop);
        contextvars::run_in(vars, f)
    });
    match submitted {
        Ok(job) => Ok(wrap_future(core, job, move |jobs| jobs.end(pool))),
        Err(error) => {
            threads.jobs.end(pool);
            Err(error)
        }
    }
}

/// A future of the loop that ends as the job does, and cancels it when cancelled: `asyncio.wrap_future`.
fn wrap_future<T: Send + 'static>(
    core: &Rc<LoopCore>,
    job: ConcurrentFuture<T>,
    end: impl FnOnce(&Jobs) + 'static,
) -> Future<T> {
    let future = Future::new(core);
    job.add_done_callback(park(core, {
        let (threads, future, job) = (core.tenants.of::<Threads>(), future.clone(), job.clone());
        move || {
            end(&threads.jobs);
            if future.cancelled() {
                return;
            }
            let set = match job.take() {
                Ok(value) => future.set_result(value),
                Err(error) if error.is_cancelled() => {
                    future.cancel();
                    Ok(())
                }
                Err(error) => future.set_exception(error),
            };
            debug_assert!(set.is_ok(), "nobody else completes it");
        }
    }));
    let _ = future.add_done_callback(move |future| {
        if future.cancelled() {
            job.cancel();
        }
    });
    future
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
        self.core().check_closed()?;
        run_in_executor(self.core(), executor, f)
    }

    /// The executor that `run_in_executor(None, …)` and `to_thread` use from now on.
    pub fn set_default_executor(&self, executor: ThreadPoolExecutor) {
        let old = self.core().tenants.of::<DefaultExecutor>().0.replace(Some(executor));
        drop(old);
    }

    /// Waits until the default executor's jobs are done and its threads have ended. After `limit` seconds it gives a warning
    /// and returns.
    ///
    /// # Errors
    ///
    /// `CancelledError` if the waiting task is cancelled.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The executor is shut down nevertheless; a second call waits for the rest.
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
        // The executor refuses new jobs from now on.
        self.core().tenants.of::<WasShutDown>();
        Tenants::shut_down(self.core(), Shutdown::Executor(limit)).await
    }
}

impl DefaultExecutor {
    async fn join_threads(
        self: Rc<Self>,
        executor: ThreadPoolExecutor,
        core: Rc<LoopCore>,
        limit: Option<f64>,
    ) -> Result<()> {
        // Joining threads blocks, and there may be no thread left to do it. Instead, the last thread of the pool reports its
        // end.
        core.tenants.of::<Threads>().jobs.join_begins();
        let wait = wrap_future(&core, executor.shutdown_later(), Jobs::join_ends);
        let waited = crate::asyncio::timeouts::timeout(limit).run(async |_| wait.await).await;
        match waited {
            Err(error) if error.is::<TimeoutError>() => {
                let limit = limit.unwrap_or_default();
                log::warning(format_args!(
                    "RuntimeWarning: The executor did not finish joining its threads within {limit} seconds."
                ));
            }
            Err(error) => return Err(error),
            // Every thread has left the pool, so this takes only as long as the system needs to end them.
            Ok(()) => executor.shutdown(true, false),
        }
        self.0.take();
        Ok(())
    }
}

/// Runs a coroutine in a loop of another thread: `asyncio.run_coroutine_threadsafe`.
///
/// A coroutine cannot be sent to another thread, so this takes a closure that makes it there. The returned future is for
/// threads: [`result`](ConcurrentFuture::result) blocks, [`cancel`](ConcurrentFuture::cancel) cancels the task. A panic of the
/// closure, or of one set by [`set_task_options`](crate::EventLoop::set_task_options), fails the future and is reported.
///
/// # Errors
///
/// `RuntimeError: Event loop is closed`.
///
/// # Examples
///
/// ```
/// use asyncio::{get_running_loop, run, run_coroutine_threadsafe, sleep, to_thread};
///
/// run(async {
///     let handle = get_running_loop()?.handle();
///     let result = to_thread(move || {
///         let future = run_coroutine_threadsafe(async || {
///             sleep(0.001).await?;
///             Ok(3)
///         }, &handle)?;
///         future.result(10)
///     });
///     assert_eq!(result.await??, 3);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn run_coroutine_threadsafe<T, F, C>(
    coroutine: F,
    event_loop: &LoopHandle,
) -> Result<ConcurrentFuture<T>, RuntimeError>
where
    T: Send + 'static,
    F: FnOnce() -> C + Send + 'static,
    C: StdFuture<Output = Result<T>> + 'static,
{
    let future = ConcurrentFuture::new();
    let ours = future.clone();
    event_loop.call_soon_threadsafe(move || {
        let Ok(core) = running_loop() else { return };
        let task = ours.fail_with(|| create_task(coroutine()));
        // The other thread cancels: cancel the task here.
        let cancel = park(&core, {
            let task = task.as_task();
            move || _ = task.cancel()
        });
        let watched = ours.clone();
        ours.add_done_callback(move || _ = watched.cancelled().then(cancel));
        // The task ends: tell the other thread.
        let _ = task.add_done_callback(move |task| {
            if task.cancelled() {
                ours.cancel();
            } else {
                let error = task.as_any().base().see_error();
                ours.complete(error.map_or_else(|| task.take_result(), Err));
            }
        });
    })?;
    Ok(future)
}
