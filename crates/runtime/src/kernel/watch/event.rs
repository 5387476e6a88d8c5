//! What an observer sees.

use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::watch::Scheduled;

/// Sees the events of a loop as they happen; see [`EventLoop::add_observer`](crate::EventLoop::add_observer).
///
/// It is called in the loop's thread, in the middle of the event, and must not run the loop. It may do anything else: query the
/// loop and its tasks, make and cancel tasks, add and remove observers. A panic in it unwinds through the loop.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{LoopEvent, Observer, Runner, create_task, sleep};
///
/// #[derive(Default)]
/// struct Steps(Cell<u32>);
///
/// impl Observer for Steps {
///     fn event(&self, event: LoopEvent<'_>) {
///         if let LoopEvent::StepBegins(_) = event {
///             self.0.set(self.0.get() + 1);
///         }
///     }
/// }
///
/// let steps = Rc::new(Steps::default());
/// let runner = Runner::new().observer(steps.clone());
/// runner.run(async { create_task(sleep(0)).await }).unwrap();
/// // `main` up to its await, the task up to its sleep and to its end, `main` to its end
/// assert_eq!(steps.0.get(), 4);
/// ```
pub trait Observer {
    /// This happens now.
    fn event(&self, event: LoopEvent<'_>);
}

/// Something that happens in a loop.
///
/// The cause is not named, because it is what is running: the task whose step has begun and not ended
/// ([`current_task`](crate::current_task) returns it), or else the callback that has begun and not ended. Between passes
/// nothing of the loop is running, and the cause is another thread, or Ctrl-C.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub enum LoopEvent<'a> {
    /// A task was created. Its first step is queued or, if it is eager, about to run.
    TaskCreated(&'a AnyTask),
    /// A step of the task begins.
    StepBegins(&'a AnyTask),
    /// The step has ended: the task is done, or waits ([`AnyTask::waits_on`]).
    StepEnds(&'a AnyTask),
    /// What the task waited for has happened, and its next step is queued. [`AnyTask::waits_on`] still returns it.
    Woken(&'a AnyTask),
    /// The task was asked to cancel.
    #[non_exhaustive]
    CancelRequested {
        /// The task.
        task: &'a AnyTask,
        /// The task or group that passed the request on, because it waits for this task; `None` if the request was made here.
        through: Option<&'a AnyFuture>,
    },
    /// The task is done: it has a result or an exception, or was cancelled.
    TaskDone(&'a AnyTask),
    /// A future that is not a task was created: by [`create_future`](crate::EventLoop::create_future), or for a `gather` or a
    /// `shield`.
    FutureCreated(&'a AnyFuture),
    /// A future that is not a task is done. Next its callbacks are queued, and tasks that await it are woken.
    FutureDone(&'a AnyFuture),
    /// A callback, or a timer that is due, was queued.
    Queued(&'a Scheduled),
    /// A callback or a timer that was queued runs now.
    CallBegins(&'a Scheduled),
    /// It has run.
    CallEnds(&'a Scheduled),
    /// A callback was cancelled before it ran. Its entry stays in the queue, and does nothing.
    CallCancelled(&'a Scheduled),
    /// A timer was set.
    #[non_exhaustive]
    TimerSet {
        /// The timer.
        timer: &'a Scheduled,
        /// When it is due, in the time of the loop's clock.
        when: f64,
    },
    /// A timer was cancelled before it ran.
    TimerCancelled(&'a Scheduled),
    /// The loop has nothing to run and waits: at most this long, in the time of its clock, or, with `None`, until something
    /// outside wakes it.
    Idle(Option<f64>),
    /// The virtual clock went forward.
    #[non_exhaustive]
    TimeJumps {
        /// From this time.
        from: f64,
        /// To this one.
        to: f64,
    },
    /// A pass over the ready queue begins, which runs this many entries.
    PassBegins(usize),
    /// They have run.
    PassEnds,
    /// The loop is closed: the last event.
    Closed,
}
