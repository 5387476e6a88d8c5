//! `Semaphore` and `BoundedSemaphore`: at most a given number of tasks at once.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{LineWait, Result, ValueError, WaitQueue};

use crate::Caller;

/// A counter of permits: `asyncio.Semaphore`.
///
/// [`permit`](Self::permit) returns a guard that releases the permit when it is dropped. With
/// [`acquire`](Self::acquire) and [`release`](Self::release) you do the same by hand.
///
/// # Examples
///
/// ```
/// use asyncio::{Semaphore, gather, run, sleep};
///
/// run(async {
///     let at_most_three = Semaphore::new(3)?;
///     gather((0..10).map(|_| {
///         let at_most_three = at_most_three.clone();
///         async move {
///             let _permit = at_most_three.permit().await?;
///             sleep(0.001).await
///         }
///     }))
///     .await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Semaphore {
    inner: Rc<Inner>,
}

/// The names in reports.
const SEMAPHORE: &str = "Semaphore";
const BOUNDED: &str = "BoundedSemaphore";

struct Inner {
    value: Cell<usize>,
    /// The limit that a release must not exceed.
    bound: usize,
    waiters: WaitQueue,
}

/// One permit, as in Python.
impl Default for Semaphore {
    fn default() -> Self {
        Self::with_bound(SEMAPHORE, 1, usize::MAX)
    }
}

impl Semaphore {
    /// Creates a semaphore with `value` permits.
    ///
    /// # Errors
    ///
    /// `ValueError: Semaphore initial value must be >= 0` for a negative number.
    pub fn new(value: isize) -> Result<Self, ValueError> {
        Ok(Self::with_bound(SEMAPHORE, checked(value)?, usize::MAX))
    }

    fn with_bound(class: &'static str, value: usize, bound: usize) -> Self {
        Self {
            inner: Rc::new(Inner {
                value: Cell::new(value),
                bound,
                waiters: WaitQueue::new(class).offering("a permit was released"),
            }),
        }
    }

    /// Would [`acquire`](Self::acquire) have to wait?
    #[must_use]
    pub fn locked(&self) -> bool {
        self.inner.locked()
    }

    /// Waits for a permit and returns a guard that releases it when dropped: `async with semaphore:`.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// A permit that was on its way goes to the next in line.
    #[doc(alias = "__aenter__")]
    #[track_caller]
    pub fn permit(&self) -> impl Future<Output = Result<SemaphorePermit>> + use<> {
        let (semaphore, at) = (self.clone(), Location::caller());
        async move {
            semaphore.inner.acquire(at).await?;
            Ok(SemaphorePermit { semaphore })
        }
    }

    /// Waits for a permit and takes it. **It returns no guard**: use [`permit`](Self::permit), unless you call
    /// [`release`](Self::release) yourself.
    ///
    /// `let _permit = semaphore.acquire().await?` compiles, and the permit stays taken. Does not suspend if there is a permit and no
    /// task is in line.
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// A permit that was on its way goes to the next in line.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<()>> + use<> {
        let (semaphore, at) = (self.clone(), Location::caller());
        async move {
            semaphore.inner.acquire(at).await?;
            semaphore.inner.waiters.set_acquired_by_hand(at, "permit()");
            Ok(())
        }
    }

    /// [`acquire`](Self::acquire) for `async with`, which releases the permit in any case.
    #[doc(hidden)]
    #[track_caller]
    pub fn acquire_for_block(&self) -> impl Future<Output = Result<()>> + use<> {
        let (semaphore, at) = (self.clone(), Location::caller());
        async move { semaphore.inner.acquire(at).await }
    }

    /// Releases a permit, or adds one; the first task in line gets it.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Semaphore, run};
    ///
    /// run(async {
    ///     let semaphore = Semaphore::new(1)?;
    ///     semaphore.acquire().await?;
    ///     assert!(semaphore.locked());
    ///     semaphore.release();
    ///     semaphore.release(); // one more than there were
    ///     let (_first, _second) = (semaphore.permit().await?, semaphore.permit().await?);
    ///     assert!(semaphore.locked());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn release(&self) {
        self.inner.waiters.set_released_by_hand();
        self.inner.release();
    }
}

fn checked(value: isize) -> Result<usize, ValueError> {
    usize::try_from(value).map_err(|_| ValueError::new("Semaphore initial value must be >= 0"))
}

