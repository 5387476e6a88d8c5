//! Partial deadlocks: tasks that wait for each other while others go on.
//!
//! The core idea: an edge leads from a task to the only task that can end its wait. A task is stuck if all paths from it are
//! endless: it is on a cycle, or waits for one. Only a certain dependency is an edge: an awaited task or group, and the holder
//! of a lock. The holder does not count if it has since made a task or a callback, or handed over a value, because its guard
//! may have gone along. Anything else that a task waits on may still happen, and so may a time limit.
//!
//! A task is not stuck if it also polls a future of another crate, as a `select` does. The loop does not know such a future, but
//! the future must keep a clone of the task's waker to be able to wake the task. So before a cycle is reported, each of its tasks
//! takes an extra step, with a waker that counts its clones.
//!
//! The search misses a guard that goes to another task through something outside of asyncio, such as a `RefCell` or another
//! crate's channel. Such a task mostly releases the lock soon, so a cycle is reported only after it has lasted for a while.

use std::cell::RefCell;

use asyncio_clock::Clock;
use asyncio_collections::counted::CountedWaker;
use asyncio_collections::waits::{On, Sightings, WaitingTask, knots, reached};
use asyncio_errors::log;

use crate::asyncio::{deadlock::describe, events::EventLoop, tasks::Edges};
use crate::kernel::{AnyFuture, AnyTask, BlockedOn, Kind, LoopCore, State};

thread_local! {
    /// The cycles that have been found. The number of a wait is that of its ticket in line.
    static FOUND: RefCell<Sightings> = RefCell::default();
}

/// The seconds for which a cycle must last before it is reported.
const PATIENCE: f64 = 10.0;

/// Looks for tasks that wait for each other. Returns true if the loop must not wait now, because a task has taken a step.
#[cold]
pub(crate) fn look_now(core: &LoopCore) -> bool {
    look_later(core);
    partial_deadlocks(core);
    core.waits.get() == 0 || !core.ready.borrow().is_empty()
}

/// A new loop does not look before its first wait: if that is for ever, a deadlock is reported. The number of waits between two
/// looks is chosen so that a look visits eight tasks per wait. (Under the virtual clock it is larger, because a wait costs only
/// a fraction of one in the system.)
pub(crate) fn look_later(core: &LoopCore) {
    let tasks = core.tasks.count();
    core.waits.set(if core.clock == Clock::Virtual { 64 + tasks } else { 1 + tasks / 8 });
}

/// Returns every cycle of tasks that have been waiting for each other for some time. Each is reported once.
pub(crate) fn partial_deadlocks(core: &LoopCore) -> Vec<Vec<AnyTask>> {
    // Most tasks wait for something else, and are filtered out here.
    let waits_for_tasks = |task: &AnyFuture| matches!(task.kind(), Kind::Task(core) if core.may_wait_for_tasks());
    let (mut found, tasks) = (Vec::new(), core.tasks.all_that(waits_for_tasks));
    let key = |blocked_on| if let BlockedOn::Line(_, ticket) = blocked_on { ticket.key() } else { 0 };
    FOUND.with_borrow_mut(Sightings::begin);
    let waiting = |task: &AnyTask| WaitingTask::new(task.as_future().address(), task.core().stamp(), waits_for(task));
    for knot in knots(&tasks.iter().map(waiting).collect::<Vec<_>>()) {
        let handles = |places: &[usize]| places.iter().map(|place| tasks[*place].clone()).collect::<Vec<_>>();
        let (cycle, needed) = (handles(&knot.cycle), handles(&knot.needed));
        let waits = cycle.iter().map(|task| (task.core().number(), key(task.core().blocked_on()))).collect();
        let (is_young, is_told) = FOUND.with_borrow_mut(|found| found.find(&waits, core.time(), PATIENCE));
        if is_young {
            // The next look comes soon.
            core.waits.set(core.waits.get().min(1 + tasks.len() / 8));
        }
        if is_young || may_be_ended(core, &needed) || !is_told && !needed.iter().all(|task| is_all(core, task)) {
            continue;
        }
        if !is_told {
            FOUND.with_borrow_mut(|found| found.report(&waits));
            log::warning(describe(&format!("partial deadlock: {knot}, while others go on"), &cycle));
        }
        found.push(cycle);
    }
    found
}

/// Reports the tasks that wait for each other in this loop, and returns every cycle, in which each task waits for the next.
pub fn tell_partial_deadlocks(event_loop: &EventLoop) -> Vec<Vec<AnyTask>> {
    partial_deadlocks(event_loop.core())
}

/// The only tasks that can end the wait of this one, if that is certain.
fn waits_for(task: &AnyTask) -> Option<Vec<On>> {
    match task.core().blocked_on() {
        _ if task.base().waits_on_several.get() => None,
        BlockedOn::Future(future) => members(future),
        BlockedOn::Line(line, ticket) => Some(vec![line.only_by(ticket)?]),
        _ => None,
    }
}

/// The tasks that a future waits for; `None` if it is, or gathers, a future that can complete without them.
fn members(future: AnyFuture) -> Option<Vec<On>> {
    let (mut left, mut tasks) = (vec![future], Vec::new());
    while let Some(future) = left.pop() {
        match future.kind() {
            Kind::Task(core) if core.may_wait_for_tasks() => tasks.push((future.address(), None)),
            Kind::Group(group) => left.extend(group.members.iter().filter(|member| !member.done()).cloned()),
            _ => return None,
        }
    }
    Some(tasks).filter(|tasks| !tasks.is_empty())
}

/// Is there a time limit that cancels one of these tasks, or a task that waits for them and would pass the cancellation on?
fn may_be_ended(core: &LoopCore, tasks: &[AnyTask]) -> bool {
    let (edges, tasks) = (Edges::of(core), tasks.iter().map(|task| task.as_any().clone()).collect());
    let is_limited = |task| core.timers.borrow().are_limiting(&task);
    let all = reached(tasks, AnyFuture::address, |future| edges.waiters_of(future, |_| ()));
    all.into_iter().any(|future| matches!(future.kind(), Kind::Task(_)) && is_limited(AnyTask::from_future(future)))
}

/// Does a suspended task wait for nothing but its known blocker? To find out, it takes an extra step, unless something is ready,
/// which must run first.
fn is_all(core: &LoopCore, task: &AnyTask) -> bool {
    core.take_remote();
    let Some(on) = waits_for(task).filter(|_| core.ready.borrow().is_empty()) else { return false };
    task.wake();
    let Some((_, runnable)) = core.ready.borrow_mut().take_task(task) else { return false };
    let counted = CountedWaker::new(task.core().take_waker().expect("a suspended task has its waker"));
    task.core().keep_waker(counted.lend());
    // As in a first step, in which nothing is assumed.
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
