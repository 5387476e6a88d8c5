//! The part of a loop that other threads may touch: a queue of what they hand in, and the way to wake the loop.
//!
//! The core idea: `Shared` is all that wakers hold of a loop, so they may outlive it. A loop that watches descriptors
//! sleeps in its poller, any other one simply parks its thread; `Shared` knows how to end either sleep.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use concurrent_queue::ConcurrentQueue;
use polling::Poller;

use crate::exceptions::RuntimeError;
use crate::ready::Runnable;

/// What another thread hands in.
pub(crate) enum Remote {
    /// A task was woken there.
    Task(Runnable),
    /// A callback to run here.
    Call(Box<dyn FnOnce() + Send>),
}

pub(crate) struct Shared {
    queue: ConcurrentQueue<Remote>,
    /// Something was pushed since the loop last looked: asking the queue itself costs more.
    pushed: AtomicBool,
    /// The loop's thread.
    thread: Thread,
    /// Set once the loop watches descriptors: from then on it sleeps in there.
    pub(crate) poller: OnceLock<Arc<Poller>>,
    /// True while the loop sleeps or is about to; whoever swaps it to false wakes it.
    sleeping: AtomicBool,
    closed: AtomicBool,
    /// How many `LoopHandle`s there are: somebody who may still hand something in.
    handles: AtomicUsize,
}

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: ConcurrentQueue::unbounded(),
            pushed: AtomicBool::new(false),
            thread: std::thread::current(),
            poller: OnceLock::new(),
            sleeping: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
        })
    }

    /// Hands something in from any thread.
    pub(crate) fn push(&self, item: Remote) {
        // The queue is never closed, so the push cannot fail. What comes in after the loop was closed stays there until
        // the last handle goes: a task's future is dropped by the loop in any case.
        let _ = self.queue.push(item);
        self.pushed.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn pop(&self) -> Option<Remote> {
        self.queue.pop().ok()
    }

    pub(crate) fn has_work(&self) -> bool {
        self.pushed.load(Ordering::SeqCst)
    }

    /// The loop looks now; what is pushed from here on sets the flag anew.
    pub(crate) fn look(&self) {
        self.pushed.store(false, Ordering::SeqCst);
    }

    pub(crate) fn handles(&self) -> usize {
        self.handles.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Announces that the loop is about to sleep. It must look at the queue once more before it does.
    pub(crate) fn prepare_sleep(&self) {
        self.sleeping.store(true, Ordering::SeqCst);
    }

    pub(crate) fn awake(&self) {
        self.sleeping.store(false, Ordering::SeqCst);
    }

    pub(crate) fn wake(&self) {
        if self.sleeping.swap(false, Ordering::SeqCst) {
            match self.poller.get() {
                Some(poller) => {
                    // An error would mean a broken eventfd; unparking does no harm and there is nothing better to do.
                    let _ = poller.notify();
                }
                None => self.thread.unpark(),
            }
        }
    }
}

/// A handle on a loop for other threads: `Send`, `Sync`, cheap to clone.
///
/// An [`EventLoop`](crate::EventLoop) stays in its thread. This is what other threads hold of it, for
/// `loop.call_soon_threadsafe` and [`run_coroutine_threadsafe`](crate::run_coroutine_threadsafe). It may outlive the
/// loop; then it gives `RuntimeError: Event loop is closed`.
///
/// ```
/// use asyncio_runtime::{get_running_loop, run};
///
/// run(async {
///     let event_loop = get_running_loop()?;
///     let arrived = event_loop.create_future::<()>();
///     let handle = event_loop.handle();
///     let thread = std::thread::spawn(move || handle.call_soon_threadsafe(|| println!("in the loop's thread")));
///     let done = arrived.clone();
///     event_loop.call_later(0.01, move || done.set_result(()).unwrap())?;
///     arrived.await?;
///     thread.join().unwrap()?;
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct LoopHandle {
    pub(crate) shared: Arc<Shared>,
}

impl LoopHandle {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        shared.handles.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(shared) }
    }

    /// Runs `f` in the loop's thread, in its next iteration; wakes the loop if it sleeps. FIFO per calling thread.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    pub fn call_soon_threadsafe(&self, f: impl FnOnce() + Send + 'static) -> Result<(), RuntimeError> {
        if self.is_closed() {
            return Err(RuntimeError::new("Event loop is closed"));
        }
        self.shared.push(Remote::Call(Box::new(f)));
        Ok(())
    }

    /// Was the loop closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}

impl Clone for LoopHandle {
    fn clone(&self) -> Self {
        Self::new(&self.shared)
    }
}

impl Drop for LoopHandle {
    fn drop(&mut self) {
        if self.shared.handles.fetch_sub(1, Ordering::Relaxed) == 1 {
            // The loop may now have nothing left to wait for: let it look.
            self.shared.wake();
        }
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHandle").field("closed", &self.is_closed()).finish()
    }
}
