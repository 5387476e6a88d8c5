//! Reports from descriptors as a part of the schedule: that a signal came, that a child has ended, that bytes have arrived.
//!
//! A schedule cannot decide when the system reports something. But the reports that a loop finds can be held back until it
//! looks again and, if it would sleep, until its next timer is due. The tape is asked about that each time that a look finds
//! anything.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use asyncio_clock::{Clock, advance_virtual};
use asyncio_runtime::get_running_loop;
use asyncio_selectors::gate::Gate;
use asyncio_selectors::selector::Found;

use crate::fault::Fault;
use crate::tape::Tape;

/// Keys below this are level-triggered: the system reports the same again at the next look.
const LEVEL: usize = 1 << 31;

pub(crate) struct Reports {
    tape: Rc<RefCell<Tape>>,
    held: RefCell<Vec<Found>>,
}

impl Reports {
    pub(crate) fn new(tape: &Rc<RefCell<Tape>>) -> Rc<Self> {
        Rc::new(Self { tape: Rc::clone(tape), held: RefCell::default() })
    }
}

impl Gate for Reports {
    fn take_held(&self) -> Vec<Found> {
        self.held.take()
    }

    fn pass(&self, timeout: Option<Duration>, mut found: Vec<Found>) -> Vec<Found> {
        if found.is_empty() {
            return found;
        }
        // Without a timer, nothing could come before the reports.
        let possible = if timeout.is_some() { 2 } else { 1 };
        if self.tape.borrow_mut().ask_within(Fault::Report, 2, possible) == 0 {
            return found;
        }
        if let (Some(timeout), Ok(event_loop)) = (timeout, get_running_loop())
            && event_loop.clock() == Clock::Virtual
        {
            advance_virtual(event_loop.time() + timeout.as_secs_f64());
        }
        found.retain(|event| event.key >= LEVEL);
        self.held.replace(found);
        Vec::new()
    }
}
