//! A walk over the tasks of a loop, in its thread: what each waits on, and which tasks wait for it.

use std::collections::HashMap;

use asyncio_errors::names::group_of;
use asyncio_runtime::{
    AnyFuture, AnyTask, EventLoop, WaitKind, WaitsOn, all_awaited_by, completes, tell_partial_deadlocks,
};

use crate::program::published::Published;
use crate::snapshot::{LocationSnapshot, LoopSnapshot, OfferSnapshot, TaskSnapshot, TaskState, WaitSnapshot};

pub(crate) fn walk(event_loop: &EventLoop, published: &Published) -> LoopSnapshot {
    let numbers = |cycle: &Vec<AnyTask>| cycle.iter().map(|task| task.id() as u64).collect();
    // This comes first, because to rule out a partial deadlock, tasks may have to take an extra step.
    let partial_deadlocks = tell_partial_deadlocks(event_loop).iter().map(numbers).collect();
    let edges = all_awaited_by(event_loop);
    let mut tasks: Vec<_> = edges.iter().map(|(task, waiters)| snapshot_of(task, waiters, published)).collect();
    name_awaited(&mut tasks, &edges);
    LoopSnapshot { tasks, partial_deadlocks, ..published.head() }
}

fn snapshot_of(task: &AnyTask, waiters: &[AnyFuture], published: &Published) -> TaskSnapshot {
    let coroutine = task.get_coro();
    let waits_on = task.waits_on().map(|wait| wait_of(&wait));
    let known = published.state_of(task.id());
    // A task without a record was suspended before the loop was observed.
    let (state, since) = known.map_or((TaskState::Waiting, None), |(state, since)| (state, Some(since)));
    TaskSnapshot {
        id: task.id() as u64,
        name: task.get_name().to_string(),
        coroutine: coroutine.name().to_owned(),
        state,
        since,
        at: coroutine.suspended_at().into(),
        created_at: coroutine.location().into(),
        waits_on: waits_on.filter(|_| state != TaskState::NotStarted),
        awaited_by: waiters.iter().map(|waiter| waiter.id() as u64).collect(),
        cancelling: task.cancelling(),
    }
}

/// A task group, a `wait` and a `shield` wait for a future of their own, which tells nothing: the tasks that complete it do.
fn name_awaited(tasks: &mut [TaskSnapshot], edges: &[(AnyTask, Vec<AnyFuture>)]) {
    let by_id: HashMap<usize, &AnyTask> = edges.iter().map(|(task, _)| (task.id(), task)).collect();
    let mut awaited: HashMap<u64, Vec<String>> = HashMap::new();
    for (task, waiters) in edges {
        let waiters = waiters.iter().filter_map(|waiter| by_id.get(&waiter.id()));
        for waiter in waiters.filter(|waiter| completes(task, waiter)) {
            awaited.entry(waiter.id() as u64).or_default().push(task.get_name().to_string());
        }
    }
    for task in tasks {
        if let Some(wait) = task.waits_on.as_mut().filter(|wait| wait.kind == "future")
            && let Some(text) = awaited.remove(&task.id).and_then(group_of)
        {
            (wait.kind, wait.text) = ("group".to_owned(), text);
        }
    }
}

fn wait_of(wait: &WaitsOn) -> WaitSnapshot {
    WaitSnapshot {
        kind: kind_of(wait.kind).to_owned(),
        // In a report it is one that nothing completes.
        text: if wait.kind == WaitKind::Future { "a future".to_owned() } else { wait.text() },
        task: wait.future.as_ref().filter(|_| wait.kind == WaitKind::Task).map(|future| future.id() as u64),
        held_by: wait.held_by.as_ref().map(|task| task.id() as u64),
        holder_is_done: wait.holder_is_done,
        taken_at: wait.taken_at.map(LocationSnapshot::from),
        not_done: wait.not_done,
        waits_again: wait.waits_again,
        acquired_at: wait.acquired_at.map(LocationSnapshot::from),
        offered: wait.offered.as_ref().map(|offered| OfferSnapshot {
            what: offered.what.to_owned(),
            to: offered.to.as_ref().map(|task| task.id() as u64),
            at: offered.at.into(),
        }),
    }
}

fn kind_of(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Timer => "timer",
        WaitKind::Task => "task",
        WaitKind::Future => "future",
        WaitKind::Group => "group",
        WaitKind::Line(name) => name,
        WaitKind::Readable => "readable",
        WaitKind::Writable => "writable",
        WaitKind::Foreign => "foreign",
        _ => "other",
    }
}
