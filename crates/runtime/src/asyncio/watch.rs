//! The methods of `Scheduled` and `Choices`, for observers and policies.

use std::borrow::Cow;
use std::fmt;

use asyncio_errors::names::function_name;

use crate::kernel::{AnyTask, Choices, Scheduled, ScheduledId, Target};

impl Scheduled {
    /// Identifies it among others.
    #[must_use]
    pub fn id(&self) -> ScheduledId {
        self.id
    }

    /// Is it a timer? Else it is a callback.
    #[must_use]
    pub fn is_timer(&self) -> bool {
        self.id.is_of_timer()
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

    /// What it runs: a function, as reports name it; `sleep` or `timeout` for their timers.
    #[must_use]
    pub fn describe(&self) -> Cow<'static, str> {
        match &self.target {
            Target::Call(run) => run.describe().into(),
            Target::Remote(type_name) => format!("{}()", function_name(type_name())).into(),
            Target::Wake(_) => "sleep".into(),
            Target::Cancel(_) => "timeout".into(),
            Target::Nothing => "cancelled".into(),
        }
    }
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} {}>", if self.is_timer() { "TimerHandle" } else { "Handle" }, self.describe())
    }
}

impl fmt::Debug for Choices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |index| {
            self.task(index).map_or_else(|| format!("{:?}", self.scheduled(index)), |task| task.get_name().to_string())
        };
        f.debug_list().entries((0..self.len()).map(name)).finish()
    }
}
