//! How futures, tasks and callbacks print: the texts of `asyncio.base_futures` and `asyncio.base_tasks`.

use asyncio_errors::{names::place, report::created_at, repr::Quoted};

use crate::kernel::{AnyFuture, Callback, Callbacks, Kind, PendingCancel, TaskCore, WaitKind};

/// How deep `wait_for=` nests before it is cut short; a cycle of waiting tasks ends there too.
const MAX_DEPTH: usize = 4;

/// The `repr` of a future; `result` is how its result prints, if the caller knows the type.
pub(crate) fn future(future: &AnyFuture, result: Option<String>) -> String {
    nested(future, result, MAX_DEPTH)
}

fn nested(future: &AnyFuture, result: Option<String>, depth: usize) -> String {
    let base = future.base();
    let state = match future.kind() {
        _ if base.is_cancelled() => "cancelled",
        _ if future.done() => "finished",
        Kind::Task(_) if base.cancelling.get() > 0 => "cancelling",
        _ => "pending",
    };
    let mut text = format!("<{} {state}{}", future.class_name(), of_task(future));
    if let Kind::Task(core) = future.kind()
        && let Some(blocker) = wait_for(core, depth)
    {
        text = text + " wait_for=" + &blocker;
    }
    if future.done() && !base.is_cancelled() {
        text += &match (base.peek_error(), result) {
            (Some(error), _) => format!(" exception={}", error.repr()),
            (None, Some(result)) => format!(" result={result}"),
            (None, None) => format!(" result=<{}>", future.value_name()),
        };
    }
    if let Some(callbacks) = base.with_callbacks(|callbacks| describe_callbacks(callbacks)) {
        text = text + " " + &callbacks;
    }
    let is_debug = base.event_loop().debug.borrow().is_some();
    text + &created_at(future.created_at().filter(|_| is_debug)) + ">"
}

/// For a task, its name and `name() running at FILE:LINE` or `name() done, defined at FILE:LINE`; nothing for other futures.
fn of_task(future: &AnyFuture) -> String {
    let Kind::Task(core) = future.kind() else { return String::new() };
    let (doing, at) = match future.created_at() {
        Some(created_at) if future.done() => ("done, defined", created_at),
        _ => ("running", core.at.get()),
    };
    format!(" name={} coro=<{}() {doing} at {}>", Quoted(&core.name()), future.coroutine_name(), place(at))
}

fn wait_for(core: &TaskCore, depth: usize) -> Option<String> {
    match core.awaited() {
        Some(_) if depth == 0 => Some("...".to_owned()),
        Some(future) => Some(nested(&future, None, depth - 1)),
        None => core.blocked_on().describe().map(|blocker| match blocker.kind {
            // A sleep is a future in CPython: a cancellation ends it at once, and the task learns of it a step later.
            WaitKind::Timer if core.pending_cancel() == PendingCancel::Wait => "<Future cancelled>".to_owned(),
            WaitKind::Timer => "<Future pending cb=[Task.task_wakeup()]>".to_owned(),
            _ => blocker.text.to_string(),
        }),
    }
}

/// `cb=[first, <n more>, last]`.
fn describe_callbacks(callbacks: &Callbacks) -> Option<String> {
    let describe =
        |callback: &Callback| callback.run().map_or("Task.task_wakeup()".to_owned(), |run| run.describe().to_string());
    let mut others = callbacks.iter();
    let first = describe(others.next()?);
    let mut between = 0;
    let last = others.inspect(|_| between += 1).last().map(describe);
    Some(match (last, between) {
        (None, _) => format!("cb=[{first}]"),
        (Some(last), 1) => format!("cb=[{first}, {last}]"),
        (Some(last), n) => format!("cb=[{first}, <{} more>, {last}]", n - 1),
    })
}

#[cfg(test)]
mod tests {
    use crate::{Clock, Runner, create_task, sleep};

    #[test]
    fn a_sleep_that_was_cancelled_shows_as_a_cancelled_future() {
        let check = async {
            let task = create_task(sleep(1));
            sleep(0).await?;
            assert!(format!("{task:?}").ends_with(" wait_for=<Future pending cb=[Task.task_wakeup()]>>"));
            task.cancel();
            let text = format!("{task:?}");
            assert!(text.starts_with("<Task cancelling "), "{text}");
            assert!(text.ends_with(" wait_for=<Future cancelled>>"), "{text}");
            Ok(())
        };
        Runner::new().clock(Clock::Virtual).run(check).unwrap();
    }
}
