//! The part of a loop that other threads may touch: a queue of what they hand in, and the way to wake the loop.
//!
//! The core idea: `Shared` is all that wakers hold of a loop, so they may outlive it. A loop that watches descriptors
//! sleeps in its poller, any other one simply parks its thread; `Shared` knows how to end either sleep.
//!
//! That no wake-up is lost is checked by `model`, with a model checker in place of the machine.

mod cancellable;
#[cfg(all(test, loom))]
mod model;

use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, PoisonError};

#[cfg(all(test, loom))]
use loom::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Mutex, MutexGuard},
    thread::{self, Thread},
};
#[cfg(not(all(test, loom)))]
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Mutex, MutexGuard},
    thread::{self, Thread},
};

pub use cancellable::ThreadSafeHandle;

use crate::error::exceptions::RuntimeError;
use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::call::Call;
use crate::kernel::event_loop::current;
use crate::kernel::task::step::Runnable;

/// What another thread hands in.
pub(crate) enum Remote {
    /// A task was woken there.
    Task(Runnable),
    /// A callback to run here.
    Call(Call),
}

pub(crate) struct Shared {
    /// Taken as a whole, so a lock costs less than a queue without one: two atomic steps for an item. Nothing but pushing and
    /// swapping happens under it.
    queue: Mutex<VecDeque<Remote>>,
    /// The loop is to look: whoever pushed the first of a batch says so for all of it, and so does the last who could push.
    news: AtomicBool,
    /// The loop's thread.
    thread: Thread,
    /// Set once the loop watches descriptors: from then on it sleeps in its poller, and this ends the sleep.
    bell: OnceLock<Bell>,
    /// True while the loop sleeps or is about to; whoever swaps it to false wakes it.
    sleeping: AtomicBool,
    closed: AtomicBool,
    /// How many `LoopHandle`s there are: somebody who may still hand something in.
    handles: AtomicUsize,
}

type Bell = Box<dyn Fn() + Send + Sync>;

