//! Invariants: what must be true after every step.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::panics;
use crate::report::Failure;

type Invariant = (Box<dyn Fn() -> bool>, &'static Location<'static>);

thread_local! {
    static SEARCHING: Cell<bool> = const { Cell::new(false) };
    /// The invariants of the program that runs in this thread.
    static INVARIANTS: RefCell<Vec<Invariant>> = const { RefCell::new(Vec::new()) };
}

/// Declares what must be true after every step of the program that is explored. Outside of an exploration it does nothing.
///
/// `holds` must not suspend or change anything, directly or through the loop. A panic in it counts as a violation.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{create_task, simulation::{Failure, explore, invariant}, sleep};
///
/// let withdraw = || async {
///     let balance = Rc::new(Cell::new(100));
///     let seen = Rc::clone(&balance);
///     invariant(move || seen.get() >= 0);
///     let task = || {
///         let balance = Rc::clone(&balance);
///         create_task(async move {
///             if balance.get() >= 80 {
///                 sleep(0).await?; // asks the bank
///                 balance.set(balance.get() - 80);
///             }
///             Ok(())
///         })
///     };
///     let (one, two) = (task(), task());
///     one.await?;
///     two.await
/// };
/// let found = explore(withdraw).run().failure.expect("both may ask before one withdraws");
/// assert!(matches!(found.failure, Failure::Invariant { .. }));
/// ```
#[track_caller]
pub fn invariant(holds: impl Fn() -> bool + 'static) {
    let at = Location::caller();
    if SEARCHING.get() {
        INVARIANTS.with_borrow_mut(|all| all.push((Box::new(holds), at)));
    }
}

/// Is a program being explored in this thread?
pub(crate) fn is_searching() -> bool {
    SEARCHING.get()
}

/// The first invariant that does not hold.
pub(crate) fn violated() -> Option<Failure> {
    // Asked at every step, and most programs have none.
    if INVARIANTS.with_borrow(Vec::is_empty) {
        return None;
    }
    // Moved out, so that nothing is borrowed while they run.
    let all = INVARIANTS.take();
    let holds = |(holds, _): &&Invariant| panics::quietly(|| catch_unwind(AssertUnwindSafe(holds))).unwrap_or_default();
    let violated =
        all.iter().find(|invariant| !holds(invariant)).map(|(_, at)| Failure::Invariant { at: at.to_string() });
    INVARIANTS.with_borrow_mut(|new| {
        let added = std::mem::replace(new, all);
        new.extend(added);
    });
    violated
}

/// As long as it lives, invariants are checked in this thread; then they are dropped.
pub(crate) struct Searching(());

impl Searching {
    pub(crate) fn begin() -> Self {
        SEARCHING.set(true);
        Self(())
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        SEARCHING.set(false);
        drop(INVARIANTS.take());
    }
}
