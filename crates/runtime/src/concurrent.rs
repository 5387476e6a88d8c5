//! Thread pools and the futures that threads wait on: the parts of Python's `concurrent.futures` that asyncio uses.
//!
//! Knows nothing of event loops. A pool starts threads as jobs come, up to its size, and keeps them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use concurrent_queue::{ConcurrentQueue, PopError};

use crate::base::log;
use crate::base::seconds::TimeLimit;
use crate::error::exceptions::{CancelledError, InvalidStateError, RuntimeError, TimeoutError, ValueError};
use crate::error::panic_message;
use crate::error::{Error, Result};
use crate::error::{TaskPanic, resume_panic};

/// A lock is never held while foreign code runs, so a poisoned one is still in order.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a job, for threads: `concurrent.futures.Future`.
///
/// Clones are handles on the same future. [`result`](Self::result) blocks the calling thread, so it is not for
/// coroutines; there, [`run_in_executor`](crate::EventLoop::run_in_executor) gives a future of the loop.
///
/// # Examples
///
/// ```
/// use asyncio::{ThreadPoolExecutor, TimeoutError};
///
/// let pool = ThreadPoolExecutor::new(1).unwrap();
/// let (go, gone) = std::sync::mpsc::channel();
/// let job = pool.submit(move || gone.recv()).unwrap();
/// assert!(job.result(0.001).unwrap_err().is::<TimeoutError>()); // only the asking has ended
/// go.send(42).unwrap();
/// assert_eq!(job.result(None).unwrap(), Ok(42));
/// ```
pub struct ConcurrentFuture<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    state: Mutex<State<T>>,
    done: Condvar,
}

