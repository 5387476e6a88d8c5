//! `Lock`: mutual exclusion.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{Result, RuntimeError, WaitQueue};

use crate::Caller;

/// A lock that one task holds at a time: `asyncio.Lock`.
///
/// [`lock`](Self::lock) returns a guard that releases the lock when it is dropped. With [`acquire`](Self::acquire) and
/// [`release`](Self::release) you do the same by hand. Waiting tasks get the lock in the order in which they came.
///
/// # Examples
///
/// ```
/// use asyncio::{Lock, gather, run, sleep};
/// use std::{cell::Cell, rc::Rc};
///
/// run(async {
///     let (lock, counter) = (Lock::new(), Rc::new(Cell::new(0)));
///     gather((0..10).map(|_| {
///         let (lock, counter) = (lock.clone(), counter.clone());
///         async move {
///             let _guard = lock.lock().await?;
///             let seen = counter.get();
///             sleep(0).await?;
///             counter.set(seen + 1);
///             Ok(())
///         }
///     }))
///     .await?;
///     assert_eq!(counter.get(), 10);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Lock {
    inner: Rc<Inner>,
}

struct Inner {
    /// The number of the current acquisition. A guard releases only its own.
    holder: Cell<u64>,
    /// The number of acquisitions so far.
    taken: Cell<u64>,
    waiters: WaitQueue,
}

/// `holder` of a lock that is free.
const NOBODY: u64 = 0;

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Lock {
    /// Creates a lock that is free.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Rc::new(Inner {
                holder: Cell::new(NOBODY),
                taken: Cell::new(0),
                waiters: WaitQueue::new("Lock").exclusive().offering("the lock was released"),
            }),
        }
    }

    /// Is the lock held?
    #[must_use]
    pub fn locked(&self) -> bool {
        self.inner.locked()
    }

    /// Waits for the lock and returns a guard that releases it when dropped: `async with lock:`.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The lock goes to the next in line.
    #[doc(alias = "__aenter__")]
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = Result<LockGuard>> + use<> {
        self.clone().lock_at(Location::caller())
    }

    pub(crate) async fn lock_at(self, at: Caller) -> Result<LockGuard> {
        if !self.inner.take_at_once() {
            self.inner.wait_and_take(at).await?;
        }
        Ok(LockGuard { holder: self.inner.holder.get(), lock: self })
    }

    /// Waits for the lock and takes it. **It returns no guard**: use [`lock`](Self::lock), unless you call
    /// [`release`](Self::release) yourself.
    ///
    /// `let _guard = lock.acquire().await?` compiles, and the lock stays held. Does not suspend if the lock is free and no task is
    /// in line.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The lock goes to the next in line.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<()>> + use<> {
        let (lock, at) = (self.clone(), Location::caller());
        async move {
            lock.acquire_at(at).await?;
            lock.inner.waiters.set_acquired_by_hand(at, "lock()");
            Ok(())
        }
    }

    /// [`acquire`](Self::acquire) for `async with`, which releases the lock in any case.
    #[doc(hidden)]
    #[track_caller]
    pub fn acquire_for_block(&self) -> impl Future<Output = Result<()>> + use<> {
        let (lock, at) = (self.clone(), Location::caller());
        async move { lock.acquire_at(at).await }
    }

    pub(crate) async fn acquire_at(&self, at: Caller) -> Result<()> {
        if self.inner.take_at_once() { Ok(()) } else { self.inner.wait_and_take(at).await }
    }

    /// Releases the lock; the first task in line gets it. Any task may do this, not only the one that took the lock.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Lock is not acquired.`
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Lock, create_task, run};
    ///
    /// run(async {
    ///     let lock = Lock::new();
    ///     lock.acquire().await?;
    ///     let next = create_task(lock.acquire());
    ///     lock.release()?;
    ///     next.await?;
    ///     assert!(lock.locked());
    ///     lock.release()?;
    ///     assert_eq!(lock.release().unwrap_err().to_string(), "Lock is not acquired.");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn release(&self) -> Result<(), RuntimeError> {
        self.inner.waiters.set_released_by_hand();
        self.inner.release()
    }
}

impl Inner {
    fn release(&self) -> Result<(), RuntimeError> {
        if self.holder.replace(NOBODY) == NOBODY {
            return Err(RuntimeError::new("Lock is not acquired."));
        }
        self.waiters.wake_front();
        Ok(())
    }

    fn locked(&self) -> bool {
        self.holder.get() != NOBODY
    }

    /// Takes the lock if it is free and no task is in line.
    fn take_at_once(&self) -> bool {
        let free = !self.locked() && self.waiters.all_cancelled();
        if free {
            self.take();
        }
        free
    }

    async fn wait_and_take(&self, at: Caller) -> Result<()> {
        // Dropped after the wait has left the line.
        let handover = Handover(self);
        self.waiters.wait_at(at).await?;
        self.take();
        drop(handover);
        Ok(())
    }

    fn take(&self) {
        self.taken.set(self.taken.get() + 1);
        self.holder.set(self.taken.get());
        self.waiters.set_acquired();
    }
}

impl Lock {
    /// Releases the lock for a while, as a condition does while it waits. Returns the number of the acquisition.
    pub(crate) fn suspend(&self) -> Result<u64, RuntimeError> {
        let holder = self.inner.holder.get();
        self.inner.release()?;
        Ok(holder)
    }

    /// Gives the lock, which was taken again, back to the holder that had suspended it.
    pub(crate) fn resume(&self, holder: u64) {
        self.inner.holder.set(holder);
    }
}

/// Dropped when a waiter leaves the line, with the lock or without: if the lock is free, it wakes the next in line.
struct Handover<'a>(&'a Inner);

impl Drop for Handover<'_> {
    fn drop(&mut self) {
        if !self.0.locked() {
            self.0.waiters.wake_front();
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.locked() { "locked" } else { "unlocked" };
        crate::describe(f, "Lock", state, self.inner.waiters.len())
    }
}

/// Holds a [`Lock`] and releases it when dropped.
#[doc(alias = "__aexit__")]
#[must_use = "the lock is released when the guard goes"]
pub struct LockGuard {
    lock: Lock,
    holder: u64,
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Another task may hold the lock by now: it was released by hand, or the guard is dropped in the middle of a
        // condition's wait.
        if self.lock.inner.holder.get() == self.holder {
            let _ = self.lock.inner.release();
        }
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockGuard").field(&self.lock).finish()
    }
}
