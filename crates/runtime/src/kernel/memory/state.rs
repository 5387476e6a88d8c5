//! The states of a future and of a task, and the cancellation that may be on its way to a task.
//!
//! A plain future and a group begin as `Pending`; a task begins as `New`:
//!
//! ```text
//!              first step                 result           Finished
//!     New ------------------> Pending ------------------>
//!      |                       |   |      exception        Failed
//!      |                       |   +-------------------->
//!      | abort           abort |   |      cancelled        Cancelled
//!      |                       |   +-------------------->
//!      +-----> Aborted <-------+
//!                 |
//!                 | its next step drops the coroutine
//!                 +------------------------------------->  Cancelled
//! ```
//!
//! A pending task is `Visited` while the step of another task polls its coroutine (`kernel/task/visit`).
//!
//! A task that is cancelled before its first step goes through `Pending` in that step, like any other. A done future stays as
//! it is, except that `Gather` may reopen its own.

/// The state of a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A task that has not taken its first step.
    New,
    /// Not done. For a task: it has taken its first step.
    Pending,
    /// A suspended task whose coroutine is polled in the step of another task.
    Visited,
    /// A task that drops its coroutine at the next step.
    Aborted,
    Cancelled,
    /// With an exception.
    Failed,
    /// With a result.
    Finished,
}

impl State {
    #[inline]
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed | Self::Finished)
    }
}

/// A cancellation that is on its way to a task.
///
/// ```text
///     None --- requested while the task runs, or waits on something that cannot be cancelled ---> Must
///     None --- requested while it waits: the wait is over ---> Wait
///     Must --- the task begins a wait that can be cancelled ---> Wait, or None if a future takes the request on
///     Must, Wait --- raised by the next await, or the task is done ---> None
///
///     Must --- the task is resumed ---> Late
///     Late, Wait --- it waits on something foreign again: it is resumed at once ---> Forced
///     Forced --- raised by the innermost block that can drop its content, or the end of the task ---> None
/// ```
///
/// In all other respects `Late` is `Must`. If all waits of a program are of this crate, it never reaches `Forced`, because its
/// waits raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingCancel {
    None,
    /// It is raised at the next step: `Task._must_cancel`.
    Must,
    /// It should have been raised when the task was resumed, but has not been yet.
    Late,
    /// Nothing that the task waits on will ever raise it, so the innermost block does, and drops its content.
    Forced,
    /// It has ended the current wait, which raises it once the task is resumed.
    Wait,
}

impl PendingCancel {
    /// Must the task's next await raise it?
    pub(crate) fn is_due(self) -> bool {
        matches!(self, Self::Must | Self::Late)
    }
}
