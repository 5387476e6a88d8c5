//! `ConcurrentFuture`: the result of a job, which any thread can wait for.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asyncio_clock::TimeLimit;
use asyncio_errors::panic::{panic_message, resume_panic};
use asyncio_errors::{CancelledError, Error, InvalidStateError, Result, RuntimeError, TaskPanic, TimeoutError, log};

use crate::conductor::{self, conductor};
use crate::lock;

/// The result of a job in another thread: `concurrent.futures.Future`.
///
/// Clones are handles on the same future. [`result`](Self::result) blocks the calling thread, so it is not for coroutines;
/// they await `run_in_executor` or `to_thread` instead.
///
/// # Examples
///
/// ```
/// use asyncio::{ThreadPoolExecutor, TimeoutError};
///
/// let pool = ThreadPoolExecutor::new(1).unwrap();
/// let (go, gone) = std::sync::mpsc::channel();
/// let job = pool.submit(move || gone.recv()).unwrap();
/// assert!(job.result(0.001).unwrap_err().is::<TimeoutError>()); // the job goes on
/// go.send(42).unwrap();
/// assert_eq!(job.result(None).unwrap(), Ok(42));
/// ```
#[doc(alias = "concurrent.futures.Future")]
pub struct ConcurrentFuture<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    state: Mutex<JobState<T>>,
    /// Notified when the future is done.
    done: Condvar,
}

struct JobState<T> {
    phase: Phase<T>,
    callbacks: Vec<Callback>,
}

enum Phase<T> {
    Pending,
    Running,
    /// `None` once the result was taken.
    Finished(Option<T>),
    Failed(Error),
    Cancelled,
}

type Callback = Box<dyn FnOnce() + Send>;

impl<T> Phase<T> {
    fn is_done(&self) -> bool {
        !matches!(self, Phase::Pending | Phase::Running)
    }

    fn take(&mut self) -> Result<T> {
        match self {
            Phase::Pending | Phase::Running => Err(InvalidStateError::new("Result is not set.").into()),
            Phase::Finished(value) => {
                value.take().ok_or_else(|| RuntimeError::new("the result was taken before").into())
            }
            Phase::Failed(error) => Err(error.clone()),
            Phase::Cancelled => Err(CancelledError::default().into()),
        }
    }
}

