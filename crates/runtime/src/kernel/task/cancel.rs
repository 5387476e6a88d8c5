//! How a request to cancel travels: `Task.cancel`, `Future.cancel`, `_GatheringFuture.cancel`.
//!
//! A task passes the request on to what it waits on. That may be a task again, so the path can be long, may branch (gather) and
//! may form a cycle. The core idea: it is walked without recursion, with a list of what is left to do, in the order in which
//! CPython's calls would reach each future.

use std::panic::Location;
use std::sync::Arc;

use asyncio_errors::names::place;
use asyncio_errors::{Error, log};

use crate::kernel::event_loop::current;
use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::memory::cell::{Group, Kind};
use crate::kernel::memory::state::PendingCancel;
use crate::kernel::task::blocker::BlockedOn;
use crate::kernel::task::core::TaskCore;
use crate::kernel::watch::LoopEvent;

enum Todo {
    Cancel(AnyFuture),
    /// Everything that this task or group waits on has been handled.
    Leave(AnyFuture),
}

/// Asks `future` to cancel; returns false if it is too late.
pub(crate) fn cancel(future: &AnyFuture, message: Option<Arc<str>>) -> bool {
    future.base().forgive();
    if !can_cancel(future) {
        return false;
    }
    // A stack: the last push is handled first. It stays empty, and costs nothing, unless the request has to travel.
    let mut todo = Vec::new();
    // For each group that the walk is in: was one of its members asked?
    let mut asked = Vec::new();
    let mut first = Some(Todo::Cancel(future.clone()));
    while let Some(next) = first.take().or_else(|| todo.pop()) {
        let future = match next {
            Todo::Cancel(future) if future.done() => continue,
            Todo::Cancel(future) => future,
            Todo::Leave(future) => {
                future.base().visited.set(false);
                // A group counts as asked if one of its members was; then its own parent group does, too.
                if let Kind::Group(group) = future.kind()
                    && asked.pop() == Some(true)
                {
                    group.cancel_requested.set(true);
                    asked.last_mut().into_iter().for_each(|asked| *asked = true);
                }
                continue;
            }
        };
        match future.kind() {
            // The request goes on to the members, in order. Only after that is it known whether the group counts as asked.
            Kind::Group(group) => {
                asked.push(false);
                todo.push(Todo::Leave(future.clone()));
                todo.extend(group.members.iter().rev().cloned().map(Todo::Cancel));
                continue;
            }
            // The request has arrived.
            Kind::Plain => {
                future.finish_cancelled(message.clone());
            }
            // The request ends the task's wait, is noted in the task, or goes on to the future that the task awaits.
            Kind::Task(core) => match cancel_task(&future, core, &message, &todo) {
                None => {}
                // Nothing is behind a plain future, so it cannot be part of a cycle.
                Some(next) if matches!(next.kind(), Kind::Plain) => next.finish_cancelled(message.clone()),
                Some(next) => {
                    future.base().visited.set(true);
                    todo.push(Todo::Leave(future.clone()));
                    todo.push(Todo::Cancel(next));
                }
            },
        }
        asked.last_mut().into_iter().for_each(|asked| *asked = true);
    }
    true
}

/// Would a request have an effect? A group that waits only for its own callbacks has nothing left to cancel.
#[inline]
fn can_cancel(future: &AnyFuture) -> bool {
    !future.done() && if let Kind::Group(group) = future.kind() { can_cancel_members(group) } else { true }
}

fn can_cancel_members(group: &Group) -> bool {
    let mut todo = vec![group];
    while let Some(group) = todo.pop() {
        for member in group.members.iter().filter(|member| !member.done()) {
            match member.kind() {
                Kind::Group(group) => todo.push(group),
                Kind::Plain | Kind::Task(_) => return true,
            }
        }
    }
    false
}