impl Inner {
    fn locked(&self) -> bool {
        self.value.get() == 0 || !self.waiters.all_cancelled()
    }

    /// Takes a permit if there is one and no task is in line.
    fn take_at_once(&self) -> bool {
        let free = !self.locked();
        if free {
            self.value.set(self.value.get() - 1);
            self.waiters.set_acquired();
        }
        free
    }

    async fn acquire(&self, at: Caller) -> Result<()> {
        if self.take_at_once() { Ok(()) } else { self.wait_and_take(at).await }
    }

    async fn wait_and_take(&self, at: Caller) -> Result<()> {
        let mut turn = PermitWait { inner: self, wait: self.waiters.wait_at(at), taken: false };
        (&mut turn.wait).await?;
        turn.taken = true;
        self.waiters.set_acquired();
        Ok(())
    }

    /// Returns false if the semaphore has all its permits.
    fn release(&self) -> bool {
        let released = self.value.get() < self.bound;
        if released {
            self.value.set(self.value.get() + 1);
            self.wake_next();
        }
        released
    }

    /// Hands a permit to the first task in line.
    fn wake_next(&self) -> bool {
        let woken = self.waiters.wake_one();
        if woken {
            self.value.set(self.value.get() - 1);
        }
        woken
    }
}

/// A wait for a permit. A permit that was handed over but not taken is released, so that the next in line gets it.
struct PermitWait<'a> {
    inner: &'a Inner,
    wait: LineWait,
    taken: bool,
}

impl Drop for PermitWait<'_> {
    fn drop(&mut self) {
        if self.wait.leave() && !self.taken {
            self.inner.value.set(self.inner.value.get() + 1);
        }
        // Tasks that arrived meanwhile waited only to keep the order. Now they may go on.
        while self.inner.value.get() > 0 && self.inner.wake_next() {}
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f, SEMAPHORE)
    }
}

impl Semaphore {
    fn describe(&self, f: &mut fmt::Formatter<'_>, class: &str) -> fmt::Result {
        let state = match self.locked() {
            true => "locked".to_owned(),
            false => format!("unlocked, value:{}", self.inner.value.get()),
        };
        crate::describe(f, class, &state, self.inner.waiters.len())
    }
}

/// Holds a permit of a [`Semaphore`] and releases it when dropped.
#[doc(alias = "__aexit__")]
#[must_use = "the permit is given back when the guard goes"]
#[derive(Debug)]
pub struct SemaphorePermit {
    semaphore: Semaphore,
}

impl Drop for SemaphorePermit {
    fn drop(&mut self) {
        self.semaphore.inner.release();
    }
}

/// A semaphore that cannot be released more often than it was acquired: `asyncio.BoundedSemaphore`.
///
/// # Examples
///
/// ```
/// use asyncio::BoundedSemaphore;
///
/// let semaphore = BoundedSemaphore::new(1).unwrap();
/// assert_eq!(semaphore.release().unwrap_err().to_string(), "BoundedSemaphore released too many times");
/// ```
#[derive(Clone)]
pub struct BoundedSemaphore {
    semaphore: Semaphore,
}

/// One permit, as in Python.
impl Default for BoundedSemaphore {
    fn default() -> Self {
        Self { semaphore: Semaphore::with_bound(BOUNDED, 1, 1) }
    }
}

impl BoundedSemaphore {
    /// Creates a semaphore with `value` permits.
    ///
    /// # Errors
    ///
    /// `ValueError: Semaphore initial value must be >= 0` for a negative number.
    pub fn new(value: isize) -> Result<Self, ValueError> {
        let value = checked(value)?;
        Ok(Self { semaphore: Semaphore::with_bound(BOUNDED, value, value) })
    }

    /// Releases a permit; the first task in line gets it. If all permits are back already, dropping a
    /// [`SemaphorePermit`] does nothing, because a drop cannot fail.
    ///
    /// # Errors
    ///
    /// `ValueError: BoundedSemaphore released too many times`.
    pub fn release(&self) -> Result<(), ValueError> {
        self.semaphore.inner.waiters.set_released_by_hand();
        match self.semaphore.inner.release() {
            true => Ok(()),
            false => Err(ValueError::new("BoundedSemaphore released too many times")),
        }
    }
}

/// Its other methods are those of [`Semaphore`].
impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.semaphore
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.semaphore.describe(f, BOUNDED)
    }
}
