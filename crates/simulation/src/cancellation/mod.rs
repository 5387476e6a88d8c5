//! `check_cancellation` cancels and drops a coroutine at each of its awaits, and checks what it leaves behind.
//!
//! A cancellation is an await that fails, and each await is one more way out of a function. The core idea: run the function once
//! undisturbed, and count how often it suspends. Then run it again for each of these awaits and each way of ending it there, on a
//! loop of its own, and look at what it has left behind.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `mod` | the options |
//! | `interruption` | at which await, how and when a run is ended; the future and the observer that do it |
//! | `trial` | one run, and the checks at its end |
//! | `afterwards` | the scenario's own assertions |
//! | `report` | what was found |

mod afterwards;
mod interruption;
mod report;
mod trial;

use std::future::Future;
use std::rc::Rc;

pub use afterwards::afterwards;
use asyncio_errors::Result;
pub use interruption::Interruption;
use interruption::{InterruptionTime, Way};
pub use report::{CancellationFailure, CancellationReport};
use trial::{Counter, Trial};

use crate::report::Failure;

/// Cancels and drops a coroutine at each of its awaits, and looks for what it leaves behind.
///
/// `scenario` makes the objects that the coroutine works with, and returns the coroutine, the *target*. It is called within a
/// loop, so it may create tasks: these are the *companions*, which go on when the target has ended. Every run has a new loop with
/// a virtual clock, and a new call of `scenario`.
///
/// At each await the target is ended in four ways, each in a run of its own: it is cancelled or dropped, at once or when it has been
/// woken and not yet run. It is also cancelled before its first step. Each time,
///
/// - a cancelled target must end with the `CancelledError`, unless [`allow_suppression`](CheckCancellation::allow_suppression) is
///   set;
/// - no task that the target created may still exist when nothing is ready any more;
/// - the companions must end: a lock that stays locked, or a lost item, shows as a deadlock, whose report says which task waits
///   for what;
/// - every [`invariant`](crate::invariant()) must hold after each step, and the asserts of [`afterwards`] at the end;
/// - the numbers that [`unchanged`](CheckCancellation::unchanged) counts, such as open descriptors or bytes, must be as before;
/// - nothing may panic or reach the exception handler.
///
/// # Examples
///
/// A permit is released after the work, but not if the work is cancelled:
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::simulation::{afterwards, check_cancellation};
/// use asyncio::sleep;
///
/// let worker = || {
///     let permits = Rc::new(Cell::new(1));
///     let left = Rc::clone(&permits);
///     afterwards(move || assert_eq!(left.get(), 1, "one permit is expected"));
///     async move {
///         permits.set(permits.get() - 1);
///         sleep(1).await?;
///         permits.set(permits.get() + 1);
///         Ok(())
///     }
/// };
/// let report = check_cancellation(worker).run();
/// assert_eq!(report.awaits, 1);
/// assert!(report.to_string().contains("cancelled at await 1, at once: panic at"));
/// ```
#[must_use = "nothing runs before `run` or `check`"]
pub fn check_cancellation<F, M, T>(scenario: F) -> CheckCancellation<F>
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    let scenario = Rc::new(scenario);
    CheckCancellation { scenario, may_suppress: false, awaits: 1000, counters: Vec::new() }
}

/// The options of a check; made by [`check_cancellation`].
#[must_use = "nothing runs before `run` or `check`"]
pub struct CheckCancellation<F> {
    scenario: Rc<F>,
    may_suppress: bool,
    awaits: u64,
    counters: Vec<Counter>,
}

impl<F, M, T> CheckCancellation<F>
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    /// Allows the target to suppress a cancellation, and to end without the `CancelledError`.
    pub fn allow_suppression(mut self) -> Self {
        self.may_suppress = true;
        self
    }

    /// Sets up to which await the target is ended. It is 1000 by default.
    pub fn awaits(mut self, awaits: u64) -> Self {
        self.awaits = awaits;
        self
    }

    /// Requires `count` to return the same number before and after each run, for example of open descriptors, children or bytes.
    /// Reports name it `what`. It is called in this thread, before the loop is made and after it is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicI64, Ordering};
    ///
    /// use asyncio::{simulation::check_cancellation, sleep};
    ///
    /// static CONNECTIONS: AtomicI64 = AtomicI64::new(0);
    ///
    /// let request = || async {
    ///     CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    ///     let answered = sleep(1).await;
    ///     CONNECTIONS.fetch_sub(1, Ordering::Relaxed); // not reached by a future that is dropped
    ///     answered
    /// };
    /// let open = || CONNECTIONS.load(Ordering::Relaxed);
    /// let report = check_cancellation(request).unchanged("connections", open).run();
    /// assert!(report.to_string().contains("dropped at await 1, at once: connections: 1 more than before"));
    /// ```
    pub fn unchanged(mut self, what: impl Into<String>, count: impl Fn() -> i64 + 'static) -> Self {
        self.counters.push(Counter { what: what.into(), count: Box::new(count) });
        self
    }

    /// Runs the whole check, and returns what was found.
    pub fn run(self) -> CancellationReport {
        let mut report = CancellationReport::default();
        let trial = |interruption| Trial {
            scenario: &self.scenario,
            interruption,
            may_suppress: self.may_suppress,
            counters: &self.counters,
        };
        // The first run absorbs what is allocated once in a process or a thread; the second counts the awaits.
        let undisturbed = trial(None).run_uncounted().and_then(|_| trial(None).run());
        report.runs = 2;
        match undisturbed {
            Ok(awaits) => report.awaits = awaits,
            Err(failure) => {
                report.failures.push(CancellationFailure { interruption: None, at: None, failure });
                return report;
            }
        }
        let mut disturb = |way, moment, number| {
            let interruption = Some(Interruption { way, moment, number });
            report.runs += 1;
            if let Err(failure) = trial(interruption).run() {
                let at = trial(interruption).location();
                report.failures.push(CancellationFailure { interruption, at, failure });
            }
        };
        disturb(Way::Cancel, InterruptionTime::AtOnce, 0);
        for number in 1..=report.awaits.min(self.awaits) {
            for way in [Way::Cancel, Way::Drop] {
                disturb(way, InterruptionTime::AtOnce, number);
                disturb(way, InterruptionTime::WhenWoken, number);
            }
        }
        report
    }

    /// Runs the whole check, and panics with the report if anything is left behind.
    ///
    /// # Panics
    ///
    /// If a run fails.
    #[track_caller]
    pub fn check(self) {
        let report = self.run();
        assert!(report.failures.is_empty(), "{report}");
    }
}

/// The result of a run, or the way in which it failed.
type TrialEnd<T> = std::result::Result<T, Failure>;
