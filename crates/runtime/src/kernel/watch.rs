//! The two seams where more may grow: an observer of what tasks do, and the choice of who runs next.

use crate::kernel::handle::AnyTask;

/// Sees what happens to the tasks of a loop; set by [`EventLoop::set_observer`](crate::EventLoop::set_observer).
///
/// Every method does nothing unless overridden. They are called in the loop's thread, in the middle of what they
/// report, and must not run the loop. A panic in one goes through the loop.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{AnyTask, Observer, create_task, get_running_loop, run, sleep};
///
/// #[derive(Default)]
/// struct Steps(Cell<u32>);
///
/// impl Observer for Steps {
///     fn step_begins(&self, _task: &AnyTask) {
///         self.0.set(self.0.get() + 1);
///     }
/// }
///
/// run(async {
///     let steps = Rc::new(Steps::default());
///     get_running_loop()?.set_observer(Some(steps.clone()));
///     create_task(async { sleep(0).await }).await?;
///     assert_eq!(steps.0.get(), 3); // up to its sleep, on to its end, and then who awaits it
///     get_running_loop()?.set_observer(None);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub trait Observer {
    /// A task was created; its first step is queued (or, for an eager task, about to run).
    fn created(&self, _task: &AnyTask) {}
    /// A step of the task begins.
    fn step_begins(&self, _task: &AnyTask) {}
    /// The step is over; the task is done or waits.
    fn step_ends(&self, _task: &AnyTask) {}
    /// What the task waited for has happened: its next step is queued.
    fn woken(&self, _task: &AnyTask) {}
    /// The task was asked to cancel.
    fn cancel_requested(&self, _task: &AnyTask) {}
    /// The task is done: it has a result, an exception, or was cancelled.
    fn done(&self, _task: &AnyTask) {}
}

/// Chooses which of the ready runs next; set by
/// [`EventLoop::set_scheduling_policy`](crate::EventLoop::set_scheduling_policy).
///
/// Without one the loop is first in, first out, which is asyncio's contract and the only policy that this crate ships.
/// Others are for tests that look for races: within an iteration they may take the ready in any order.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use asyncio::{SchedulingPolicy, new_event_loop};
///
/// struct LastInFirstOut;
///
/// impl SchedulingPolicy for LastInFirstOut {
///     fn next(&mut self, ready: usize) -> usize {
///         ready - 1
///     }
/// }
///
/// let event_loop = new_event_loop();
/// event_loop.set_scheduling_policy(Some(Box::new(LastInFirstOut)));
/// let order = Rc::new(RefCell::new(Vec::new()));
/// for name in ["Ada", "Bo"] {
///     let order = Rc::clone(&order);
///     event_loop.call_soon(move || order.borrow_mut().push(name)).unwrap();
/// }
/// event_loop.stop();
/// event_loop.run_forever().unwrap();
/// assert_eq!(*order.borrow(), ["Bo", "Ada"]);
/// ```
pub trait SchedulingPolicy {
    /// The index (0 is the longest ready) of the one to run next among the `ready` left in this iteration; `ready` is at
    /// least 1. A greater index means the last.
    fn next(&mut self, ready: usize) -> usize;
}