// Where it matters, `news` and `sleeping` are swapped and not stored, even if the answer is of no interest: so a thread sees
// all that was done by those who swapped before. Two threads that each store and then read what the other stored could miss
// each other.
impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(VecDeque::new()),
            news: AtomicBool::new(false),
            thread: thread::current(),
            bell: OnceLock::new(),
            sleeping: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
        })
    }

    #[cfg(not(tsan))]
    fn queue(&self) -> MutexGuard<'_, VecDeque<Remote>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// ThreadSanitizer sees a lock that is free being taken, but not the end of a wait for one: that is compiled into the
    /// standard library, without it.
    #[cfg(tsan)]
    fn queue(&self) -> MutexGuard<'_, VecDeque<Remote>> {
        loop {
            match self.queue.try_lock() {
                Ok(queue) => return queue,
                Err(std::sync::TryLockError::Poisoned(queue)) => return queue.into_inner(),
                Err(std::sync::TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
    }

    /// Is this the loop's thread?
    pub(crate) fn is_in_this_thread(&self) -> bool {
        self.thread.id() == thread::current().id()
    }

    /// Hands something in from any thread.
    pub(crate) fn push(&self, item: Remote) {
        // What comes in after the loop was closed stays there until the last handle goes: a task's future is dropped by the
        // loop in any case.
        let mut queue = self.queue();
        let first = queue.is_empty();
        queue.push_back(item);
        drop(queue);
        if first {
            self.tell();
        }
    }

    /// There is news: ends the sleep of the loop, or has it look before it falls asleep.
    fn tell(&self) {
        self.news.swap(true, Ordering::AcqRel);
        if self.sleeping.swap(false, Ordering::AcqRel) {
            match self.bell.get() {
                Some(ring) => ring(),
                None => self.thread.unpark(),
            }
        }
    }

    /// Is there something to `take`? To be called in the loop's thread, as all below.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire)
    }

    /// Appends everything that was handed in to `taken`. If that is empty, it gives its room for what comes next.
    pub(crate) fn take(&self, taken: &mut VecDeque<Remote>) {
        // Before the queue is taken: what is pushed into the one that this leaves is news again.
        self.news.swap(false, Ordering::AcqRel);
        let mut queue = self.queue();
        if taken.is_empty() { std::mem::swap(&mut *queue, taken) } else { taken.append(&mut queue) }
    }

    /// Gives back the memory of the queue if that has room for more than so many and nothing is in it.
    pub(crate) fn give_back(&self, much: usize) {
        let mut queue = self.queue();
        if queue.is_empty() && queue.capacity() > much {
            *queue = VecDeque::new();
        }
    }

    /// How many the queue has room for.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.queue().capacity()
    }

    /// Will nothing be handed in any more, and was everything taken? (A waker may be anywhere; it is not asked for.)
    pub(crate) fn is_deserted(&self) -> bool {
        // In this order: what the last one pushed was pushed before it let go. Whether there is news does not answer it: who
        // pushed the first of a batch may be about to say so.
        self.handles.load(Ordering::Acquire) == 0 && self.queue().is_empty()
    }

    /// Sleeps by `wait`, which returns when the loop is woken, or earlier; not at all if there is news.
    pub(crate) fn sleep(&self, wait: impl FnOnce()) {
        self.sleeping.swap(true, Ordering::AcqRel);
        if !self.has_news() {
            wait();
        }
        self.sleeping.swap(false, Ordering::AcqRel);
    }

    /// From now on the loop sleeps where not unparking its thread but `ring` wakes it.
    pub(crate) fn set_bell(&self, ring: impl Fn() + Send + Sync + 'static) {
        // A loop has one poller in its life, and one more if descriptors are touched after it was closed.
        let _ = self.bell.set(Box::new(ring));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// A handle on a loop for other threads: `Send`, `Sync`, cheap to clone.
///
/// An [`EventLoop`](crate::EventLoop) stays in its thread. This is what other threads hold of it, for
/// `loop.call_soon_threadsafe` and [`run_coroutine_threadsafe`](crate::run_coroutine_threadsafe). It may outlive the
/// loop; then it gives `RuntimeError: Event loop is closed`.
///
/// # Examples
///
/// ```
/// use std::{sync::mpsc, thread};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let handle = get_running_loop()?.handle();
///     let (send, receive) = mpsc::channel();
///     let call = move || send.send(thread::current().id()).unwrap();
///     thread::spawn(move || handle.call_soon_threadsafe(call)).join().unwrap()?;
///     assert!(receive.try_recv().is_err(), "it waits for its turn");
///     sleep(0.001).await?;
///     assert_eq!(receive.try_recv()?, thread::current().id());
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

    /// Runs `f` in the loop's thread, in its next iteration and in a copy of the calling thread's context; wakes the loop if it
    /// sleeps. FIFO per calling thread; in the loop's own, in order with [`call_soon`](crate::EventLoop::call_soon).
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::thread;
    ///
    /// use asyncio::{get_running_loop, run, to_thread};
    ///
    /// run(async {
    ///     let (handle, here) = (get_running_loop()?.handle(), thread::current().id());
    ///     let called_in = to_thread(move || {
    ///         let (tell, told) = mpsc::channel();
    ///         handle.call_soon_threadsafe(move || tell.send(thread::current().id()).expect("it is waited for"))?;
    ///         Ok::<_, asyncio::Error>(told.recv()?)
    ///     });
    ///     assert_eq!(called_in.await??, here);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn call_soon_threadsafe(&self, f: impl FnOnce() + Send + 'static) -> Result<(), RuntimeError> {
        self.hand_in(Call::new(f))
    }

    /// As [`call_soon_threadsafe`](Self::call_soon_threadsafe), and gives a handle by which any thread can cancel the call.
    /// (In asyncio there is only this form. Here it costs an allocation, which most callers have no use for.)
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// run(async {
    ///     let handle = get_running_loop()?.handle();
    ///     let call = handle.call_soon_threadsafe_cancellable(|| unreachable!("it was cancelled"))?;
    ///     thread::spawn(move || call.cancel()).join().unwrap();
    ///     sleep(0).await
    /// })
    /// .unwrap();
    /// ```
    pub fn call_soon_threadsafe_cancellable<F: FnOnce() + Send + 'static>(
        &self,
        f: F,
    ) -> Result<ThreadSafeHandle, RuntimeError> {
        let handle = ThreadSafeHandle::new(f);
        let queued = handle.clone();
        self.hand_in(Call::named::<F>(move || queued.run()))?;
        Ok(handle)
    }

    fn hand_in(&self, call: Call) -> Result<(), RuntimeError> {
        if self.is_closed() {
            return Err(RuntimeError::new("Event loop is closed"));
        }
        match self.running_here() {
            // Among what the loop's own thread queues, in the order of the calls.
            Some(core) => core.call_next(call),
            None => self.shared.push(Remote::Call(call)),
        }
        Ok(())
    }

    /// The loop, if it runs in this thread.
    pub(crate) fn running_here(&self) -> Option<Rc<LoopCore>> {
        current::with_loop(|running| running.filter(|core| Arc::ptr_eq(&core.shared, &self.shared)).cloned())
    }

    /// Was the loop closed?
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// let handle = event_loop.handle();
    /// assert!(!handle.is_closed());
    /// drop(event_loop); // its owner closes it
    /// assert!(handle.is_closed());
    /// assert_eq!(handle.call_soon_threadsafe(|| ()).unwrap_err().to_string(), "Event loop is closed");
    /// ```
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
        if self.shared.handles.fetch_sub(1, Ordering::Release) == 1 {
            // The loop may now have nothing left to wait for: let it look.
            self.shared.tell();
        }
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHandle").field("closed", &self.is_closed()).finish()
    }
}
