//! How a request to cancel travels: `Task.cancel`, `Future.cancel`, `_GatheringFuture.cancel`.
//!
//! A task hands the request to what it waits on. That may be a task again, so the way can be long, may branch (gather)
//! and may lead back to where it began. The core idea: walk it with a list of what is still to do instead of by
//! recursion, in the order in which CPython's calls would reach each future.

use std::sync::Arc;

use crate::error::exceptions::CancelledError;
use crate::kernel::event_loop::current;
use crate::kernel::handle::AnyFuture;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::cell::Kind;
use crate::kernel::memory::marks::Mark;
use crate::kernel::task::core::{PendingCancel, TaskCore, Waiter};
use crate::kernel::task::step::tell;

enum Todo {
    Cancel(AnyFuture),
    /// All that this task waits on was dealt with.
    Leave(AnyFuture),
}

/// Asks `future` to cancel; false if it cannot any more.
pub(crate) fn cancel(future: &AnyFuture, message: Option<Arc<str>>) -> bool {
    future.base().forgive();
    if !can_cancel(future) {
        return false;
    }
    // The list stays empty, and costs nothing, unless the request has to travel.
    let mut todo = Vec::new();
    // For each group on the way: was one of its children asked?
    let mut asked = Vec::new();
    let mut first = Some(Todo::Cancel(future.clone()));
    while let Some(next) = first.take().or_else(|| todo.pop()) {
        let future = match next {
            Todo::Cancel(future) => future,
            Todo::Leave(future) => {
                match future.object.kind() {
                    Kind::Task(core) => core.unmark(Mark::OnPath),
                    // Of a group whose children were done nothing is asked, wherever it is a child itself.
                    Kind::Group(group) if asked.pop() == Some(true) => {
                        group.cancel_requested.set(true);
                        if let Some(asked) = asked.last_mut() {
                            *asked = true;
                        }
                    }
                    Kind::Group(_) | Kind::Plain => {}
                }
                continue;
            }
        };
        if future.done() {
            continue;
        }
        if let (Some(asked), Kind::Plain | Kind::Task(_)) = (asked.last_mut(), future.object.kind()) {
            *asked = true;
        }
        match future.object.kind() {
            Kind::Plain => {
                future.finish_cancelled(message.clone());
            }
            Kind::Group(group) => {
                asked.push(false);
                todo.push(Todo::Leave(future.clone()));
                todo.extend(group.children.iter().rev().cloned().map(Todo::Cancel));
            }
            Kind::Task(core) => {
                let Some(next) = cancel_task(&future, core, &message) else { continue };
                if let Kind::Plain = next.object.kind() {
                    // Nothing lies behind it, so no cycle does.
                    next.finish_cancelled(message.clone());
                } else {
                    core.mark(Mark::OnPath);
                    todo.push(Todo::Leave(future.clone()));
                    todo.push(Todo::Cancel(next));
                }
            }
        }
    }
    true
}

/// Would a request have an effect? A group that waits only for its own callbacks has nothing left to cancel.
fn can_cancel(future: &AnyFuture) -> bool {
    if future.done() {
        return false;
    }
    let Kind::Group(group) = future.object.kind() else { return true };
    let mut todo = vec![group];
    while let Some(group) = todo.pop() {
        for child in group.children.iter().filter(|child| !child.done()) {
            match child.object.kind() {
                Kind::Group(group) => todo.push(group),
                Kind::Plain | Kind::Task(_) => return true,
            }
        }
    }
    false
}

/// Requests the cancellation of one task. Gives what it waits on, if the request goes on there.
fn cancel_task(task: &AnyFuture, core: &TaskCore, message: &Option<Arc<str>>) -> Option<AnyFuture> {
    if core.has(Mark::OnPath) {
        // The tasks wait for each other in a circle (CPython ends in a RecursionError). The cancellation ends the wait
        // of the one that closes the circle, and with it everybody's.
        cancel_wait(task, core, message);
        return None;
    }
    core.count_cancel();
    let event_loop = task.base().event_loop();
    if event_loop.instrumented.get() {
        tell(event_loop, &|observer| observer.cancel_requested(&AnyTask::from_object(task.object.clone())));
    }
    if core.pending_cancel() == PendingCancel::Wait {
        core.note_cancel_message(message.clone());
        return None;
    }
    match core.waiter() {
        Waiter::Future(next) if can_cancel(&next) => return Some(next),
        Waiter::Timer(key) if task.base().event_loop().timers.borrow().is_armed(key) => {}
        Waiter::Line(line, place) if line.cancel(place) => {}
        Waiter::Readiness(source, place) if source.leave(place) => {}
        Waiter::Cancellable => {}
        _ => {
            // Its next step is queued already, or it waits on what this crate does not know.
            core.set_pending_cancel(PendingCancel::Must);
            core.note_cancel_message(message.clone());
            return None;
        }
    }
    cancel_wait(task, core, message);
    None
}

/// Ends the task's present wait with a cancellation.
fn cancel_wait(task: &AnyFuture, core: &TaskCore, message: &Option<Arc<str>>) {
    core.set_message_of_wait(message.clone());
    core.set_pending_cancel(PendingCancel::Wait);
    task.object.wake();
}

/// A task that was asked to cancel while it ran (or waited on something foreign) has now begun a wait: cancel that. The
/// second half of `Task.__step`.
pub(crate) fn deliver(task: &AnyTask) {
    let core = task.core();
    let message = core.cancel_message();
    match core.waiter() {
        Waiter::Future(future) => {
            if cancel(&future, message) {
                core.set_pending_cancel(PendingCancel::None);
            }
        }
        Waiter::Timer(_) | Waiter::Cancellable => cancel_wait(task, core, &message),
        Waiter::Line(line, place) => {
            if line.cancel(place) {
                cancel_wait(task, core, &message);
            }
        }
        Waiter::Readiness(source, place) => {
            if source.leave(place) {
                cancel_wait(task, core, &message);
            }
        }
        Waiter::Yield | Waiter::None => {}
    }
}

/// The cancellation that the current task has to raise now, if there is one: called by a wait that is being resumed.
#[inline]
pub(crate) fn take_cancel() -> Option<CancelledError> {
    take(|pending| pending != PendingCancel::None)
}

/// As [`take_cancel`], but only if the wait itself was cancelled.
pub(crate) fn take_direct_cancel() -> Option<CancelledError> {
    take(|pending| pending == PendingCancel::Wait)
}

#[inline]
fn take(wanted: impl Fn(PendingCancel) -> bool) -> Option<CancelledError> {
    current::with_task(|task| {
        let core = task?.core();
        wanted(core.pending_cancel()).then(|| raise(core))
    })
}

/// Kept out of line: every wait that ends asks, and few are cancelled.
#[cold]
fn raise(core: &TaskCore) -> CancelledError {
    let of_wait = core.take_message_of_wait();
    let message = if core.pending_cancel() == PendingCancel::Wait { of_wait } else { core.cancel_message() };
    core.set_pending_cancel(PendingCancel::None);
    CancelledError::from_message(message)
}
