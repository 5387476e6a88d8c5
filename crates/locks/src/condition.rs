//! `Condition`: waiting, with a lock, for something to become true.

use std::fmt;
use std::rc::Rc;

use asyncio_runtime::{Error, LineWait, Result, RuntimeError, WaitQueue};

use crate::lock::{Lock, LockGuard};

/// A lock together with a line of tasks that wait for a change: `asyncio.Condition`.
///
/// ```
/// use asyncio_locks::Condition;
/// use asyncio_runtime::{create_task, run};
/// use std::{cell::Cell, rc::Rc};
///
/// run(async {
///     let (condition, items) = (Condition::new(), Rc::new(Cell::new(0)));
///     let (their_condition, their_items) = (condition.clone(), items.clone());
///     let consumer = create_task(async move {
///         let guard = their_condition.lock().await?;
///         guard.wait_for(|| their_items.get() > 0).await?;
///         Ok(their_items.replace(0))
///     });
///     let guard = condition.lock().await?;
///     items.set(3);
///     guard.notify(1)?;
///     drop(guard);
///     assert_eq!(consumer.await?, 3);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Condition {
    lock: Lock,
    waiters: Rc<WaitQueue>,
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

impl Condition {
    /// A condition with a lock of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_lock(Lock::new())
    }

    /// A condition on a lock that others may share.
    #[must_use]
    pub fn with_lock(lock: Lock) -> Self {
        Self { lock, waiters: Rc::new(WaitQueue::new("Condition")) }
    }

    /// Waits for the lock and gives a guard that releases it when dropped: `async with condition:`.
    ///
    /// # Errors
    ///
    /// As [`Lock::acquire`].
    pub async fn lock(&self) -> Result<ConditionGuard> {
        Ok(ConditionGuard { _held: self.lock.lock().await?, condition: self.clone() })
    }

    /// Waits for the lock and takes it. See [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    pub async fn acquire(&self) -> Result<()> {
        self.lock.acquire().await
    }

    /// Gives the lock up. See [`Lock::release`].
    ///
    /// # Errors
    ///
    /// `RuntimeError: Lock is not acquired.`
    pub fn release(&self) -> Result<(), RuntimeError> {
        self.lock.release()
    }

    /// Is the lock held?
    #[must_use]
    pub fn locked(&self) -> bool {
        self.lock.locked()
    }

    /// Gives the lock up, waits to be notified, and takes the lock again.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot wait on un-acquired lock`. `CancelledError`, after it has taken the lock again: a
    /// cancellation, even a repeated one, never leaves it without. A notification that was on its way goes to another.
    pub async fn wait(&self) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot wait on un-acquired lock").into());
        }
        let mut turn = Turn { waiters: &self.waiters, wait: self.waiters.wait(), over: false };
        let holder = self.lock.suspend()?;
        let mut cancelled: Option<Error> = (&mut turn.wait).await.err();
        while let Err(error) = self.acquire().await {
            cancelled = Some(error);
        }
        self.lock.resume(holder);
        match cancelled {
            Some(error) => Err(error),
            None => {
                turn.over = true;
                Ok(())
            }
        }
    }

    /// Waits until `predicate` holds, asking each time it is notified.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_for(&self, mut predicate: impl FnMut() -> bool) -> Result<()> {
        while !predicate() {
            self.wait().await?;
        }
        Ok(())
    }

    /// Wakes at most `n` of those who wait, first come, first served. They go on once they have the lock.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot notify on un-acquired lock`.
    pub fn notify(&self, n: usize) -> Result<(), RuntimeError> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot notify on un-acquired lock"));
        }
        for _ in 0..n {
            if !self.waiters.wake_one() {
                break;
            }
        }
        Ok(())
    }

    /// Wakes everybody who waits.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    pub fn notify_all(&self) -> Result<(), RuntimeError> {
        self.notify(self.waiters.len())
    }

    /// As `notify_all`, for one who may have lost the lock by being dropped.
    pub(crate) fn wake_all(&self) {
        self.waiters.wake_all();
    }
}

/// A wait for a notification. One that ends badly after it was notified passes the notification on.
struct Turn<'a> {
    waiters: &'a WaitQueue,
    wait: LineWait,
    over: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.waiters.wake_one();
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.locked() { "locked" } else { "unlocked" };
        crate::describe(f, "Condition", state, self.waiters.len())
    }
}

/// Holds the lock of a [`Condition`]; dropped, it releases it.
#[must_use = "the lock is released when the guard goes"]
#[derive(Debug)]
pub struct ConditionGuard {
    _held: LockGuard,
    condition: Condition,
}

/// The guard waits and notifies like its condition.
impl std::ops::Deref for ConditionGuard {
    type Target = Condition;

    fn deref(&self) -> &Condition {
        &self.condition
    }
}
