//! `Scheduled`, what observers and policies see of a callback or a timer.

use std::fmt;
use std::rc::Rc;

use crate::base::names::function_name;
use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::ready::{Other, Run};
use crate::kernel::event_loop::timers::TimerKey;
use crate::kernel::handle::AnyTask;

/// A callback or a timer: something that a loop runs and that is no step of a task.
///
/// Its `Debug` names it as reports do: `<Handle name()>`.
pub struct Scheduled {
    id: ScheduledId,
    target: Target,
}

/// What tells a callback or timer from others of its loop that have not run. When it has, another may get its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduledId(Kind, usize, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Call,
    Timer,
    Remote,
}

/// What it does.
pub(in crate::kernel) enum Target {
    /// Calls a function.
    Call(Rc<dyn Run>),
    /// Calls a function that another thread has handed in, of this name.
    Remote(fn() -> &'static str),
    /// Ends a sleep; of a task, unless the waker is another crate's.
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
                let id = ScheduledId(Kind::Remote, std::ptr::from_ref(&**call).addr(), 0);
                Self { id, target: Target::Remote(call.type_name) }
            }
        }
    }

    pub(crate) fn call(run: Rc<dyn Run>, key: u32) -> Self {
        let id = ScheduledId(Kind::Call, Rc::as_ptr(&run).addr(), key);
        Self { id, target: Target::Call(run) }
    }

    pub(in crate::kernel) fn timer(key: TimerKey, core: &LoopCore) -> Self {
        let (slot, seq) = key.parts();
        Self { id: ScheduledId(Kind::Timer, slot, seq), target: core.timers.borrow().target(key) }
    }

    /// What tells it from others.
    #[must_use]
    pub fn id(&self) -> ScheduledId {
        self.id
    }

    /// Is it a timer? Else it is a callback.
    #[must_use]
    pub fn is_timer(&self) -> bool {
        self.id.0 == Kind::Timer
    }

    /// The task that a timer wakes (at the end of a sleep) or cancels (at the end of a time limit).
    #[must_use]
    pub fn task(&self) -> Option<&AnyTask> {
        match &self.target {
            Target::Wake(task) => task.as_ref(),
            Target::Cancel(task) => Some(task),
            Target::Call(_) | Target::Remote(_) | Target::Nothing => None,
        }
    }

    /// What it runs: a function, as reports name it; `sleep` and `timeout` for the timers of these.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.target {
            Target::Call(run) => run.describe(),
            Target::Remote(type_name) => format!("{}()", function_name(type_name())),
            Target::Wake(_) => "sleep".to_owned(),
            Target::Cancel(_) => "timeout".to_owned(),
            Target::Nothing => "cancelled".to_owned(),
        }
    }
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} {}>", if self.is_timer() { "TimerHandle" } else { "Handle" }, self.describe())
    }
}
