//! What an observer sees.

use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::watch::Scheduled;

/// Sees what happens in a loop, as it happens; see [`EventLoop::add_observer`](crate::EventLoop::add_observer).
///
/// It is called in the loop's thread, in the middle of what it is told of, and must not run the loop. It may do anything else:
/// ask the loop and its tasks, make and cancel tasks, add and remove observers. A panic in it goes through the loop.
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
/// *Who* does it is not said, for it is who runs: the task whose step has begun and not ended
/// ([`current_task`](crate::current_task) gives it), or else the callback that has begun and not ended. Between the passes
/// nothing of the loop runs: then it was another thread, or Ctrl-C.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub enum LoopEvent<'a> {
    /// A task was created. Its first step is queued or, if it is eager, about to run.
    TaskCreated(&'a AnyTask),
    /// A step of the task begins.
    StepBegins(&'a AnyTask),
    /// The step is over: the task is done, or waits ([`AnyTask::waits_on`]).
    StepEnds(&'a AnyTask),
    /// What the task waited for has happened: its next step is queued. [`AnyTask::waits_on`] still says what it was.
    Woken(&'a AnyTask),
    /// The task was asked to cancel.
    #[non_exhaustive]
    CancelRequested {
        /// The task.
        task: &'a AnyTask,
        /// The task or group that handed the request on, because it waits for this one; `None` where the request began.
        through: Option<&'a AnyFuture>,
    },
    /// The task is done: it has a result or an exception, or was cancelled.
    TaskDone(&'a AnyTask),
    /// A future that is no task was created: by [`create_future`](crate::EventLoop::create_future), or for a `gather` or a
    /// `shield`.
    FutureCreated(&'a AnyFuture),
    /// A future that is no task is done. Its callbacks are queued next, and who awaits it is woken.
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
    /// The loop has nothing to run and waits, for this long at most (in the time of its clock) or, if it is `None`, until
    /// something outside wakes it.
    Idle(Option<f64>),
    /// The virtual clock went forward.
    #[non_exhaustive]
    TimeJumps {
        /// From this time.
        from: f64,
        /// To this one.
        to: f64,
    },
    /// A pass over the ready begins, which runs as many entries as this.
    PassBegins(usize),
    /// They have run.
    PassEnds,
    /// The loop is closed: the last event.
    Closed,
}
