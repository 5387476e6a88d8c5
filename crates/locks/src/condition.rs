//! `Condition`: waiting, with a lock, for something to become true.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{Error, LineWait, Result, RuntimeError, WaitQueue};

use crate::Place;
use crate::lock::{Lock, LockGuard};

/// A lock together with a line of tasks that wait for a change: `asyncio.Condition`.
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
    /// A condition with a lock of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_lock(Lock::new())
    }

    /// A condition on a lock that others may share.
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
    #[must_use]
    pub fn with_lock(lock: Lock) -> Self {
        Self { lock, waiters: Rc::new(WaitQueue::new("Condition")) }
    }

    /// A condition that is part of something else, under whose name its waits are reported.
    pub(crate) fn of(class: &'static str) -> Self {
        Self { lock: Lock::new(), waiters: Rc::new(WaitQueue::new(class)) }
    }

    /// Waits for the lock and gives a guard that releases it when dropped: `async with condition:`.
    ///
    /// # Errors
    ///
    /// As [`Lock::acquire`].
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = Result<ConditionGuard>> + use<> {
        self.clone().lock_at(Location::caller())
    }

    pub(crate) async fn lock_at(self, at: Place) -> Result<ConditionGuard> {
        Ok(ConditionGuard { _held: self.lock.clone().lock_at(at).await?, condition: self })
    }

    /// Waits for the lock and takes it. See [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<()>> + use<> {
        self.lock.acquire()
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
    /// cancellation, even a repeated one, never leaves it without. Of several the last one is raised. Another waiter is
    /// woken in its place, since the notification may have been meant for this one.
    ///
    /// Dropped instead of cancelled, it cannot take the lock again: the guard then holds nothing.
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

    async fn wait_at(&self, at: Place) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot wait on un-acquired lock").into());
        }
        let mut turn = Turn { waiters: &self.waiters, wait: self.waiters.wait_at(at), passes_on: None };
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

    /// Waits until `predicate` holds, asking each time it is notified.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_for<P: FnMut() -> bool>(&self, predicate: P) -> impl Future<Output = Result<()>> + use<P> {
        let (condition, at) = (self.clone(), Location::caller());
        async move { condition.wait_for_at(predicate, at).await }
    }

    pub(crate) async fn wait_for_at(&self, mut predicate: impl FnMut() -> bool, at: Place) -> Result<()> {
        while !predicate() {
            self.wait_at(at).await?;
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

/// A wait for a notification. One that ends badly once it may have been notified passes the notification on.
struct Turn<'a> {
    waiters: &'a WaitQueue,
    wait: LineWait,
    /// Whether, the wait being over, somebody else is to be notified. While it lasts, that depends on whether it was woken.
    passes_on: Option<bool>,
}

impl Drop for Turn<'_> {
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
