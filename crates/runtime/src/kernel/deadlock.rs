//! The report of a loop in which nobody can go on: who waits for what.

use crate::base::log::Escape;
use crate::base::log::Lines;
use crate::base::names::place;
use crate::kernel::handle::AnyFuture;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::cell::Kind;
use crate::kernel::task::core::TaskCore;
use crate::kernel::task::core::Waiter;
use std::fmt::Write as _;

/// The report of a loop in which nobody can go on: who waits for what.
pub(crate) fn describe_deadlock(tasks: &[AnyTask]) -> String {
    const SHOWN: usize = 20;
    if tasks.is_empty() {
        return "deadlock: there is no task, and nothing is left that could go on".to_owned();
    }
    let mut text = "deadlock: every task waits, and nothing is left that could wake one".to_owned();
    for task in tasks.iter().take(SHOWN) {
        let core = task.core();
        let what = match core.waiter() {
            Waiter::Future(future) => describe(&future),
            Waiter::Line(line, _) => match line.acquired_by() {
                None => line.describe(),
                Some(id) => format!("{}, acquired by {},", line.describe(), task_name(id, tasks)),
            },
            Waiter::Readiness(source, place) => source.describe(place),
            Waiter::Cancellable => "<foreign future>".to_owned(),
            Waiter::None => "something this loop does not know".to_owned(),
            Waiter::Timer(_) | Waiter::Yield => "a timer".to_owned(),
        };
        let _ = write!(
            text,
            "\n  {} waits for {what} at {} in {}()",
            shown(core),
            place(core.at.get()),
            task.as_any().object.coroutine_name()
        );
    }
    if tasks.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", tasks.len() - SHOWN);
    }
    text
}

/// The name of the task with this running number.
fn task_name(id: u32, tasks: &[AnyTask]) -> String {
    let task = tasks.iter().find(|task| task.core().number() == id);
    task.map_or_else(|| "a task that is done".to_owned(), |task| shown(task.core()))
}

/// The name of a task in a report: a line of it is one of ours.
fn shown(core: &TaskCore) -> String {
    let mut name = String::new();
    let _ = write!(Escape(&mut name, Lines::Escape), "{}", core.name());
    name
}

fn describe(future: &AnyFuture) -> String {
    match future.object.kind() {
        Kind::Task(core) => shown(core),
        Kind::Plain => "a future that nobody completes".to_owned(),
        Kind::Group(group) => {
            let pending = group.children.iter().filter(|child| !child.done());
            let names: Vec<String> = pending.take(5).map(describe).collect();
            format!("a group of {} ({})", group.children.len(), names.join(", "))
        }
    }
}