impl<T: Send + 'static> ConcurrentFuture<T> {
    /// A future that [`complete`](Self::complete) completes.
    #[doc(hidden)]
    #[must_use]
    pub fn new() -> Self {
        let state = JobState { phase: Phase::Pending, callbacks: Vec::new() };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), done: Condvar::new() }) }
    }

    /// Waits until the job is done and takes its result. Waits at most `limit` seconds, or without limit if it is `None`.
    ///
    /// # Errors
    ///
    /// [`TimeoutError`] when the limit has expired (the job goes on), `CancelledError` if the job was cancelled,
    /// `RuntimeError` if the result was taken before, and the error of a coroutine that failed.
    ///
    /// # Panics
    ///
    /// If the job panicked: the first call resumes its panic.
    pub fn result(&self, limit: impl TimeLimit) -> Result<T> {
        let result = self.wait(limit)?.phase.take();
        result.map_err(resume_panic)
    }

    /// Waits until the job is done, at most `limit` seconds, and returns its exception if it failed.
    ///
    /// # Errors
    ///
    /// [`TimeoutError`] when the limit has expired, `CancelledError` if the job was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{ValueError, new_event_loop, run_coroutine_threadsafe, sleep};
    ///
    /// let event_loop = new_event_loop();
    /// let fails = || async { Err::<(), _>(ValueError::new("no such row").into()) };
    /// let job = run_coroutine_threadsafe(fails, &event_loop.handle()).unwrap();
    /// event_loop.run_until_complete(sleep(0.001)).unwrap();
    /// assert!(job.exception(None).unwrap().unwrap().is::<ValueError>());
    /// ```
    pub fn exception(&self, limit: impl TimeLimit) -> Result<Option<Error>> {
        match &self.wait(limit)?.phase {
            Phase::Failed(error) => Ok(Some(error.clone())),
            Phase::Cancelled => Err(CancelledError::default().into()),
            _ => Ok(None),
        }
    }

    fn wait(&self, limit: impl TimeLimit) -> Result<MutexGuard<'_, JobState<T>>> {
        // No limit is one that never expires.
        let limit = limit.limit().and_then(|limit| Duration::try_from_secs_f64(limit.max(0.0)).ok());
        let limit = self.wait_for_others(limit.unwrap_or(Duration::MAX));
        let state = lock(&self.inner.state);
        let waited = self.inner.done.wait_timeout_while(state, limit, |state| !state.phase.is_done());
        let (state, expired) = waited.unwrap_or_else(PoisonError::into_inner);
        if expired.timed_out() { Err(TimeoutError::default().into()) } else { Ok(state) }
    }

    /// If there is a conductor, lets its jobs run until this future is done. Returns how long to wait after that.
    fn wait_for_others(&self, limit: Duration) -> Duration {
        if let Some((conductor, number)) = conductor::job() {
            // If the limit expires, the callback stays. It must not wake this job from a later wait, which would begin its limit anew.
            let waiting = Arc::new(AtomicBool::new(true));
            let (waker, is_waiting) = (Arc::clone(&conductor), Arc::clone(&waiting));
            self.add_done_callback(move || {
                if is_waiting.load(Ordering::Relaxed) {
                    waker.wake(number);
                }
            });
            let mut left = None;
            while !self.done() && left.is_none() {
                left = conductor.pause(number, limit);
            }
            waiting.store(false, Ordering::Relaxed);
            return left.unwrap_or(limit);
        } else if let Some(conductor) = conductor() {
            conductor.run_until(&|| self.done());
        }
        limit
    }

    /// Cancels the job if it has not begun. Returns whether it is cancelled: false if it is running or finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new(1).unwrap();
    /// let (go, gone) = std::sync::mpsc::channel();
    /// let (first, second) = (pool.submit(move || gone.recv()).unwrap(), pool.submit(|| 2).unwrap());
    /// assert!(second.cancel()); // the only thread is still busy with the first
    /// assert!(second.cancelled() && second.done());
    /// go.send(()).unwrap();
    /// assert!(first.result(None).unwrap().is_ok() && !first.cancel());
    /// ```
    pub fn cancel(&self) -> bool {
        let state = lock(&self.inner.state);
        match state.phase {
            Phase::Pending => self.finish(state, Phase::Cancelled),
            Phase::Cancelled => {}
            _ => return false,
        }
        true
    }

    /// Is the job finished, failed or cancelled?
    #[must_use]
    pub fn done(&self) -> bool {
        lock(&self.inner.state).phase.is_done()
    }

    /// Was the job cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        matches!(lock(&self.inner.state).phase, Phase::Cancelled)
    }

    /// Is the job running now?
    #[must_use]
    pub fn running(&self) -> bool {
        matches!(lock(&self.inner.state).phase, Phase::Running)
    }

    /// Calls `f` when the job is done, in the thread that completes or cancels it; at once, in this thread, if it is done
    /// already. Callbacks run in the order in which they were added. A panic of `f` is caught and reported on standard error.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use asyncio::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new(1).unwrap();
    /// let job = pool.submit(|| 42).unwrap();
    /// let (sender, receiver) = mpsc::channel();
    /// job.add_done_callback(move || sender.send("done").unwrap());
    /// assert_eq!(receiver.recv().unwrap(), "done");
    /// assert_eq!(job.result(0).unwrap(), 42);
    /// ```
    pub fn add_done_callback(&self, f: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.inner.state);
        if state.phase.is_done() {
            drop(state);
            self.call(Box::new(f));
        } else {
            state.callbacks.push(Box::new(f));
        }
    }

    /// As in CPython, a callback that fails stops neither the other callbacks nor the thread.
    fn call(&self, callback: Callback) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(callback)) {
            log::warning(format_args!("exception calling callback for {self:?}: {}", panic_message(&*payload)));
        }
    }

    /// Completes the future, unless it is already done.
    #[doc(hidden)]
    pub fn complete(&self, result: Result<T>) {
        let state = lock(&self.inner.state);
        if !state.phase.is_done() {
            self.finish(state, result.map_or_else(Phase::Failed, |value| Phase::Finished(Some(value))));
        }
    }

    /// Calls `f`. If it panics, the future fails with that, and a panic with the same message continues.
    #[doc(hidden)]
    pub fn fail_with<R>(&self, f: impl FnOnce() -> R) -> R {
        catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
            let panic = TaskPanic::new(payload);
            let message = panic.message().to_owned();
            self.complete(Err(panic.into()));
            resume_unwind(Box::new(message))
        })
    }

    /// Like [`result`](Self::result) without waiting, and without resuming a panic.
    ///
    /// # Errors
    ///
    /// Those of `result`, and `InvalidStateError` if there is no result yet.
    #[doc(hidden)]
    pub fn take(&self) -> Result<T> {
        lock(&self.inner.state).phase.take()
    }

    fn finish(&self, mut state: MutexGuard<'_, JobState<T>>, phase: Phase<T>) {
        state.phase = phase;
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        self.inner.done.notify_all();
        callbacks.into_iter().for_each(|callback| self.call(callback));
    }
}

impl<T> Clone for ConcurrentFuture<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> fmt::Debug for ConcurrentFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match lock(&self.inner.state).phase {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::Finished(_) | Phase::Failed(_) => "finished",
            Phase::Cancelled => "cancelled",
        };
        write!(f, "<Future at {:p} state={state}>", Arc::as_ptr(&self.inner))
    }
}

/// The future of a job, cancelled if the job is dropped before it has run.
#[doc(hidden)]
pub struct Promise<T: Send + 'static>(pub ConcurrentFuture<T>);

impl<T: Send + 'static> Promise<T> {
    /// Runs the job, unless it was cancelled: `_WorkItem.run`.
    pub(crate) fn run(self, f: impl FnOnce() -> T) {
        let mut state = lock(&self.0.inner.state);
        if state.phase.is_done() {
            return;
        }
        state.phase = Phase::Running;
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(f));
        conductor::returned();
        self.0.complete(result.map_err(|payload| TaskPanic::new(payload).into()));
    }
}

impl<T: Send + 'static> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
