//! Thread pools, and futures that threads wait on: the part of Python's `concurrent.futures` that asyncio uses.
//!
//! A pool starts a thread when a job comes and no thread is idle, up to its size, and keeps its threads. It knows nothing of
//! event loops: `asyncio::threads` connects the two.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use concurrent_queue::{ConcurrentQueue, PopError};

use crate::base::{log, seconds::TimeLimit};
use crate::error::{
    CancelledError, Error, InvalidStateError, Result, RuntimeError, TaskPanic, TimeoutError, ValueError, panic_message,
    resume_panic,
};

/// Locks. A panic cannot leave the data half changed, since no foreign code runs under a lock, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a job in another thread: `concurrent.futures.Future`.
///
/// Clones are handles on the same future. [`result`](Self::result) blocks the calling thread, so it is not for coroutines;
/// they await [`run_in_executor`](crate::EventLoop::run_in_executor) or [`to_thread`](crate::to_thread) instead.
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
    state: Mutex<State<T>>,
    /// Notified when the future is done.
    done: Condvar,
}

struct State<T> {
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
    pub(crate) fn new() -> Self {
        let state = State { phase: Phase::Pending, callbacks: Vec::new() };
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

    fn wait(&self, limit: impl TimeLimit) -> Result<MutexGuard<'_, State<T>>> {
        let state = lock(&self.inner.state);
        // No limit is one that never expires.
        let limit = limit.limit().and_then(|limit| Duration::try_from_secs_f64(limit.max(0.0)).ok());
        let waited =
            self.inner.done.wait_timeout_while(state, limit.unwrap_or(Duration::MAX), |state| !state.phase.is_done());
        let (state, expired) = waited.unwrap_or_else(PoisonError::into_inner);
        if expired.timed_out() { Err(TimeoutError::default().into()) } else { Ok(state) }
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

    /// Completes the future, unless it is done.
    pub(crate) fn complete(&self, result: Result<T>) {
        let state = lock(&self.inner.state);
        if !state.phase.is_done() {
            self.finish(state, result.map_or_else(Phase::Failed, |value| Phase::Finished(Some(value))));
        }
    }

    /// Like [`result`](Self::result) without waiting, and without resuming a panic.
    pub(crate) fn take(&self) -> Result<T> {
        lock(&self.inner.state).phase.take()
    }

    fn finish(&self, mut state: MutexGuard<'_, State<T>>, phase: Phase<T>) {
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

/// A pool of threads for blocking work: `concurrent.futures.ThreadPoolExecutor`.
///
/// Clones are handles on the same pool. A thread is started when a job comes and no thread is idle, up to the size of the
/// pool. When the last handle is dropped, the threads finish the jobs in the queue and end;
/// [`shutdown`](Self::shutdown) can wait for that.
///
/// # Examples
///
/// ```
/// use asyncio::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::new(2).unwrap();
/// let future = pool.submit(|| 6 * 7).unwrap();
/// assert_eq!(future.result(None).unwrap(), 42);
/// pool.shutdown(true, false);
/// assert!(pool.submit(|| ()).is_err());
/// ```
#[derive(Clone)]
pub struct ThreadPoolExecutor {
    // Only handles count for the end of the pool; the threads hold the pool itself.
    handle: Arc<PoolHandle>,
}

/// The pool as its users hold it. The threads hold the `Pool` itself, which therefore cannot tell that its users are gone.
struct PoolHandle(Arc<Pool>);

impl Drop for PoolHandle {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Pool {
    /// Closed when the pool accepts no more jobs. Pushed to and closed under the lock, so that a thread that finds it empty
    /// there can sleep without missing anything. Popped from without it: with a plain deque under the lock, a flood of small
    /// jobs takes two to five times as long.
    jobs: ConcurrentQueue<Job>,
    threads: Mutex<Threads>,
    /// Notified when a job comes or the pool closes.
    changed: Condvar,
    size: usize,
    name: &'static str,
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Threads {
    handles: Vec<JoinHandle<()>>,
    /// Threads that sleep until a job comes.
    idle: usize,
    /// Threads that have not left the pool.
    working: usize,
    /// Completed by the last thread that leaves.
    ended: Vec<ConcurrentFuture<()>>,
}

/// The future of a job, cancelled if the job is dropped before it has run.
struct Promise<T: Send + 'static>(ConcurrentFuture<T>);

impl<T: Send + 'static> Promise<T> {
    /// Runs the job, unless it was cancelled: `_WorkItem.run`.
    fn run(self, f: impl FnOnce() -> T) {
        let mut state = lock(&self.0.inner.state);
        if state.phase.is_done() {
            return;
        }
        state.phase = Phase::Running;
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(f));
        self.0.complete(result.map_err(|payload| TaskPanic::new(payload).into()));
    }
}

impl<T: Send + 'static> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl ThreadPoolExecutor {
    /// A pool of at most `max_workers` threads.
    ///
    /// # Errors
    ///
    /// `ValueError: max_workers must be greater than 0`.
    pub fn new(max_workers: usize) -> Result<Self, ValueError> {
        if max_workers == 0 {
            return Err(ValueError::new("max_workers must be greater than 0"));
        }
        Ok(Self::named(max_workers, "ThreadPoolExecutor"))
    }

    /// A pool of Python's default size, `min(32, processors + 4)`.
    pub(crate) fn with_default_size(name: &'static str) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::named(32.min(processors + 4), name)
    }

    fn named(size: usize, name: &'static str) -> Self {
        let jobs = ConcurrentQueue::unbounded();
        let pool = Pool { jobs, threads: Mutex::default(), changed: Condvar::new(), size, name };
        Self { handle: Arc::new(PoolHandle(Arc::new(pool))) }
    }

    /// Distinguishes pools that exist at the same time.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.handle.0).addr()
    }

    /// The largest number of threads.
    pub(crate) fn size(&self) -> usize {
        self.handle.0.size
    }

    /// Queues a job and returns the future of its result. Jobs begin in the order in which they were submitted.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot schedule new futures after shutdown`; `RuntimeError: can't start new thread` with the reason, if
    /// the pool has no thread yet and the system refuses to start one.
    pub fn submit<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<ConcurrentFuture<T>> {
        let pool = &self.handle.0;
        let future = ConcurrentFuture::new();
        let promise = Promise(future.clone());
        let mut threads = lock(&pool.threads);
        if let Err(refused) = pool.jobs.push(Box::new(move || promise.run(f))) {
            drop(threads);
            drop(refused);
            return Err(RuntimeError::new("cannot schedule new futures after shutdown").into());
        }
        if threads.idle >= pool.jobs.len() {
            drop(threads);
            pool.changed.notify_one();
        } else if threads.handles.len() < pool.size {
            let worker = Arc::clone(pool);
            let name = format!("{}_{}", pool.name, threads.handles.len());
            match std::thread::Builder::new().name(name).spawn(move || worker.work()) {
                Ok(thread) => {
                    threads.working += 1;
                    threads.handles.push(thread);
                }
                Err(error) if threads.handles.is_empty() => {
                    // Without a thread there is no job but this one.
                    let job = pool.jobs.pop();
                    drop(threads);
                    drop(job);
                    return Err(RuntimeError::new(format!("can't start new thread: {error}")).into());
                }
                // The threads that exist will run the job.
                Err(_) => {}
            }
        }
        Ok(future)
    }

    /// Accepts no more jobs. `cancel_futures` cancels the jobs that have not begun; `wait` blocks until the other jobs are done
    /// and the threads have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new(2).unwrap();
    /// let job = pool.submit(|| "worked").unwrap();
    /// pool.shutdown(true, false); // waits for the job
    /// assert_eq!(job.result(0).unwrap(), "worked");
    /// let error = pool.submit(|| ()).err().unwrap();
    /// assert_eq!(error.to_string(), "cannot schedule new futures after shutdown");
    /// ```
    pub fn shutdown(&self, wait: bool, cancel_futures: bool) {
        let pool = &self.handle.0;
        pool.close();
        if cancel_futures {
            // All are out of the queue before the first is dropped: that may run anything.
            drop(pool.jobs.try_iter().collect::<Vec<_>>());
        }
        let threads = std::mem::take(&mut lock(&pool.threads).handles);
        if wait {
            // Joining cannot fail: a thread catches all panics.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
    }

    /// Like `shutdown(false, false)`; the future is done when the last thread has left the pool.
    pub(crate) fn shutdown_later(&self) -> ConcurrentFuture<()> {
        let pool = &self.handle.0;
        let ended = ConcurrentFuture::new();
        pool.close();
        let mut threads = lock(&pool.threads);
        if threads.working > 0 {
            threads.ended.push(ended.clone());
        } else {
            drop(threads);
            ended.complete(Ok(()));
        }
        ended
    }
}

impl Pool {
    /// What a thread of the pool does.
    fn work(&self) {
        while let Some(job) = self.next_job() {
            // A job catches its own panic. What is left are panics of destructors, for example of a result that nothing takes.
            // The thread survives them, because no other would be started in its place.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(job)) {
                let message = panic_message(&*payload);
                log::warning(format_args!("Exception ignored in the end of a job: {message}"));
            }
        }
        let mut threads = lock(&self.threads);
        threads.working -= 1;
        let ended = if threads.working == 0 { std::mem::take(&mut threads.ended) } else { Vec::new() };
        drop(threads);
        ended.into_iter().for_each(|ended| ended.complete(Ok(())));
    }

    /// Waits for a job. `None` once the pool is closed and its queue empty.
    fn next_job(&self) -> Option<Job> {
        loop {
            match self.jobs.pop() {
                Ok(job) => return Some(job),
                Err(PopError::Closed) => return None,
                Err(PopError::Empty) => {
                    let mut threads = lock(&self.threads);
                    if self.jobs.is_empty() && !self.jobs.is_closed() {
                        threads.idle += 1;
                        threads = self.changed.wait(threads).unwrap_or_else(PoisonError::into_inner);
                        threads.idle -= 1;
                    }
                }
            }
        }
    }

    fn close(&self) {
        let threads = lock(&self.threads);
        self.jobs.close();
        drop(threads);
        self.changed.notify_all();
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = lock(&self.handle.0.threads).handles.len();
        f.debug_struct("ThreadPoolExecutor")
            .field("max_workers", &self.handle.0.size)
            .field("threads", &threads)
            .field("queued", &self.handle.0.jobs.len())
            .finish()
    }
}
