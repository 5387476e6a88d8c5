//! `ThreadPoolExecutor`: a queue of jobs, and threads that are started as jobs come.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use asyncio_errors::panic::panic_message;
use asyncio_errors::{Result, RuntimeError, ValueError, log};
use concurrent_queue::{ConcurrentQueue, PopError};

use crate::conductor::{Turns, conductor, end_turn};
use crate::future::{ConcurrentFuture, Promise};
use crate::lock;

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
    #[doc(hidden)]
    #[must_use]
    pub fn with_default_size(name: &'static str) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::named(32.min(processors + 4), name)
    }

    fn named(size: usize, name: &'static str) -> Self {
        let jobs = ConcurrentQueue::unbounded();
        let pool = Pool { jobs, threads: Mutex::default(), changed: Condvar::new(), size, name };
        Self { handle: Arc::new(PoolHandle(Arc::new(pool))) }
    }

    /// Distinguishes pools that exist at the same time.
    #[doc(hidden)]
    #[must_use]
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.handle.0).addr()
    }

    /// The number of threads that may run on their own: the size of the pool, or zero if the jobs of this thread have a
    /// conductor.
    #[doc(hidden)]
    #[must_use]
    pub fn threads(&self) -> usize {
        if conductor().is_some() { 0 } else { self.handle.0.size }
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
        let mut job: Job = Box::new(move || promise.run(f));
        if let Some(turns) = Turns::of_new(self.id(), pool.size) {
            job = Box::new(move || turns.run(job));
        }
        let mut threads = lock(&pool.threads);
        if let Err(refused) = pool.jobs.push(job) {
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
            // All are taken out of the queue before the first is dropped, because that may run anything.
            drop(pool.jobs.try_iter().collect::<Vec<_>>());
        }
        let threads = std::mem::take(&mut lock(&pool.threads).handles);
        if wait {
            conductor().iter().for_each(|conductor| conductor.run_until(&|| false));
            // Joining cannot fail: a thread catches all panics.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
    }

    /// Like `shutdown(false, false)`; the future is done when the last thread has left the pool.
    #[doc(hidden)]
    #[must_use]
    pub fn shutdown_later(&self) -> ConcurrentFuture<()> {
        let pool = &self.handle.0;
        let ended = ConcurrentFuture::new();
        pool.close();
        conductor().iter().for_each(|conductor| pool.wait_for_idle(conductor.hurry(self.id())));
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
        end_turn();
    }

    /// Waits for a job. `None` once the pool is closed and its queue empty.
    fn next_job(&self) -> Option<Job> {
        loop {
            match self.jobs.pop() {
                Ok(job) => {
                    end_turn();
                    return Some(job);
                }
                Err(PopError::Closed) => return None,
                Err(PopError::Empty) => {
                    let mut threads = lock(&self.threads);
                    if self.jobs.is_empty() && !self.jobs.is_closed() {
                        threads.idle += 1;
                        end_turn();
                        threads = self.changed.wait(threads).unwrap_or_else(PoisonError::into_inner);
                        threads.idle -= 1;
                    }
                }
            }
        }
    }

    /// Waits until only the threads of this many jobs are left, so that it is not left to chance when the others leave.
    fn wait_for_idle(&self, jobs: usize) {
        let begun = Instant::now();
        while lock(&self.threads).working > jobs.min(self.size) && begun.elapsed() < Duration::from_secs(1) {
            std::thread::yield_now();
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