struct State<T> {
    phase: Phase<T>,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

enum Phase<T> {
    Pending,
    Running,
    Done(Result<T>),
    /// Done, and somebody has the result.
    Taken,
    Cancelled,
}

impl<T: Send + 'static> ConcurrentFuture<T> {
    pub(crate) fn new() -> Self {
        let state = State { phase: Phase::Pending, callbacks: Vec::new() };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), done: Condvar::new() }) }
    }

    /// Waits for the result and takes it; at most `limit` seconds (`None`: for ever).
    ///
    /// # Errors
    ///
    /// [`TimeoutError`] when time is up (the job goes on), `CancelledError` if it was cancelled, else what the job
    /// raised; `RuntimeError` if the result was taken before.
    ///
    /// # Panics
    ///
    /// With the panic of the job.
    pub fn result(&self, limit: impl TimeLimit) -> Result<T> {
        let mut state = self.wait(limit)?;
        match std::mem::replace(&mut state.phase, Phase::Taken) {
            Phase::Done(Ok(value)) => Ok(value),
            Phase::Done(Err(error)) => {
                state.phase = Phase::Done(Err(error.clone()));
                drop(state);
                Err(resume_panic(error))
            }
            Phase::Cancelled => {
                state.phase = Phase::Cancelled;
                Err(CancelledError::default().into())
            }
            _ => Err(RuntimeError::new("the result was taken before").into()),
        }
    }

    /// Waits for the end and gives the exception, if it ended with one.
    ///
    /// # Errors
    ///
    /// [`TimeoutError`] when time is up, `CancelledError` if it was cancelled.
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
            Phase::Done(Err(error)) => Ok(Some(error.clone())),
            Phase::Cancelled => Err(CancelledError::default().into()),
            _ => Ok(None),
        }
    }

    fn wait(&self, limit: impl TimeLimit) -> Result<MutexGuard<'_, State<T>>> {
        let limit = limit.limit().map(|limit| Duration::try_from_secs_f64(limit.max(0.0)).unwrap_or(Duration::MAX));
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut state = lock(&self.inner.state);
        while matches!(state.phase, Phase::Pending | Phase::Running) {
            state = match deadline {
                None => self.inner.done.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(TimeoutError::default().into());
                    }
                    self.inner.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Ok(state)
    }

    /// Cancels a job that has not begun; false if it runs or is over.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new(1).unwrap();
    /// let (go, gone) = std::sync::mpsc::channel();
    /// let (first, second) = (pool.submit(move || gone.recv()).unwrap(), pool.submit(|| 2).unwrap());
    /// assert!(second.cancel()); // the only thread has not come to it
    /// assert!(second.cancelled() && second.done());
    /// go.send(()).unwrap();
    /// assert!(first.result(None).unwrap().is_ok() && !first.cancel());
    /// ```
    pub fn cancel(&self) -> bool {
        let mut state = lock(&self.inner.state);
        match state.phase {
            Phase::Pending => {
                state.phase = Phase::Cancelled;
                self.finish(state);
                true
            }
            Phase::Cancelled => true,
            _ => false,
        }
    }

    /// Is it over?
    #[must_use]
    pub fn done(&self) -> bool {
        !matches!(lock(&self.inner.state).phase, Phase::Pending | Phase::Running)
    }

    /// Was it cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        matches!(lock(&self.inner.state).phase, Phase::Cancelled)
    }

    /// Has the job begun, and not ended?
    #[must_use]
    pub fn running(&self) -> bool {
        matches!(lock(&self.inner.state).phase, Phase::Running)
    }

    /// Calls `f` once it is over, in the thread that ends it; at once if it is over already. A panic of `f` is reported, and goes
    /// no further.
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
    /// let (tell, told) = mpsc::channel();
    /// job.add_done_callback(move || tell.send("over").unwrap());
    /// assert_eq!(told.recv().unwrap(), "over");
    /// assert_eq!(job.result(0).unwrap(), 42);
    /// ```
    pub fn add_done_callback(&self, f: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.inner.state);
        if matches!(state.phase, Phase::Pending | Phase::Running) {
            state.callbacks.push(Box::new(f));
        } else {
            drop(state);
            self.call(Box::new(f));
        }
    }

    /// As in CPython, a callback that fails keeps neither the others nor the thread from their work.
    fn call(&self, callback: Box<dyn FnOnce() + Send>) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(callback)) {
            log::warning(format_args!("exception calling callback for {self:?}: {}", panic_message(&*payload)));
        }
    }

    /// Marks the job as begun; false if it was cancelled: `set_running_or_notify_cancel`.
    pub(crate) fn begin(&self) -> bool {
        let mut state = lock(&self.inner.state);
        if let Phase::Pending = state.phase {
            state.phase = Phase::Running;
            return true;
        }
        false
    }

    pub(crate) fn complete(&self, result: Result<T>) {
        let mut state = lock(&self.inner.state);
        if matches!(state.phase, Phase::Pending | Phase::Running) {
            state.phase = Phase::Done(result);
            self.finish(state);
        }
    }

    /// Takes the result of one that is over, without resuming a panic.
    pub(crate) fn take(&self) -> Result<T> {
        let mut state = lock(&self.inner.state);
        match std::mem::replace(&mut state.phase, Phase::Taken) {
            Phase::Done(result) => result,
            Phase::Cancelled => {
                state.phase = Phase::Cancelled;
                Err(CancelledError::default().into())
            }
            Phase::Taken => Err(RuntimeError::new("the result was taken before").into()),
            phase => {
                state.phase = phase;
                Err(InvalidStateError::new("Result is not set.").into())
            }
        }
    }

    fn finish(&self, mut state: MutexGuard<'_, State<T>>) {
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        self.inner.done.notify_all();
        for callback in callbacks {
            self.call(callback);
        }
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
            Phase::Done(_) | Phase::Taken => "finished",
            Phase::Cancelled => "cancelled",
        };
        write!(f, "<Future at {:p} state={state}>", Arc::as_ptr(&self.inner))
    }
}

/// A pool of threads for blocking work: `concurrent.futures.ThreadPoolExecutor`.
///
/// Clones are handles on the same pool. Threads are started as jobs come, at most as many as the pool's size, and wait for
/// more. When the last handle goes, the threads finish what is queued and end; [`shutdown`](Self::shutdown) waits for it.
///
/// # Examples
///
/// ```
/// use asyncio::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::new(2)?;
/// let future = pool.submit(|| 6 * 7)?;
/// assert_eq!(future.result(None)?, 42);
/// pool.shutdown(true, false);
/// assert!(pool.submit(|| ()).is_err());
/// # Ok::<(), asyncio::Error>(())
/// ```
#[derive(Clone)]
pub struct ThreadPoolExecutor {
    // Only handles count for the end of the pool; the threads hold the pool itself.
    handle: Arc<PoolHandle>,
}

struct PoolHandle(Arc<Pool>);

struct Pool {
    /// Closed when the pool takes no more. Pushed to under the lock, so that who finds it empty there may sleep.
    jobs: ConcurrentQueue<Box<dyn Job>>,
    threads: Mutex<Threads>,
    /// Signals a new job or the end.
    changed: Condvar,
    size: usize,
    name: &'static str,
}

