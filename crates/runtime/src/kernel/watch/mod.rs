//! The extension points: observers of a loop, and a policy that chooses what runs next.
//!
//! Neither costs anything until it is used: the hot paths test one flag, [`LoopCore::instrumented`], and everything else is
//! here.

mod event;
mod policy;
mod scheduled;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

pub use event::{LoopEvent, Observer};
pub(in crate::kernel) use policy::Policy;
pub use policy::{Choices, SchedulingPolicy};
pub(crate) use scheduled::Target;
pub use scheduled::{Scheduled, ScheduledId};

use crate::kernel::event_loop::LoopCore;
use crate::kernel::handle::AnyTask;

/// All observers of a loop, in the order in which they were added.
pub(in crate::kernel) type Observers = RefCell<Option<Rc<[Rc<dyn Observer>]>>>;

impl LoopCore {
    pub(crate) fn add_observer(&self, observer: Rc<dyn Observer>) {
        let others = self.observers.borrow().clone();
        let all = others.iter().flat_map(|others| others.iter()).cloned().chain([observer]).collect();
        self.observers.replace(Some(all));
        self.note_instruments();
    }

    /// Returns whether it was there.
    pub(crate) fn remove_observer(&self, observer: &Rc<dyn Observer>) -> bool {
        let Some(all) = self.observers.borrow().clone() else { return false };
        let left: Rc<[_]> = all.iter().filter(|other| !Rc::ptr_eq(other, observer)).cloned().collect();
        let found = left.len() < all.len();
        self.observers.replace((!left.is_empty()).then_some(left));
        self.note_instruments();
        found
    }

    pub(crate) fn set_policy(&self, policy: Option<Box<dyn SchedulingPolicy>>) {
        self.policy.replace(policy.map(|policy| Rc::new(RefCell::new(policy))));
        self.note_instruments();
    }

    /// Must be called when the observers or the policy have changed.
    pub(crate) fn note_instruments(&self) {
        let seams = self.observers.borrow().is_some() || self.policy.borrow().is_some();
        self.instrumented.set(seams);
    }

    /// Reports an event to the observers, if there are any.
    #[inline]
    pub(crate) fn tell<'a>(&self, event: impl FnOnce() -> LoopEvent<'a>) {
        if self.instrumented.get() {
            self.tell_all(event());
        }
    }

    #[cold]
    pub(in crate::kernel) fn tell_all(&self, event: LoopEvent<'_>) {
        // Not borrowed meanwhile: an observer may add and remove others.
        let Some(observers) = self.observers.borrow().clone() else { return };
        let tell = || observers.iter().for_each(|observer| observer.event(event));
        if std::thread::panicking() {
            // In a destructor: a second panic would end the process.
            let _ = catch_unwind(AssertUnwindSafe(tell));
        } else {
            tell();
        }
    }

    /// Reports tasks that were woken at a time when they could not be reported one by one.
    #[cold]
    pub(in crate::kernel) fn tell_woken(&self, tasks: Vec<AnyTask>) {
        tasks.iter().for_each(|task| self.tell_all(LoopEvent::Woken(task)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;

    struct Sees;

    impl Observer for Sees {
        fn event(&self, _: LoopEvent<'_>) {}
    }

    #[test]
    fn a_loop_asks_one_flag_which_is_set_as_long_as_there_is_an_observer_or_a_policy() {
        struct First;
        impl SchedulingPolicy for First {
            fn next(&mut self, _: &Choices<'_>) -> usize {
                0
            }
        }
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        let observers = [(); 2].map(|()| Rc::new(Sees) as Rc<dyn Observer>);
        assert!(!event_loop.instrumented.get());
        observers.iter().for_each(|observer| event_loop.add_observer(Rc::clone(observer)));
        assert!(event_loop.instrumented.get());
        assert!(event_loop.remove_observer(&observers[0]));
        assert!(event_loop.instrumented.get());
        assert!(event_loop.remove_observer(&observers[1]));
        assert!(!event_loop.instrumented.get());
        event_loop.set_policy(Some(Box::new(First)));
        assert!(event_loop.instrumented.get());
        event_loop.set_policy(None);
        assert!(!event_loop.instrumented.get());
    }
}
