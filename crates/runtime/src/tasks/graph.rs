//! Who waits for whom: the await graph of a task (`asyncio.print_call_graph`, 3.14), and the report of a deadlock.
//!
//! A task knows what it waits on; the other direction is found by looking at all tasks of the loop. So keeping the graph
//! costs nothing until somebody asks.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use super::state::Waiter;
use super::task::{AnyTask, Frame, current_task};
use crate::cell::{FutureRef, Kind};
use crate::coroutines::place;
use crate::error::Result;
use crate::exceptions::RuntimeError;
use crate::futures::AnyFuture;

/// A task or future with where it waits and who waits for it: `asyncio.FutureCallGraph`.
///
/// ```
/// use asyncio_runtime::{capture_call_graph, create_task, run, sleep};
///
/// run(async {
///     let inner = create_task(sleep(0.001));
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await });
///     sleep(0).await?;
///     let graph = capture_call_graph(Some(&inner))?;
///     assert_eq!(graph.future, *inner.as_any());
///     assert_eq!(graph.call_stack[0].file, file!());
///     assert_eq!(graph.awaited_by[0].future, *outer.as_any());
///     outer.await
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CallGraph {
    /// The task or future.
    pub future: AnyFuture,
    /// Where it waits; empty for a plain future.
    pub call_stack: Vec<Frame>,
    /// The tasks that wait for it, in the order of their creation.
    pub awaited_by: Vec<CallGraph>,
}

/// The await graph of `future`, or of the current task: `asyncio.capture_call_graph`.
///
/// # Errors
///
/// `RuntimeError` if neither is given nor running.
///
/// ```
/// use asyncio_runtime::{capture_call_graph, current_task, run};
///
/// run(async {
///     let graph = capture_call_graph(None)?; // of the task that asks
///     assert_eq!(graph.future, *current_task()?.expect("this is a task").as_any());
///     assert!(graph.awaited_by.is_empty());
///     Ok(())
/// })
/// .unwrap();
/// assert!(capture_call_graph(None).is_err());
/// ```
#[track_caller]
pub fn capture_call_graph(future: Option<&AnyFuture>) -> Result<CallGraph> {
    let future = match future {
        Some(future) => future.clone(),
        None => match current_task()? {
            Some(task) => task.as_any().clone(),
            None => return Err(RuntimeError::new("no current task to capture").into()),
        },
    };
    let tasks = future.get_loop().all_tasks();
    let mut waiting: HashMap<AnyFuture, Vec<AnyTask>> = HashMap::new();
    for task in &tasks {
        for awaited in awaits(task) {
            waiting.entry(awaited).or_default().push(task.clone());
        }
    }
    Ok(capture(&future, &waiting, &mut Vec::new()))
}

fn capture(future: &AnyFuture, waiting: &HashMap<AnyFuture, Vec<AnyTask>>, path: &mut Vec<AnyFuture>) -> CallGraph {
    let call_stack = match future.object.kind() {
        Kind::Task(_) => AnyTask::from_object(future.object.clone()).get_stack(),
        _ => Vec::new(),
    };
    let mut awaited_by = Vec::new();
    // A circle of waiting tasks is cut where it closes.
    if !path.contains(future) {
        path.push(future.clone());
        for task in waiting.get(future).into_iter().flatten() {
            awaited_by.push(capture(task.as_any(), waiting, path));
        }
        path.pop();
    }
    CallGraph { future: future.clone(), call_stack, awaited_by }
}

/// What a task waits for; the members of a group one by one.
fn awaits(task: &AnyTask) -> Vec<AnyFuture> {
    match task.core().waiter() {
        Waiter::Future(future) => match future.object.kind() {
            Kind::Group(group) => group.children.clone(),
            _ => vec![future],
        },
        _ => Vec::new(),
    }
}

/// The await graph as text: `asyncio.format_call_graph`.
///
/// # Errors
///
/// As [`capture_call_graph`].
///
/// ```
/// use asyncio_runtime::{create_task, format_call_graph, run, sleep};
///
/// run(async {
///     let inner = create_task(sleep(0.001)).named("inner");
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await }).named("outer");
///     sleep(0).await?;
///     let graph = format_call_graph(Some(&inner))?;
///     assert!(graph.find("name='inner'") < graph.find("Awaited by:"));
///     assert!(graph.contains("name='outer'"));
///     outer.await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn format_call_graph(future: Option<&AnyFuture>) -> Result<String> {
    let mut text = String::new();
    render(&capture_call_graph(future)?, 0, &mut text);
    Ok(text)
}

/// Writes the await graph to standard output: `asyncio.print_call_graph`.
///
/// # Errors
///
/// As [`capture_call_graph`].
///
/// ```
/// use asyncio_runtime::{create_task, print_call_graph, run, sleep};
///
/// run(async {
///     let inner = create_task(async { sleep(1e-3).await });
///     let awaited = inner.clone();
///     let outer = create_task(async move { awaited.await });
///     sleep(0).await?;
///     print_call_graph(Some(&inner))?;
///     outer.await
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn print_call_graph(future: Option<&AnyFuture>) -> Result<()> {
    print!("{}", format_call_graph(future)?);
    Ok(())
}

fn render(graph: &CallGraph, level: usize, text: &mut String) {
    let indent = "    ".repeat(level);
    let mut line = |line: &str| {
        let _ = writeln!(text, "{indent}{line}");
    };
    let id = graph.future.object.address();
    match graph.future.object.kind() {
        Kind::Task(core) => line(&format!("* Task(name='{}', id={id:#x})", core.name())),
        _ => line(&format!("* Future(id={id:#x})")),
    }
    if !graph.call_stack.is_empty() {
        line("  + Call stack:");
        for frame in &graph.call_stack {
            line(&format!("  |   File '{}', line {}, in async {}()", frame.file, frame.line, frame.function));
        }
    }
    if !graph.awaited_by.is_empty() {
        line("  + Awaited by:");
        for waiting in &graph.awaited_by {
            render(waiting, level + 1, text);
        }
    }
}

/// The report of a loop in which nobody can go on: who waits for what.
pub(crate) fn describe_deadlock(objects: &[FutureRef]) -> String {
    const SHOWN: usize = 20;
    let tasks: Vec<AnyTask> = objects.iter().map(|object| AnyTask::from_object(object.clone())).collect();
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
                Some(id) => format!("{}, acquired by {},", line.describe(), task_name(id, &tasks)),
            },
            Waiter::Readiness(source, place) => source.describe(place),
            Waiter::Cancellable => "<foreign future>".to_owned(),
            Waiter::None => "something this loop does not know".to_owned(),
            Waiter::Timer(_) | Waiter::Yield => "a timer".to_owned(),
        };
        let _ = write!(
            text,
            "\n  {} waits for {what} at {} in {}()",
            core.name(),
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
fn task_name(id: u32, tasks: &[AnyTask]) -> Rc<str> {
    let task = tasks.iter().find(|task| task.core().number() == id);
    task.map_or_else(|| "a task that is done".into(), AnyTask::get_name)
}

fn describe(future: &AnyFuture) -> String {
    match future.object.kind() {
        Kind::Task(core) => core.name().to_string(),
        Kind::Plain => "a future that nobody completes".to_owned(),
        Kind::Group(group) => {
            let pending = group.children.iter().filter(|child| !child.done());
            let names: Vec<String> = pending.take(5).map(describe).collect();
            format!("a group of {} ({})", group.children.len(), names.join(", "))
        }
    }
}
