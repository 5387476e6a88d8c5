//! The common part of `wait`, `as_completed` and `wait_for`: a done-callback on each of several futures, and a timer.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use asyncio_errors::Result;

use crate::asyncio::timeouts::check_delay;
use crate::kernel::{Action, AnyFuture, LoopCore, Registered, Run, Text, TimerKey, running_loop};

/// The futures that one wait watches, its callbacks on them, and the timer of its time limit.
///
/// The callback usually owns this value, and the futures own the callback, so [`stop`](Self::stop) must be called to break the
/// cycle.
pub(super) struct DoneCallbacks {
    pub(super) futures: Vec<AnyFuture>,
    registered: RefCell<Vec<Option<Registered>>>,
    timer: Cell<Option<(Rc<LoopCore>, TimerKey)>>,
}

impl DoneCallbacks {
    pub(super) fn new(futures: Vec<AnyFuture>) -> Self {
        Self { futures, registered: RefCell::default(), timer: Cell::new(None) }
    }

    /// Registers `run` with every future, under the future's index.
    pub(super) fn add(&self, run: &Rc<dyn Run>) {
        let futures = self.futures.iter().zip(0..);
        let registered = futures.map(|(future, index)| future.add_callback(Rc::clone(run), index)).collect();
        self.registered.replace(registered);
    }

    /// Runs `run` in `delay` seconds, under the key [`TIME_IS_UP`](crate::kernel::TIME_IS_UP).
    pub(super) fn start_timer(&self, delay: f64, run: Rc<dyn Run>) -> Result<()> {
        let event_loop = running_loop()?;
        let when = event_loop.time() + check_delay(delay)?;
        let timer = event_loop.insert_timer(when, Action::Call(run));
        self.timer.set(Some((event_loop, timer)));
        Ok(())
    }

    pub(super) fn cancel_timer(&self) {
        if let Some((event_loop, timer)) = self.timer.take() {
            event_loop.remove_timer(timer);
        }
    }

    /// Removes the callbacks of futures that are not done, and cancels the timer.
    pub(super) fn stop(&self) {
        self.cancel_timer();
        for (future, registered) in self.futures.iter().zip(self.registered.take()) {
            if let Some(registered) = registered {
                future.base().remove_callback(registered);
            }
        }
    }
}

/// Stops the callbacks however a wait ends, even if it is cancelled or dropped: Python's `finally`.
pub(super) struct StopOnDrop<'a>(pub(super) &'a DoneCallbacks);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A callback that does not keep its target alive, for a target that owns the future with which the callback is registered.
impl<R: Run> Run for Weak<R> {
    fn run(&self, key: u32) {
        if let Some(run) = self.upgrade() {
            run.run(key);
        }
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.upgrade()?.awaited_by(through)
    }

    fn describe(&self) -> Text {
        self.upgrade().map_or("".into(), |run| run.describe())
    }
}

/// Each handle once, in the order given.
pub(super) fn distinct<H: AsRef<AnyFuture>>(handles: impl IntoIterator<Item = H>) -> Vec<H> {
    let mut seen = HashSet::new();
    handles.into_iter().filter(|handle| seen.insert(handle.as_ref().clone())).collect()
}