/// Requests the cancellation of one task. Returns the future that it awaits if the request goes on there. `todo` is the rest of
/// the walk.
fn cancel_task(task: &AnyFuture, core: &TaskCore, message: &Option<Arc<str>>, todo: &[Todo]) -> Option<AnyFuture> {
    if task.base().visited.get() {
        // The tasks wait for each other in a cycle (CPython raises a RecursionError). The cancellation ends the wait of the
        // task that closes the cycle, and with it the waits of all.
        end_wait(task, core, message);
        return None;
    }
    // First the request is counted, for `cancelling()`, and observed.
    core.count_cancels(1);
    let event_loop = task.base().event_loop();
    if event_loop.instrumented.get() {
        // The walk is inside the task or group that it will leave next.
        let through = todo.iter().rev().find_map(|next| if let Todo::Leave(outer) = next { Some(outer) } else { None });
        event_loop.tell_all(LoopEvent::CancelRequested { task: &AnyTask::from_future(task.clone()), through });
    }
    // A task whose wait has already ended will raise at its next step. Only the message changes.
    if core.pending_cancel() == PendingCancel::Wait {
        core.note_cancel_message(message.clone());
        return None;
    }
    match core.awaited() {
        Some(next) if can_cancel(&next) => return Some(next),
        None if core.blocked_on().cancel(event_loop) => end_wait(task, core, message),
        _ => {
            // Its next step is queued already, or it waits on something that this crate does not know.
            core.set_pending_cancel(PendingCancel::Must);
            core.note_cancel_message(message.clone());
            if let BlockedOn::Foreign(None) = core.blocked_on() {
                task.wake();
            }
        }
    }
    None
}

/// Ends the task's current wait with a cancellation.
fn end_wait(task: &AnyFuture, core: &TaskCore, message: &Option<Arc<str>>) {
    core.set_message_of_wait(message.clone());
    core.set_pending_cancel(PendingCancel::Wait);
    task.wake();
}

/// Cancels a wait that the task started after the cancellation was requested, because the request came while the task was
/// running (or waited on something foreign): the second half of `Task.__step`.
pub(crate) fn deliver(task: &AnyTask) {
    let core = task.core();
    let message = core.cancel_message();
    if let Some(future) = core.awaited() {
        if cancel(&future, message) {
            core.set_pending_cancel(PendingCancel::None);
        }
    } else if core.blocked_on().cancel(task.base().event_loop()) {
        end_wait(task, core, &message);
    }
}

/// The task was resumed to raise a cancellation, and waits on something foreign again. So it is resumed once more, and the
/// innermost block around the wait drops its content and raises.
pub(crate) fn force(task: &AnyTask) {
    let core = task.core();
    if core.pending_cancel() == PendingCancel::Wait {
        core.note_cancel_message(core.take_message_of_wait());
    }
    core.set_pending_cancel(PendingCancel::Forced);
}

/// The cancellation that the block at `at` must raise in place of its waiting content.
#[inline]
pub(crate) fn take_forced(at: &'static Location<'static>) -> Option<Error> {
    current::with_task(|task| {
        let core = task?.core();
        (core.pending_cancel() == PendingCancel::Forced).then(|| raise_forced(core, Some(at)))
    })
}

/// The cancellation that is raised in place of the content of a block, or else of the whole task. From now on the task is at
/// that block.
#[cold]
pub(crate) fn raise_forced(core: &TaskCore, block: Option<&'static Location<'static>>) -> Error {
    core.at.set(block.unwrap_or(core.at.get()));
    if core.base.event_loop().debug.borrow().is_some() {
        let (name, at) = (core.shown_name(), place(core.at.get()));
        let position = if block.is_some() { "in the block at" } else { "after" };
        log::warning(format_args!(
            "cancelling {name} drops a future of another crate that it awaits {position} {at}; \
             cancellable(future) raises the cancellation there, uncancellable(future) lets the future finish"
        ));
    }
    raise(core)
}

/// The cancellation that the current task must raise now, if there is one. Called by a wait that is being resumed.
#[inline]
pub(crate) fn take_cancel() -> Option<Error> {
    take(|pending| pending != PendingCancel::None)
}

/// Like [`take_cancel`], but only if the wait itself was cancelled.
pub(crate) fn take_direct_cancel() -> Option<Error> {
    take(|pending| pending == PendingCancel::Wait)
}

#[inline]
fn take(wanted: impl Fn(PendingCancel) -> bool) -> Option<Error> {
    current::with_task(|task| {
        let core = task?.core();
        wanted(core.pending_cancel()).then(|| raise(core))
    })
}

/// Not inlined: every wait that ends asks, and few are cancelled.
#[cold]
pub(crate) fn raise(core: &TaskCore) -> Error {
    let of_wait = core.take_message_of_wait();
    let message = if core.pending_cancel() == PendingCancel::Wait { of_wait } else { core.cancel_message() };
    core.set_pending_cancel(PendingCancel::None);
    Error::cancelled_at(message, core.at.get())
}
