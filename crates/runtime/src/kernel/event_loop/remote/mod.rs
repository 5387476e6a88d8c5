//! The way into a loop from other threads: a queue, and the means to wake the loop.
//!
//! `Shared` is all that a waker keeps of its loop, so wakers may outlive the loop. A loop that watches descriptors sleeps in its
//! selector, any other loop parks its thread; `Shared` ends either sleep.
//!
//! That no wake-up is lost is checked by `model`, with a model checker in place of the machine.

#[cfg(all(test, loom))]
mod model;

use std::sync::OnceLock;

use concurrent_queue::ConcurrentQueue;
#[cfg(all(test, loom))]
use loom::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    thread::{self, Thread},
};
#[cfg(not(all(test, loom)))]
use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    thread::{self, Thread},
};

use crate::kernel::event_loop::call::Call;
use crate::kernel::task::step::Runnable;

/// What another thread hands in.
pub(crate) enum Remote {
    /// A task was woken there.
    Task(Runnable),
    /// A callback to run here.
    Call(Box<Call>),
}

pub(crate) struct Shared {
    queue: ConcurrentQueue<Remote>,
    /// `AWAKE`, `ASLEEP` or `NEWS`. Always swapped, never just stored: so the loop sees everything that a thread did before it
    /// set `NEWS`, and a thread that finds the loop asleep knows that it has to wake it.
    state: AtomicU8,
    /// The loop's thread.
    thread: Thread,
    /// Set once the loop has a selector: from then on it sleeps there, and this ends the sleep.
    bell: OnceLock<Bell>,
    /// Tells the host of a guest, which sleeps in the loop's place.
    host: OnceLock<Bell>,
    closed: AtomicBool,
    /// How many `LoopHandle`s there are, each of which may still hand something in.
    handles: AtomicUsize,
}

type Bell = Box<dyn Fn() + Send + Sync>;

/// The loop works, and has taken what there was.
const AWAKE: u8 = 0;
/// The loop sleeps or is about to. The thread that changes this wakes it.
const ASLEEP: u8 = 1;
/// Since the loop last looked, something was pushed, or the last handle was dropped.
const NEWS: u8 = 2;

impl Default for Shared {
    fn default() -> Self {
        Self {
            queue: ConcurrentQueue::unbounded(),
            state: AtomicU8::new(AWAKE),
            thread: thread::current(),
            bell: OnceLock::new(),
            host: OnceLock::new(),
            closed: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
        }
    }
}

impl Shared {
    /// Is this the loop's thread?
    pub(crate) fn is_in_this_thread(&self) -> bool {
        self.thread.id() == thread::current().id()
    }

    /// Hands something in, from any thread. After the loop was closed it stays in the queue until the last waker or handle is
    /// dropped. (The loop drops a task's coroutine in any case.)
    pub(crate) fn push(&self, item: Remote) {
        let pushed = self.queue.push(item);
        assert!(pushed.is_ok(), "nothing closes the queue");
        self.tell();
    }

    /// Ends the sleep of the loop, or makes it look once more before it sleeps.
    fn tell(&self) {
        if self.state.swap(NEWS, Ordering::AcqRel) == ASLEEP {
            self.host.get().iter().for_each(|ring| ring());
            match self.bell.get() {
                Some(ring) => ring(),
                None => self.thread.unpark(),
            }
        }
    }

    /// Is there something to take? Read in every iteration, which costs nothing until it is so.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.state.load(Ordering::Relaxed) == NEWS
    }

    /// Takes what has been pushed so far, first in, first out. What comes meanwhile is left for the next time, so that a flood
    /// does not hold up the loop.
    pub(crate) fn take(&self) -> impl Iterator<Item = Remote> {
        // Before the queue is looked at: a push from now on is news again.
        self.state.swap(AWAKE, Ordering::AcqRel);
        self.queue.try_iter().take(self.queue.len())
    }

    /// Has everything been taken, and is there no handle by which more could come? (A waker may be anywhere; wakers are not
    /// counted.)
    pub(crate) fn is_deserted(&self) -> bool {
        // In this order: a handle is dropped after what was pushed by it.
        self.handles.load(Ordering::Acquire) == 0 && self.queue.is_empty()
    }

    /// Sleeps by `wait`, which returns when the loop is woken, or earlier; not at all if there is news.
    pub(crate) fn sleep(&self, wait: impl FnOnce()) {
        if self.fall_asleep() {
            wait();
            self.wake_up();
        }
    }

    /// From now on the loop has to be woken; false if there is news.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(crate) fn wake_up(&self) {
        // Fails if there is news.
        let _ = self.state.compare_exchange(ASLEEP, AWAKE, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on `ring` wakes the loop, not the unparking of its thread.
    pub(crate) fn set_bell(&self, ring: impl Fn() + Send + Sync + 'static) {
        // A loop has one selector in its life, and another one if descriptors are touched after it was closed.
        let _ = self.bell.set(Box::new(ring));
    }

    /// From now on `ring` is called, too.
    pub(crate) fn set_host(&self, ring: impl Fn() + Send + Sync + 'static) -> bool {
        self.host.set(Box::new(ring)).is_ok()
    }

    pub(crate) fn handle_made(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handle_dropped(&self) {
        if self.handles.fetch_sub(1, Ordering::Release) == 1 {
            // The loop may have nothing left to wait for.
            self.tell();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}
