//! `Gate`: between the system and the loops of a thread, so that a test can decide when they get reports about their
//! descriptors.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::selector::Found;

/// Holds back the reports of the system about descriptors.
#[doc(hidden)]
pub trait Gate {
    /// Takes the reports that were held back. If there are any, the loop does not sleep.
    fn take_held(&self) -> Vec<Found>;

    /// Returns those of the reports in `found` that the loop gets now. It wanted to wait at most `timeout`.
    fn pass(&self, timeout: Option<Duration>, found: Vec<Found>) -> Vec<Found>;
}

thread_local! {
    static GATE: RefCell<Option<Rc<dyn Gate>>> = const { RefCell::new(None) };
}

/// Sets the gate of this thread's loops, and returns the previous one.
#[doc(hidden)]
pub fn set_gate(gate: Option<Rc<dyn Gate>>) -> Option<Rc<dyn Gate>> {
    GATE.try_with(|place| place.replace(gate)).ok().flatten()
}

pub(crate) fn gate() -> Option<Rc<dyn Gate>> {
    GATE.try_with(|place| place.borrow().clone()).ok().flatten()
}
