//! How futures, tasks and callbacks print: the texts of `asyncio.base_futures` and `asyncio.base_tasks`.

use std::rc::Rc;

use crate::base::names::place;
use crate::error::{Error, Quoted};
use crate::kernel::event_loop::ready::Run;
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::cell::{FutureRef, Kind};
use crate::kernel::task::core::{PendingCancel, TaskCore, Waiter};

/// How deep `wait_for=` nests before it is cut short; a cycle of waiting tasks ends there too.
const MAX_DEPTH: usize = 4;

/// The `repr` of a future; `result` is how its result prints, if the caller knows the type.
pub(crate) fn future(future: &AnyFuture, result: Option<String>) -> String {
    nested(future, result, MAX_DEPTH)
}

/// The `repr` of a finished future that is being dropped, of which only the parts are left.
pub(crate) fn finished(class: &str, future: &FutureRef, error: &Error) -> String {
    let mut text = format!("<{class} finished");
    if let Kind::Task(core) = future.kind() {
        task(&mut text, future, core, true);
    }
    text + &format!(" exception={error:?}>")
}

fn nested(future: &AnyFuture, result: Option<String>, depth: usize) -> String {
    let base = future.base();
    let kind = future.object.kind();
    let class = match kind {
        Kind::Plain => "Future",
        Kind::Task(_) => "Task",
        Kind::Group(_) => "_GatheringFuture",
    };
    let state = match kind {
        _ if base.is_cancelled() => "cancelled",
        _ if future.done() => "finished",
        Kind::Task(core) if core.cancelling() > 0 => "cancelling",
        _ => "pending",
    };
    let mut text = format!("<{class} {state}");
    if let Kind::Task(core) = kind {
        task(&mut text, &future.object, core, future.done());
        if let Some(waiter) = waiter(core, depth) {
            text = text + " wait_for=" + &waiter;
        }
    }
    if future.done() && !base.is_cancelled() {
        text += &match (base.peek_error(), result) {
            (Some(error), _) => format!(" exception={error:?}"),
            (None, Some(result)) => format!(" result={result}"),
            (None, None) => format!(" result=<{}>", future.object.value_name()),
        };
    }
    if let Some(callbacks) = base.describe_callbacks() {
        text = text + " " + &callbacks;
    }
    text + ">"
}

/// What is said of a task only.
fn task(text: &mut String, future: &FutureRef, core: &TaskCore, done: bool) {
    *text += &format!(" name={} coro=<{}>", Quoted(&core.name()), coroutine(future, core, done));
}

fn waiter(core: &TaskCore, depth: usize) -> Option<String> {
    match core.waiter() {
        Waiter::None | Waiter::Yield => None,
        // A sleep is a future in CPython: a cancellation ends it at once, and the task hears of it a step later.
        Waiter::Timer(_) if core.pending_cancel() == PendingCancel::Wait => Some("<Future cancelled>".to_owned()),
        Waiter::Timer(_) => Some("<Future pending cb=[Task.task_wakeup()]>".to_owned()),
        Waiter::Line(line, _) => Some(line.describe()),
        Waiter::Readiness(source, place) => Some(source.describe(place)),
        Waiter::Cancellable => Some("<foreign future>".to_owned()),
        Waiter::Future(_) if depth == 0 => Some("...".to_owned()),
        Waiter::Future(future) => Some(nested(&future, None, depth - 1)),
    }
}

/// `name() running at FILE:LINE` or `name() done, defined at FILE:LINE`.
fn coroutine(future: &FutureRef, core: &TaskCore, done: bool) -> String {
    if done {
        format!("{}() done, defined at {}", future.coroutine_name(), future.created_at().map(place).unwrap_or_default())
    } else {
        format!("{}() running at {}", future.coroutine_name(), place(core.at.get()))
    }
}

/// `cb=[first, <n more>, last]`.
pub(crate) fn callbacks(callbacks: &Callbacks) -> Option<String> {
    let one = |run: Option<&Rc<dyn Run>>| run.map_or_else(|| "Task.task_wakeup()".to_owned(), |run| run.describe());
    let (first, n, last) = callbacks.ends()?;
    let first = one(first);
    Some(match (n, last) {
        (2, Some(last)) => format!("cb=[{first}, {}]", one(last)),
        (n, Some(last)) => format!("cb=[{first}, <{} more>, {}]", n - 2, one(last)),
        (_, None) => format!("cb=[{first}]"),
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
