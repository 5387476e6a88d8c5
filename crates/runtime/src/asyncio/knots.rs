//! Partial deadlocks: tasks that wait for each other while others go on.
//!
//! The core idea: an edge leads from a task to the one that alone can end its wait. A task from which every path goes on for ever
//! cannot go on itself, and is on a cycle or waits for one. Only what is certain is an edge: a task or a group that is awaited, and
//! the holder of a lock unless it has made a task or a callback since, or has handed a value to others, in which its guard may be.
//! Whatever else a task waits on may happen, and so may a time limit.
//!
//! Nor does a task go on that polls a future of another crate beside its wait, as a `select` does. The loop knows nothing of such a
//! future, but this must keep the task's waker, or it could never wake it. So before a cycle is told of, each task of it takes one
//! step for nothing, with a waker that counts its clones.
//!
//! Not seen is a guard that goes to another task through something that is not of asyncio, a `RefCell` or a channel of another crate.

use std::cell::RefCell;
use std::collections::HashSet;

use asyncio_clock::Clock;
use asyncio_collections::{counted::CountedWaker, waits::knots, waits::reached};
use asyncio_errors::log;

use crate::asyncio::{deadlock::describe, events::EventLoop, tasks::Edges};
use crate::kernel::{AnyFuture, AnyTask, BlockedOn, Kind, LoopCore, Stamp, State, note_making};

/// What a task waits for: a task at this address, or, if that is 0, one that has not changed since.
type On = (usize, Option<Stamp>);

thread_local! {
    /// The numbers of tasks that were told of.
    static TOLD: RefCell<HashSet<u32>> = RefCell::default();
}

/// Looks for tasks that wait for each other. Returns whether it must not be waited now: a task has taken a step.
#[cold]
pub(crate) fn look_now(core: &LoopCore) -> bool {
    look_later(core);
    partial_deadlocks(core);
    core.waits.get() == 0 || !core.ready.borrow().is_empty()
}

/// A new loop does not look before its first wait: if that is for ever, a deadlock is reported. It waits so often between two looks that
/// eight tasks were looked at for each wait. (A wait under the virtual clock costs a small part of one in the system.)
pub(crate) fn look_later(core: &LoopCore) {
    let tasks = core.tasks.count();
    core.waits.set(if core.clock == Clock::Virtual { 64 + tasks } else { 1 + tasks / 8 });
}

/// Every cycle of tasks that wait for each other. Each is told of once.
pub(crate) fn partial_deadlocks(core: &LoopCore) -> Vec<Vec<AnyTask>> {
    // Most tasks wait for something else, and are only looked at.
    let waits_for_tasks = |task: &AnyFuture| matches!(task.kind(), Kind::Task(core) if core.may_wait_for_tasks());
    let (mut found, tasks) = (Vec::new(), core.tasks.all_that(waits_for_tasks));
    let names = |task: &AnyTask| [(task.as_future().address(), None), (0, Some(task.core().stamp()))];
    for knot in knots(tasks.iter().map(|task| (names(task), waits_for(task)))) {
        let handles = |places: &[usize]| places.iter().map(|place| tasks[*place].clone()).collect::<Vec<_>>();
        let (cycle, needed) = (handles(&knot.cycle), handles(&knot.needed));
        let number = cycle[0].core().number();
        let is_told = TOLD.with_borrow(|told| told.contains(&number));
        if may_be_ended(core, &needed) || !is_told && !needed.iter().all(|task| is_all(core, task)) {
            continue;
        }
        if TOLD.with_borrow_mut(|told| told.insert(number)) {
            log::warning(describe(&format!("partial deadlock: {knot}, while others go on"), &cycle));
        }
        found.push(cycle);
    }
    found
}

/// The tasks that are known to wait for each other in this loop: every cycle, in which each waits for the next.
pub fn tell_partial_deadlocks(event_loop: &EventLoop) -> Vec<Vec<AnyTask>> {
    partial_deadlocks(event_loop.core())
}

/// The tasks that alone can end the wait of this one, if that is certain.
fn waits_for(task: &AnyTask) -> Option<Vec<On>> {
    match task.core().blocked_on() {
        _ if task.base().waits_on_several.get() => None,
        BlockedOn::Future(future) => members(future),
        BlockedOn::Line(line, ticket) => {
            Some(vec![line.only_by(ticket)?.map_or_else(|at| (at, None), |held| (0, Some(held)))])
        }
        _ => None,
    }
}

/// The tasks that a future waits for; `None` if it is, or gathers, one that goes on or that anything may complete.
fn members(future: AnyFuture) -> Option<Vec<On>> {
    let (mut left, mut tasks) = (vec![future], Vec::new());
    while let Some(future) = left.pop() {
        match future.kind() {
            Kind::Plain => return None,
            Kind::Task(core) if core.may_wait_for_tasks() => tasks.push((future.address(), None)),
            Kind::Task(_) => return None,
            Kind::Group(group) => left.extend(group.children.iter().filter(|child| !child.done()).cloned()),
        }
    }
    Some(tasks).filter(|tasks| !tasks.is_empty())
}

/// Is there a time limit that cancels a task of these, or one that waits for them and would hand the cancellation on?
fn may_be_ended(core: &LoopCore, tasks: &[AnyTask]) -> bool {
    let (edges, tasks) = (Edges::of(core), tasks.iter().map(|task| task.as_any().clone()).collect());
    let is_limited = |task| core.timers.borrow().are_limiting(&task);
    reached(tasks, |future| edges.waiters_of(future).into_iter().cloned().collect())
        .into_iter()
        .any(|future| matches!(future.kind(), Kind::Task(_)) && is_limited(AnyTask::from_future(future)))
}

/// Is what a suspended task seems to wait for all that it waits for? It takes a step for nothing, unless something is ready, which
/// comes first.
fn is_all(core: &LoopCore, task: &AnyTask) -> bool {
    core.take_remote();
    let Some(on) = waits_for(task).filter(|_| core.ready.borrow().is_empty()) else { return false };
    task.wake();
    let Some((_, runnable)) = core.ready.borrow_mut().take_task(task) else { return false };
    let counted = CountedWaker::new(task.core().take_waker().expect("a suspended task has its waker"));
    task.core().keep_waker(counted.lend());
    // Like a first step, in which nothing is taken for granted.
    task.base().state.set(State::New);
    core.waits.set(0);
    runnable.run(core);
    drop(task.core().take_waker());
    let (is_alone, own) = counted.end();
    task.core().keep_waker(own);
    let is_all = is_alone && core.ready.borrow().is_empty() && waits_for(task).is_some_and(|after| after == on);
    // No edge leads from it until its next step.
    task.base().waits_on_several.set(!is_all);
    is_all
}

/// Notes that the current task hands a `T` to other tasks. Guards may be in it, unless nothing happens when it is dropped.
#[inline]
pub fn note_handing_over<T>() {
    if std::mem::needs_drop::<T>() {
        note_making();
    }
}
