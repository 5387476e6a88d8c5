//! Partial deadlocks: tasks that wait for each other while others go on.
//!
//! The core idea: an edge leads from a task to the one that alone can end its wait. A task from which every path goes on for ever
//! cannot go on itself, and is on a cycle or waits for one. Only what is certain is an edge: a task or a group that is awaited, and
//! the holder of a lock unless it has made a task or a callback since, to which it may have moved its guard. Whatever else a task
//! waits on may happen, and so may a time limit. A guard that goes to another task in another way, through a queue, is not seen,
//! nor is a future of another crate that a task polls beside the wait.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use asyncio_clock::Clock;
use asyncio_collections::waits::{Waits, keep_stuck, take_cycle};
use asyncio_errors::log;

use crate::asyncio::deadlock::describe;
use crate::asyncio::tasks::Edges;
use crate::kernel::{AnyFuture, AnyTask, BlockedOn, Kind, LoopCore, Stamp};

/// What a task waits for: a task at this address, or one that has not changed since.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum On {
    Address(usize),
    Holder(Stamp),
}

thread_local! {
    /// The numbers of tasks that were told of.
    static TOLD: RefCell<HashSet<u32>> = RefCell::default();
}

/// The loop waits so often between two looks that this many tasks were looked at for each wait.
const LOOKED_AT_EACH_WAIT: usize = 8;

/// Tells of every cycle of tasks that wait for each other, once. Returns whether something is ready then.
#[cold]
pub(crate) fn look_now(core: &LoopCore) -> bool {
    look_later(core);
    look(core);
    !core.ready.borrow().is_empty()
}

/// A new loop does not look before its first wait: if that is for ever, a deadlock is reported. (A wait under the virtual clock costs a
/// small part of one in the system.)
pub(crate) fn look_later(core: &LoopCore) {
    let tasks = core.tasks.count();
    core.waits.set(if core.clock == Clock::Virtual { 64 + tasks } else { 1 + tasks / LOOKED_AT_EACH_WAIT });
}

fn look(core: &LoopCore) {
    // Most tasks wait for something else, and are only looked at.
    let waits_for_tasks = |task: &AnyFuture| matches!(task.kind(), Kind::Task(core) if core.may_wait_for_tasks());
    let tasks = core.tasks.all_that(waits_for_tasks);
    let waits: Vec<_> = (0..tasks.len()).filter_map(|place| Some((place, waits_for(&tasks[place])?))).collect();
    if waits.is_empty() {
        return;
    }
    let mut places: HashMap<On, usize> = HashMap::new();
    for (place, _) in &waits {
        places.insert(On::Address(tasks[*place].as_future().address()), *place);
        places.insert(On::Holder(tasks[*place].core().stamp()), *place);
    }
    // A task that is not here goes on.
    let known = |on: &Vec<On>| on.iter().map(|on| places.get(on).copied()).collect::<Option<Vec<usize>>>();
    let mut waits: Waits = waits.iter().filter_map(|(place, on)| Some((*place, known(on)?))).collect();
    keep_stuck(&mut waits);
    while let Some(cycle) = take_cycle(&mut waits) {
        let members: Vec<AnyTask> = cycle.into_iter().map(|place| tasks[place].clone()).collect();
        let number = members[0].core().number();
        if !TOLD.with_borrow(|told| told.contains(&number)) && !may_be_ended(core, &members) {
            TOLD.with_borrow_mut(|told| told.insert(number));
            let who = match members.len() {
                1 => "a task waits for itself".to_owned(),
                n => format!("{n} tasks wait for each other"),
            };
            log::warning(describe(&format!("partial deadlock: {who}, while others go on"), &members));
        }
    }
}

/// The tasks that alone can end the wait of this one, if that is certain.
fn waits_for(task: &AnyTask) -> Option<Vec<On>> {
    match task.core().blocked_on() {
        _ if task.base().waits_on_several.get() => None,
        BlockedOn::Future(future) => members(future),
        BlockedOn::Line(line, ticket) => Some(vec![line.only_by(ticket)?.map_or_else(On::Address, On::Holder)]),
        _ => None,
    }
}

/// The tasks that a future waits for; `None` if it is, or gathers, one that goes on or that anything may complete.
fn members(future: AnyFuture) -> Option<Vec<On>> {
    let (mut left, mut tasks) = (vec![future], Vec::new());
    while let Some(future) = left.pop() {
        match future.kind() {
            Kind::Plain => return None,
            Kind::Task(core) if core.may_wait_for_tasks() => tasks.push(On::Address(future.address())),
            Kind::Task(_) => return None,
            Kind::Group(group) => left.extend(group.children.iter().filter(|child| !child.done()).cloned()),
        }
    }
    Some(tasks).filter(|tasks| !tasks.is_empty())
}

/// Is there a time limit that cancels a task of these, or one that waits for them and would hand the cancellation on?
fn may_be_ended(core: &LoopCore, members: &[AnyTask]) -> bool {
    let edges = Edges::of(core);
    let mut left: Vec<AnyFuture> = members.iter().map(|task| task.as_any().clone()).collect();
    let mut seen: HashSet<AnyFuture> = left.iter().cloned().collect();
    while let Some(future) = left.pop() {
        if let Kind::Task(_) = future.kind()
            && core.timers.borrow().are_limiting(&AnyTask::from_future(future.clone()))
        {
            return true;
        }
        left.extend(edges.waiters_of(&future).into_iter().filter(|waiter| seen.insert((*waiter).clone())).cloned());
    }
    false
}
