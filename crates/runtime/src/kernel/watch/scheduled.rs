//! `Scheduled`, the view of a callback or a timer for observers and policies.

use std::rc::Rc;

use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::ready::{Other, Run};
use crate::kernel::event_loop::timers::TimerKey;
use crate::kernel::handle::AnyTask;

/// A callback or a timer: something that a loop runs and that is not a step of a task.
///
/// Its `Debug` names it as reports do: `<Handle name()>`.
pub struct Scheduled {
    pub(crate) id: ScheduledId,
    pub(crate) target: Target,
}

/// Identifies a callback or timer among those of its loop that have not run. After it has run, another may get its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduledId(ScheduledKind, usize, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ScheduledKind {
    Call,
    Timer,
    Remote,
}

impl ScheduledId {
    pub(crate) fn is_of_timer(self) -> bool {
        self.0 == ScheduledKind::Timer
    }
}

/// What it does.
pub(crate) enum Target {
    /// Calls a function.
    Call(Rc<dyn Run>),
    /// Calls a function with this name, which another thread has handed in.
    Remote(fn() -> &'static str),
    /// Ends a sleep, of this task, unless the waker is another crate's.
    Wake(Option<AnyTask>),
    /// Ends a time limit.
    Cancel(AnyTask),
    /// Nothing: the timer was cancelled.
    Nothing,
}

impl Scheduled {
    pub(in crate::kernel) fn of(other: &Other, core: &LoopCore) -> Self {
        match other {
            Other::Timer(key) => Self::timer(*key, core),
            Other::Call(run, key) => Self::call(Rc::clone(run), *key),
            Other::Remote(call) => {
                let id = ScheduledId(ScheduledKind::Remote, std::ptr::from_ref(&**call).addr(), 0);
                Self { id, target: Target::Remote(call.type_name) }
            }
        }
    }

    pub(crate) fn call(run: Rc<dyn Run>, key: u32) -> Self {
        let id = ScheduledId(ScheduledKind::Call, Rc::as_ptr(&run).addr(), key);
        Self { id, target: Target::Call(run) }
    }

    pub(in crate::kernel) fn timer(key: TimerKey, core: &LoopCore) -> Self {
        let id = ScheduledId(ScheduledKind::Timer, key.slot as usize, key.seq);
        Self { id, target: core.timers.borrow().target(key) }
    }
}
