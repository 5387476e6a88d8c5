//! `Barrier`: a fixed number of tasks that wait for each other.

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::{Result, ValueError};

use crate::Caller;
use crate::condition::Condition;

/// The error of a task whose barrier was aborted, or reset while the task waited: `asyncio.BrokenBarrierError`.
///
/// # Examples
///
/// ```
/// use asyncio::{Barrier, BrokenBarrierError, create_task, run, sleep};
///
/// run(async {
///     let barrier = Barrier::new(2)?;
///     let waiting = create_task(barrier.wait());
///     sleep(0).await?;
///     assert_eq!((barrier.n_waiting(), barrier.parties()), (1, 2));
///     barrier.abort().await?;
///     assert!(waiting.await.unwrap_err().is::<BrokenBarrierError>());
///     assert!(barrier.broken());
///     assert_eq!(barrier.wait().await.unwrap_err().to_string(), "Barrier aborted");
///     barrier.reset().await?;
///     assert!(!barrier.broken());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BrokenBarrierError {
    message: &'static str,
}

impl fmt::Display for BrokenBarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Debug for BrokenBarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokenBarrierError('{}')", self.message)
    }
}

impl StdError for BrokenBarrierError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BarrierState {
    /// Tasks arrive and wait for the others.
    Filling,
    /// All tasks have arrived and are leaving. A task that arrives now waits for the next round.
    Draining,
    /// The barrier is being reset: the waiting tasks leave with an error.
    Resetting,
    Broken,
}

/// Tasks wait until a given number of them has arrived: `asyncio.Barrier`.
///
/// # Examples
///
/// ```
/// use asyncio::{Barrier, gather, run};
///
/// run(async {
///     let barrier = Barrier::new(3)?;
///     let indices = gather((0..3).map(|_| {
///         let barrier = barrier.clone();
///         async move { barrier.wait().await }
///     }));
///     assert_eq!(indices.await?, [0, 1, 2]);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Barrier {
    inner: Rc<Inner>,
}

struct Inner {
    changed: Condition,
    parties: usize,
    state: Cell<BarrierState>,
    /// The number of tasks that have arrived and not left yet.
    count: Cell<usize>,
}

impl Barrier {
    /// Creates a barrier for `parties` tasks.
    ///
    /// # Errors
    ///
    /// `ValueError: parties must be >= 1` for zero.
    pub fn new(parties: usize) -> Result<Self, ValueError> {
        if parties < 1 {
            return Err(ValueError::new("parties must be >= 1"));
        }
        let (state, count) = (Cell::new(BarrierState::Filling), Cell::new(0));
        Ok(Self { inner: Rc::new(Inner { changed: Condition::of("Barrier"), parties, state, count }) })
    }

    /// Waits until all tasks have arrived, and returns this task's position in the order of arrival, from 0. A task
    /// that arrives while the last round is still leaving waits for the next round.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrierError`] if the barrier is broken, is aborted during the wait, or is reset. `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The task does not count as arrived. If all tasks had arrived before, the others are released all the same.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = Result<usize>> + use<> {
        self.clone().wait_at(Location::caller())
    }

    async fn wait_at(self, at: Caller) -> Result<usize> {
        let inner = &*self.inner;
        let changed = inner.changed.clone().lock_at(at).await?;
        changed
            .wait_for_at(|| !matches!(inner.state.get(), BarrierState::Draining | BarrierState::Resetting), at)
            .await?;
        if inner.state.get() == BarrierState::Broken {
            return Err(BrokenBarrierError { message: "Barrier aborted" }.into());
        }
        let index = inner.count.get();
        inner.count.set(index + 1);
        let _inside = Inside(inner);
        if index + 1 == inner.parties {
            inner.state.set(BarrierState::Draining);
            changed.notify_all()?;
            return Ok(index);
        }
        changed.wait_for_at(|| inner.state.get() != BarrierState::Filling, at).await?;
        match inner.state.get() {
            BarrierState::Broken | BarrierState::Resetting => {
                Err(BrokenBarrierError { message: "Abort or reset of barrier" }.into())
            }
            BarrierState::Filling | BarrierState::Draining => Ok(index),
        }
    }

    /// Resets the barrier to its initial state. Tasks that are waiting get a [`BrokenBarrierError`].
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// No cancellation arrives here: this never waits.
    #[track_caller]
    pub fn reset(&self) -> impl Future<Output = Result<()>> + use<> {
        self.clone().change(
            |inner| if inner.count.get() > 0 { BarrierState::Resetting } else { BarrierState::Filling },
            Location::caller(),
        )
    }

    /// Breaks the barrier until it is reset. Tasks that are waiting, and those that arrive later, get a
    /// [`BrokenBarrierError`].
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// No cancellation arrives here: this never waits.
    #[track_caller]
    pub fn abort(&self) -> impl Future<Output = Result<()>> + use<> {
        self.clone().change(|_| BarrierState::Broken, Location::caller())
    }

    async fn change(self, state: fn(&Inner) -> BarrierState, at: Caller) -> Result<()> {
        let inner = &*self.inner;
        let changed = inner.changed.clone().lock_at(at).await?;
        inner.state.set(state(inner));
        Ok(changed.notify_all()?)
    }

    /// The number of tasks that the barrier waits for.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.inner.parties
    }

    /// The number of tasks that have arrived and are waiting.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        if self.inner.state.get() == BarrierState::Filling { self.inner.count.get() } else { 0 }
    }

    /// Is the barrier broken?
    #[must_use]
    pub fn broken(&self) -> bool {
        self.inner.state.get() == BarrierState::Broken
    }
}

/// A task inside the barrier. When the last one leaves, the barrier opens again.
struct Inside<'a>(&'a Inner);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let inner = self.0;
        inner.count.set(inner.count.get() - 1);
        if inner.count.get() == 0 {
            if matches!(inner.state.get(), BarrierState::Resetting | BarrierState::Draining) {
                inner.state.set(BarrierState::Filling);
            }
            inner.changed.wake_all();
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.inner.state.get() {
            BarrierState::Filling => "filling",
            BarrierState::Draining => "draining",
            BarrierState::Resetting => "resetting",
            BarrierState::Broken => return f.write_str("<Barrier [broken]>"),
        };
        write!(f, "<Barrier [{state}, waiters:{}/{}]>", self.n_waiting(), self.parties())
    }
}
