//! `Gate`: stands between the system and the loops of a thread, so that a test decides when they hear of their descriptors.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::selector::Found;

/// Holds back what the system says of descriptors.
#[doc(hidden)]
pub trait Gate {
    /// Takes what was held back. If there is any, the loop does not sleep before it goes on.
    fn take_held(&self) -> Vec<Found>;

    /// What the loop hears of, of what was found. It wanted to wait so long at most.
    fn pass(&self, timeout: Option<Duration>, found: Vec<Found>) -> Vec<Found>;
}

thread_local! {
    static GATE: RefCell<Option<Rc<dyn Gate>>> = const { RefCell::new(None) };
}

/// Sets the gate of this thread's loops, and returns the one before.
#[doc(hidden)]
pub fn set_gate(gate: Option<Rc<dyn Gate>>) -> Option<Rc<dyn Gate>> {
    GATE.try_with(|place| place.replace(gate)).ok().flatten()
}

pub(crate) fn gate() -> Option<Rc<dyn Gate>> {
    GATE.try_with(|place| place.borrow().clone()).ok().flatten()
}
