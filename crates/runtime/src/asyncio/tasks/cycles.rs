//! Reference cycles that last until a future completes: a group, or a shield, over futures that the program has to complete.
//!
//! The future owns the callback that will notify the group, and the group owns the future, to cancel it. Python's garbage
//! collector finds such a cycle. Here the loop keeps a list of waiters that may be part of one, and breaks the cycles when it
//! closes, because no future can complete any more. (Tasks need none of this: a loop that closes ends them.)

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::kernel::{LoopCore, Phase, Run, Tenant};

/// Records a waiter that may be part of a cycle: it owns the futures that it waits for, and their callbacks own it.
pub(crate) fn may_own_itself(event_loop: &LoopCore, run: Rc<dyn Run>) {
    if event_loop.is_closed() {
        run.cut();
    } else {
        event_loop.tenants.of::<Cycles>().note(Rc::downgrade(&run));
    }
}

/// Waiters that may be part of a cycle. They are held weakly.
#[derive(Default)]
struct Cycles(RefCell<Vec<Weak<dyn Run>>>);

impl Tenant for Cycles {
    fn phase(&self) -> Phase {
        Phase::Cycles
    }

    fn close(self: Rc<Self>) {
        self.cut();
    }
}

impl Cycles {
    fn note(&self, run: Weak<dyn Run>) {
        let mut noted = self.0.borrow_mut();
        if noted.len() == noted.capacity() {
            // A weak reference keeps the memory of a dropped waiter. The list grows only if half of its waiters are still
            // alive.
            noted.retain(|run| run.strong_count() > 0);
            let room = noted.len().max(4);
            noted.reserve(room);
        }
        noted.push(run);
    }

    /// Makes all waiters drop the futures that they wait for.
    fn cut(&self) {
        self.0.take().iter().filter_map(Weak::upgrade).for_each(|run| run.cut());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::kernel::Text;

    struct Counts(Rc<Cell<u32>>);

    impl Run for Counts {
        fn run(&self, _: u32) {}

        fn cut(&self) {
            self.0.set(self.0.get() + 1);
        }

        fn describe(&self) -> Text {
            "counts".into()
        }
    }

    #[test]
    fn what_is_gone_takes_no_room_and_what_is_left_is_cut_once() {
        let (cycles, cut) = (Cycles::default(), Rc::new(Cell::new(0)));
        let make = || Rc::new(Counts(Rc::clone(&cut))) as Rc<dyn Run>;
        let kept: Vec<_> = (0..3).map(|_| make()).collect();
        for run in &kept {
            cycles.note(Rc::downgrade(run));
            (0..1000).for_each(|_| cycles.note(Rc::downgrade(&make())));
        }
        assert!(cycles.0.borrow().capacity() < 32);
        cycles.cut();
        cycles.cut();
        assert_eq!(cut.get(), 3);
    }
}