#[derive(Default)]
struct Threads {
    handles: Vec<JoinHandle<()>>,
    idle: usize,
    /// Those that have not left the pool.
    working: usize,
    /// Completed by the last that leaves it.
    ended: Vec<ConcurrentFuture<()>>,
}

trait Job: Send {
    fn run(self: Box<Self>);
    fn cancel(self: Box<Self>);
}

struct Work<T, F> {
    f: F,
    future: ConcurrentFuture<T>,
}

impl<T: Send + 'static, F: FnOnce() -> T + Send> Job for Work<T, F> {
    fn run(self: Box<Self>) {
        if self.future.begin() {
            let result = catch_unwind(AssertUnwindSafe(self.f));
            self.future.complete(result.map_err(|payload| TaskPanic::new(payload).into()));
        }
    }

    fn cancel(self: Box<Self>) {
        self.future.cancel();
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

    /// The pool that a loop makes for itself: as many threads as Python's default, `min(32, processors + 4)`.
    pub(crate) fn default_for_loop() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::named(32.min(processors + 4), "asyncio")
    }

    fn named(size: usize, name: &'static str) -> Self {
        let jobs = ConcurrentQueue::unbounded();
        let pool = Pool { jobs, threads: Mutex::default(), changed: Condvar::new(), size, name };
        Self { handle: Arc::new(PoolHandle(Arc::new(pool))) }
    }

    /// Tells pools that live at the same time apart.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.handle.0).addr()
    }

    /// The most threads that it has.
    pub(crate) fn size(&self) -> usize {
        self.handle.0.size
    }

    /// Queues a job. Jobs begin in the order in which they were queued.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot schedule new futures after shutdown`; `RuntimeError: can't start new thread`, and why, if the
    /// system has no thread to give and the pool has none either.
    pub fn submit<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<ConcurrentFuture<T>> {
        let pool = &self.handle.0;
        let future = ConcurrentFuture::new();
        let mut threads = lock(&pool.threads);
        if let Err(refused) = pool.jobs.push(Box::new(Work { f, future: future.clone() })) {
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
                    // Without a thread there is no other job.
                    let job = pool.jobs.pop();
                    drop(threads);
                    drop(job);
                    return Err(RuntimeError::new(format!("can't start new thread: {error}")).into());
                }
                // The threads there are will do it.
                Err(_) => {}
            }
        }
        Ok(future)
    }

    /// Takes no more jobs. `cancel_futures` cancels those that have not begun; `wait` waits until the others are done
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
        let threads = self.handle.0.end(cancel_futures);
        if wait {
            for thread in threads {
                // Jobs catch their panics, so a thread has none.
                let _ = thread.join();
            }
        }
    }
}

impl ThreadPoolExecutor {
    /// Takes no more jobs, as `shutdown(false, false)`; the future that comes back is done when the last thread has left the
    /// pool.
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
    fn work(&self) {
        self.work_until_closed();
        let mut threads = lock(&self.threads);
        threads.working -= 1;
        let ended = if threads.working == 0 { std::mem::take(&mut threads.ended) } else { Vec::new() };
        drop(threads);
        ended.into_iter().for_each(|ended| ended.complete(Ok(())));
    }

    fn work_until_closed(&self) {
        loop {
            match self.jobs.pop() {
                Ok(job) => {
                    // A job catches its own panic. What is left are destructors, of a result that nobody wants, say: the thread
                    // goes on all the same, for nobody would start another.
                    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.run())) {
                        let message = panic_message(&*payload);
                        log::warning(format_args!("Exception ignored in the end of a job: {message}"));
                    }
                }
                Err(PopError::Closed) => return,
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

    /// Takes no more jobs.
    fn close(&self) {
        let threads = lock(&self.threads);
        self.jobs.close();
        drop(threads);
        self.changed.notify_all();
    }

    fn end(&self, cancel_futures: bool) -> Vec<JoinHandle<()>> {
        self.close();
        let left: Vec<_> = if cancel_futures { self.jobs.try_iter().collect() } else { Vec::new() };
        let handles = std::mem::take(&mut lock(&self.threads).handles);
        for job in left {
            job.cancel();
        }
        handles
    }
}

impl Drop for PoolHandle {
    fn drop(&mut self) {
        self.0.end(false);
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
