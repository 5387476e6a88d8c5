//! What can be ready to run in a loop, and the `Run` trait of everything that is not a task.
//!
//! One kind of object serves callbacks of the user, done-callbacks and timers: something that can run, with a number
//! that tells it which of its registrations it is.

use crate::timers::TimerKey;

/// A task that is to take its next step.
pub(crate) type Runnable = async_task::Runnable<Home>;

/// Where a task belongs. Kept in async-task's metadata rather than in its schedule function: around a function that holds
/// something async-task clones and drops a waker for each wake-up.
pub(crate) struct Home {
    pub(crate) shared: std::sync::Arc<crate::remote::Shared>,
    /// The task's slot in the registry of its loop.
    pub(crate) slot: u32,
}

/// An entry of the ready queue. Kept to three words: the queue is the hottest memory of the loop.
pub(crate) enum Ready {
    /// The next step of a task.
    Task(Runnable),
    /// A timer that is due.
    Timer(TimerKey),
    /// A callback.
    Call(std::rc::Rc<dyn Run>, u32),
}

/// Something that the loop can run later.
pub(crate) trait Run {
    /// Called when it is put into the ready queue; the place to take hold of what must live until it runs.
    fn queued(&self, _key: u32) {}

    fn run(&self, key: u32);

    /// How it reads in a task's `cb=[…]`: `name() at file:line`.
    fn describe(&self) -> String;
}
