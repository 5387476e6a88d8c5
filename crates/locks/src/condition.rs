//! `Condition`: waiting, with a lock, for something to become true.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{Error, LineWait, Result, RuntimeError, WaitQueue};

use crate::Caller;
use crate::lock::{Lock, LockGuard};

/// A lock and the tasks that wait for a change of what the lock protects: `asyncio.Condition`.
///
/// # Examples
///
/// ```
/// use asyncio::{Condition, create_task, run};
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
    /// Creates a condition with a lock of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_lock(Lock::new())
    }

    /// Creates a condition on a lock that others may share: Python's `Condition(lock)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Condition, Lock, run};
    ///
    /// run(async {
    ///     let lock = Lock::new();
    ///     let (not_empty, not_full) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock.clone()));
    ///     let _guard = not_empty.lock().await?;
    ///     assert!(lock.locked() && not_full.locked()); // they share it
    ///     not_full.notify_all()?;
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "Condition(lock)")]
    #[must_use]
    pub fn with_lock(lock: Lock) -> Self {
        Self { lock, waiters: Rc::new(WaitQueue::new("Condition")) }
    }

    /// Creates a condition that is part of another primitive, and whose waits are reported under that primitive's name.
    pub(crate) fn of(class: &'static str) -> Self {
        Self { lock: Lock::new(), waiters: Rc::new(WaitQueue::new(class)) }
    }

    /// Waits for the lock and returns a guard that releases it when dropped: `async with condition:`.
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
    pub fn lock(&self) -> impl Future<Output = Result<ConditionGuard>> + use<> {
        self.clone().lock_at(Location::caller())
    }

    pub(crate) async fn lock_at(self, at: Caller) -> Result<ConditionGuard> {
        Ok(ConditionGuard { _held: self.lock.clone().lock_at(at).await?, condition: self })
    }

    /// Waits for the lock and takes it. **It returns no guard**: use [`lock`](Self::lock), unless you call
    /// [`release`](Self::release) yourself. Does not suspend if
    /// the lock is free and no task is in line.
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
        self.lock.acquire()
    }

    /// [`acquire`](Self::acquire) for `async with`, which releases the lock in any case.
    #[doc(hidden)]
    #[track_caller]
    pub fn acquire_for_block(&self) -> impl Future<Output = Result<()>> + use<> {
        self.lock.acquire_for_block()
    }

    /// Releases the lock that [`acquire`](Self::acquire) took; the first task in line gets it. Any task may do this,
    /// not only the one that took the lock.
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

    /// Releases the lock, waits for a notification, and takes the lock again.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot wait on un-acquired lock`.
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The error is raised after the lock has been taken again: not even a repeated cancellation leaves the task without
    /// the lock. Of several cancellations the last one is raised. Another waiter is woken instead, because this task may
    /// have consumed a notification.
    ///
    /// If the wait is dropped instead of cancelled, it cannot take the lock again. The guard then holds nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Condition, create_task, run, sleep};
    ///
    /// run(async {
    ///     let condition = Condition::new();
    ///     let theirs = condition.clone();
    ///     let waiting = create_task(async move {
    ///         let guard = theirs.lock().await?;
    ///         guard.wait().await?;
    ///         Ok(theirs.locked()) // it has the lock again
    ///     });
    ///     sleep(0).await?;
    ///     condition.lock().await?.notify_all()?; // the wait had given it up
    ///     assert!(waiting.await?);
    ///     assert_eq!(condition.wait().await.unwrap_err().to_string(), "cannot wait on un-acquired lock");
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = Result<()>> + use<> {
        let (condition, at) = (self.clone(), Location::caller());
        async move { condition.wait_at(at).await }
    }

    async fn wait_at(&self, at: Caller) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot wait on un-acquired lock").into());
        }
        let mut turn = NotificationWait { waiters: &self.waiters, wait: self.waiters.wait_at(at), passes_on: None };
        let holder = self.lock.suspend()?;
        let mut cancelled: Option<Error> = (&mut turn.wait).await.err();
        turn.passes_on = Some(true);
        while let Err(error) = self.lock.acquire_at(at).await {
            cancelled = Some(error);
        }
        self.lock.resume(holder);
        turn.passes_on = Some(cancelled.is_some());
        cancelled.map_or(Ok(()), Err)
    }

    /// Waits until `predicate` holds. It is called at once, and again after each notification.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    ///
    /// # Cancellation
    ///
    /// Like [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_for<P: FnMut() -> bool>(&self, predicate: P) -> impl Future<Output = Result<()>> + use<P> {
        let (condition, at) = (self.clone(), Location::caller());
        async move { condition.wait_for_at(predicate, at).await }
    }

    pub(crate) async fn wait_for_at(&self, mut predicate: impl FnMut() -> bool, at: Caller) -> Result<()> {
        while !predicate() {
            self.wait_at(at).await?;
        }
        Ok(())
    }

    /// Wakes up to `n` waiting tasks, in the order in which they came. Each goes on once it has the lock.
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

    /// Wakes all waiting tasks. Each goes on once it has the lock.
    ///
    /// # Errors
    ///
    /// Those of [`notify`](Self::notify).
    pub fn notify_all(&self) -> Result<(), RuntimeError> {
        self.notify(self.waiters.len())
    }

    /// Like `notify_all`, for a task that may have been dropped and so have lost the lock.
    pub(crate) fn wake_all(&self) {
        self.waiters.wake_all();
    }
}

/// A wait for a notification. If it fails after it may have been notified, it passes the notification on.
struct NotificationWait<'a> {
    waiters: &'a WaitQueue,
    wait: LineWait,
    /// Set when the wait has ended: must another waiter be notified? Before that, it depends on whether this waiter was woken.
    passes_on: Option<bool>,
}

impl Drop for NotificationWait<'_> {
    fn drop(&mut self) {
        let woken = self.wait.leave();
        if self.passes_on.unwrap_or(woken) {
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

/// Holds the lock of a [`Condition`] and releases it when dropped.
#[doc(alias = "__aexit__")]
#[must_use = "the lock is released when the guard goes"]
#[derive(Debug)]
pub struct ConditionGuard {
    _held: LockGuard,
    condition: Condition,
}

/// The guard has the methods of its condition.
impl std::ops::Deref for ConditionGuard {
    type Target = Condition;

    fn deref(&self) -> &Condition {
        &self.condition
    }
}
