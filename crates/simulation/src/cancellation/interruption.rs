//! What ends a target: the future that drops it, and the observer that cancels it.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_errors::{CancelledError, Result};
use asyncio_runtime::{AnyTask, LoopEvent, Observer, Task, current_task, get_running_loop};

use crate::invariant;
use crate::report::Failure;

/// A run is stopped after this many steps.
const STEPS: u64 = 20_000;

/// Where and how a target was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    pub(super) way: Way,
    pub(super) moment: InterruptionTime,
    /// The number of the await, from 1; 0 is before the first step.
    pub(super) number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The task is cancelled.
    Cancel,
    /// The future is dropped, within its task.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InterruptionTime {
    /// As soon as it waits.
    AtOnce,
    /// After its wait has ended, before it has run again.
    WhenWoken,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Cancel => "cancelled",
            Way::Drop => "dropped",
        };
        let moment = match self.moment {
            InterruptionTime::AtOnce => "at once",
            InterruptionTime::WhenWoken => "when it was woken",
        };
        match self.number {
            0 => write!(f, "{way} before its first step"),
            number => write!(f, "{way} at await {number}, {moment}"),
        }
    }
}

/// The coroutine under test. It counts its awaits by being polled, and drops itself at one of them.
pub(super) struct Target<M> {
    inner: Option<Pin<Box<M>>>,
    interruption: Option<Interruption>,
    /// How often it has suspended.
    awaits: u64,
}

impl<M> Target<M> {
    pub(super) fn new(inner: M, interruption: Option<Interruption>) -> Self {
        let interruption = interruption.filter(|interruption| interruption.way == Way::Drop);
        Self { inner: Some(Box::pin(inner)), interruption, awaits: 0 }
    }

    fn is_time(&self, moment: InterruptionTime) -> bool {
        self.interruption.is_some_and(|drop| drop.moment == moment && drop.number == self.awaits)
    }

    /// Drops the coroutine. The task goes on, and ends as one that was cancelled.
    fn drop_now(&mut self) -> Poll<Result<InterruptionEnd>> {
        self.inner = None;
        Poll::Ready(Ok(InterruptionEnd::Dropped))
    }
}

/// How a target ended, if not with an error.
pub(super) enum InterruptionEnd {
    Returned,
    Dropped,
}

impl<M: Future<Output = Result<T>>, T> Future for Target<M> {
    type Output = Result<InterruptionEnd>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<InterruptionEnd>> {
        if self.awaits > 0 && self.is_time(InterruptionTime::WhenWoken) {
            return self.drop_now();
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(Err(CancelledError::default().into())) };
        match inner.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result.map(|_| InterruptionEnd::Returned)),
            Poll::Pending => {
                self.awaits += 1;
                if self.is_time(InterruptionTime::AtOnce) { self.drop_now() } else { Poll::Pending }
            }
        }
    }
}

/// Watches the target's steps, cancels it at one of them, and remembers the tasks that it has made.
pub(super) struct Watcher {
    interruption: Option<Interruption>,
    /// Is this run only to learn the location of that await?
    tells: bool,
    target: RefCell<Option<AnyTask>>,
    /// The target, and the tasks that it and its tasks have created and that are not done, by their ids.
    family: RefCell<HashSet<usize>>,
    pub(super) awaits: Cell<u64>,
    pub(super) was_cancelled: Cell<bool>,
    /// An invariant did not hold, or the run was stopped.
    pub(super) failure: RefCell<Option<Failure>>,
    steps: Cell<u64>,
    pub(super) at: RefCell<Option<String>>,
}

impl Watcher {
    pub(super) fn new(interruption: Option<Interruption>, tells: bool) -> Self {
        Self {
            interruption,
            tells,
            target: RefCell::default(),
            family: RefCell::default(),
            awaits: Cell::new(0),
            was_cancelled: Cell::new(false),
            failure: RefCell::default(),
            steps: Cell::new(0),
            at: RefCell::default(),
        }
    }

    /// Registers the target, whose first step is queued.
    pub(super) fn begin<T: 'static>(&self, target: &Task<T>) {
        let task = target.as_task();
        self.family.borrow_mut().insert(task.id());
        self.target.replace(Some(task));
        self.cancel_if_time(InterruptionTime::AtOnce);
    }

    /// Breaks a cycle: the loop owns the watcher, and the watcher the target.
    pub(super) fn end(&self) {
        drop(self.target.take());
    }

    /// Did the target, or a task that it has created, create this one?
    pub(super) fn is_of_family(&self, task: &AnyTask) -> bool {
        self.family.borrow().contains(&task.id())
    }

    fn is_target(&self, task: &AnyTask) -> bool {
        self.target.borrow().as_ref().is_some_and(|target| target.id() == task.id())
    }

    fn cancel_if_time(&self, moment: InterruptionTime) {
        let is_time = self.interruption.is_some_and(|interruption| {
            interruption.way == Way::Cancel && interruption.moment == moment && interruption.number == self.awaits.get()
        });
        if is_time && !self.was_cancelled.replace(true) {
            let target = self.target.borrow().clone();
            target.iter().for_each(|target| _ = target.cancel());
        }
    }
}

impl Observer for Watcher {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::TaskCreated(task) => {
                let creator = current_task().ok().flatten();
                if creator.is_some_and(|creator| self.is_of_family(&creator)) {
                    self.family.borrow_mut().insert(task.id());
                }
            }
            LoopEvent::StepEnds(task) => {
                if self.is_target(task) && !task.done() {
                    self.awaits.set(self.awaits.get() + 1);
                    let is_here = |interruption: Interruption| interruption.number == self.awaits.get();
                    if self.tells && self.interruption.is_some_and(is_here) {
                        let at = task.waits_on().map(|wait| format!("{}:{}", wait.at.file, wait.at.line));
                        self.at.replace(at);
                    }
                    self.cancel_if_time(InterruptionTime::AtOnce);
                }
                self.ask();
            }
            LoopEvent::Woken(task) if self.is_target(task) => self.cancel_if_time(InterruptionTime::WhenWoken),
            LoopEvent::TaskDone(task) => _ = self.family.borrow_mut().remove(&task.id()),
            LoopEvent::CallEnds(_) => self.ask(),
            _ => {}
        }
    }
}

impl Watcher {
    /// Counts a step, and checks the invariants.
    fn ask(&self) {
        let failure = invariant::violated();
        self.steps.set(self.steps.get() + 1);
        // Repeatedly, because the clean-up may be endless, too.
        let is_endless = self.steps.get().is_multiple_of(STEPS);
        if let (true, Ok(event_loop)) = (is_endless, get_running_loop()) {
            event_loop.stop();
        }
        if let Some(failure) = failure.or_else(|| is_endless.then_some(Failure::Endless(STEPS))) {
            self.failure.borrow_mut().get_or_insert(failure);
        }
    }
}
