//! What can be ready to run in a loop, and the `Run` trait of everything that is not a task.
//!
//! One kind of object serves callbacks of the user, done-callbacks and timers: something that can run, with a number
//! that tells it which of its registrations it is.

use crate::cell::TaskMemory;
use crate::futures::AnyFuture;
use crate::timers::TimerKey;

/// A task that is to take its next step. What async-task keeps beside the coroutine is the task's own cell.
pub(crate) type Runnable = async_task::Runnable<TaskMemory>;

/// An entry of the ready queue. Kept to three words: the queue is the hottest memory of the loop.
pub(crate) enum Ready {
    /// The next step of a task.
    Task(Runnable),
    /// A timer that is due.
    Timer(TimerKey),
    /// A callback.
    Call(std::rc::Rc<dyn Run>, u32),
}

/// The number under which a timer runs something.
pub(crate) const TIME_IS_UP: u32 = u32::MAX;

/// Something that the loop can run later.
pub(crate) trait Run {
    /// The future that it is registered with has completed, and it is about to be queued.
    fn completed(&self, _future: &AnyFuture) {}

    fn run(&self, key: u32);

    /// How it reads in a task's `cb=[…]`: `name() at file:line`.
    fn describe(&self) -> String;
}
