//! The way into a loop from other threads: a queue, and the means to wake the loop.
//!
//! A waker keeps only the `Shared` of its loop, so wakers may outlive the loop. A loop that watches descriptors sleeps in its
//! selector, any other loop parks its thread; `Shared` ends either sleep.
//!
//! `model` checks with a model checker that no wake-up is lost.

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

/// An item that another thread hands in.
pub(crate) enum Remote {
    /// A task was woken there.
    Task(Runnable),
    /// A callback to run here.
    Call(Box<Call>),
}

pub(crate) struct Shared {
    queue: ConcurrentQueue<Remote>,
    /// `AWAKE`, `ASLEEP` or `NEWS`. Always swapped, never just stored, so that the loop sees everything that a thread did
    /// before it set `NEWS`, and exactly one thread finds the loop asleep and wakes it.
    state: AtomicU8,
    /// The loop's thread.
    thread: Thread,
    /// Set once the loop has a selector: from then on it sleeps there, and this ends the sleep.
    bell: OnceLock<Bell>,
    /// Wakes the host of a guest, which sleeps in the loop's place.
    host: OnceLock<Bell>,
    closed: AtomicBool,
    /// The number of `LoopHandle`s, each of which may still hand something in.
    handles: AtomicUsize,
}

type Bell = Box<dyn Fn() + Send + Sync>;

/// The loop is working, and has taken all items.
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

    /// Hands an item in, from any thread. After the loop was closed, the item stays in the queue until the last waker or handle
    /// is dropped. (The loop drops a task's coroutine in any case.)
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

    /// Is there something to take? Read in every iteration; a plain read costs nothing while there is not.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.state.load(Ordering::Relaxed) == NEWS
    }

    /// Takes the items pushed so far, first in, first out. Items that come meanwhile are left for the next time, so that a
    /// flood does not block the loop.
    pub(crate) fn take(&self) -> impl Iterator<Item = Remote> {
        // Swapped before the queue is read, so that a push from now on is news again.
        self.state.swap(AWAKE, Ordering::AcqRel);
        self.queue.try_iter().take(self.queue.len())
    }

    /// Has everything been taken, and is there no handle through which more could come? (A waker may be anywhere; wakers are
    /// not counted.)
    pub(crate) fn is_deserted(&self) -> bool {
        // In this order, because a handle is dropped after its last push.
        self.handles.load(Ordering::Acquire) == 0 && self.queue.is_empty()
    }

    /// Sleeps by calling `wait`, which returns when the loop is woken, or earlier. Does not sleep if there is news.
    pub(crate) fn sleep(&self, wait: impl FnOnce()) {
        if self.fall_asleep() {
            wait();
            self.wake_up();
        }
    }

    /// From now on the loop must be woken. Returns false if there is news.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(crate) fn wake_up(&self) {
        // Fails if there is news.
        let _ = self.state.compare_exchange(ASLEEP, AWAKE, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on `ring` wakes the loop, in place of unparking its thread.
    pub(crate) fn set_bell(&self, ring: impl Fn() + Send + Sync + 'static) {
        // A loop has one selector in its life, and a second one only if descriptors are used after it was closed.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_deserted_when_the_last_handle_is_dropped_and_all_that_came_by_it_is_taken() {
        let shared = Shared::default();
        assert!(shared.is_deserted());
        shared.handle_made();
        shared.handle_made();
        shared.handle_dropped();
        assert!(!shared.is_deserted() && !shared.has_news());
        shared.push(Remote::Call(Call::new(|| ())));
        assert_eq!(shared.take().count(), 1);
        assert!(!shared.has_news());
        shared.push(Remote::Call(Call::new(|| ())));
        assert!(shared.has_news());
        // That the last handle is dropped counts as news, too.
        assert_eq!(shared.take().count(), 1);
        shared.handle_dropped();
        assert!(shared.has_news() && shared.is_deserted());
        shared.push(Remote::Call(Call::new(|| ())));
        assert!(!shared.is_deserted(), "something is left to take");
    }
}
