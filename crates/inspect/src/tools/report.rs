//! A snapshot as text: the table of `asyncio-ps`, the tree of `asyncio-pstree`, and both for SIGQUIT.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use asyncio_errors::escape::{Escape, Lines};

use crate::snapshot::{LoopSnapshot, Snapshot, TaskSnapshot, TaskState, WaitSnapshot};
use crate::tools::table::build_task_table;
use crate::tools::tree::{AwaitedInfo, CoroInfo, CycleFound, FrameInfo, TaskInfo, build_async_tree};

/// The table, the tree and the findings: what SIGQUIT writes.
#[must_use]
pub fn text(snapshot: &Snapshot) -> String {
    let count: usize = snapshot.loops.iter().map(|event_loop| event_loop.tasks.len()).sum();
    let (pid, program) = (snapshot.pid, shown(&snapshot.program));
    let head =
        format!("process {pid} ({program}): {} in {}\n", counted(count, "task"), counted(snapshot.loops.len(), "loop"));
    format!("{head}\n{}\n{}{}", table(snapshot, false), tree(snapshot), findings(snapshot))
}

/// What `asyncio-ps` prints.
#[must_use]
pub fn ps(snapshot: &Snapshot, long: bool) -> String {
    table(snapshot, long) + &findings(snapshot)
}

/// What `asyncio-pstree` prints.
#[must_use]
pub fn pstree(snapshot: &Snapshot) -> String {
    tree(snapshot) + &findings(snapshot)
}

/// The findings, after an empty line.
fn findings(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for finding in &snapshot.findings {
        let begin = if text.is_empty() { "\n" } else { "" };
        let _ = writeln!(text, "{begin}{}: {}", finding.kind.as_str(), keep_lines(&finding.text));
    }
    text
}

/// The rows of `build_task_table`, with columns for what CPython does not know about a task.
fn table(snapshot: &Snapshot, long: bool) -> String {
    let tasks: HashMap<u64, &TaskSnapshot> =
        snapshot.loops.iter().flat_map(|event_loop| &event_loop.tasks).map(|task| (task.id, task)).collect();
    let name_of = |id: u64| tasks.get(&id).map_or_else(|| format!("{id:#x}"), |task| shown(&task.name));
    let mut head = vec!["tid", "task id", "task name", "coroutine stack"];
    head.extend(if long { &["awaiter chain", "awaiter name", "awaiter id"][..] } else { &["awaiter name"] });
    head.extend(["state", "since", "at", "waits for"]);
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for row in build_task_table(&awaited_info(snapshot, false)) {
        let task = tasks[&row.task_id];
        let mut cells = vec![
            row.thread_id.to_string(),
            format!("{:#x}", row.task_id),
            shown(&row.task_name),
            shown(&row.coroutine_stack),
        ];
        if long {
            cells.push(shown(&row.awaiter_chain));
        }
        cells.push(shown(&row.awaiter_name));
        if long {
            cells.push(format!("{:#x}", row.awaiter_id));
        }
        cells.push(task.state.as_str().to_owned());
        cells.push(task.since.map(duration).unwrap_or_default());
        cells.push(shown(&task.at.to_string()));
        cells.push(task.waits_on.as_ref().map(|wait| wait_text(wait, name_of)).unwrap_or_default());
        rows.push(cells);
    }
    aligned(&rows)
}

/// The columns side by side, and a line below the first row.
fn aligned(rows: &[Vec<String>]) -> String {
    let length = |cell: &String| cell.chars().count();
    let columns = rows[0].len();
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| length(&row[column])).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{:1$}", "", width - length(cell) + 2);
        }
        text += line.trim_end();
        text.push('\n');
        if place == 0 {
            text += &"-".repeat(widths.iter().map(|width| width + 2).sum::<usize>() - 2);
            text.push('\n');
        }
    }
    text
}

/// The trees. A cycle of tasks is cut before the task that closes it.
fn tree(snapshot: &Snapshot) -> String {
    let mut tasks = awaited_info(snapshot, true);
    for info in &mut tasks {
        for task in &mut info.awaited_by {
            task.task_name = task.task_name.take().map(|name| shown(&name));
        }
    }
    let trees = build_async_tree(&tasks, "(T)", "").or_else(|CycleFound { cycles }| {
        let closing: HashSet<(u64, u64)> =
            cycles.iter().filter_map(|cycle| cycle.last_chunk()).map(|[from, to]| (*from, *to)).collect();
        for task in tasks.iter_mut().flat_map(|info| &mut info.awaited_by) {
            let id = task.task_id;
            task.awaited_by.retain(|by| !closing.contains(&(by.task_name, id)));
        }
        build_async_tree(&tasks, "(T)", "")
    });
    let mut text = String::new();
    for line in trees.unwrap_or_default().into_iter().flatten() {
        text += &line;
        text.push('\n');
    }
    text
}

/// What CPython's `get_all_awaited_by` returns for a process. With `waits`, a task that does not wait for another task has its
/// wait below its frame.
fn awaited_info(snapshot: &Snapshot, waits: bool) -> Vec<AwaitedInfo> {
    let of_loop = |event_loop: &LoopSnapshot| {
        let tasks: HashMap<u64, &TaskSnapshot> = event_loop.tasks.iter().map(|task| (task.id, task)).collect();
        let frame =
            |task: &TaskSnapshot| FrameInfo::new(&shown(&task.coroutine), &shown(&task.at.file), Some(task.at.line));
        let name_of = |id: u64| tasks.get(&id).map_or_else(|| format!("{id:#x}"), |task| shown(&task.name));
        let info = |task: &TaskSnapshot| {
            let mut call_stack = vec![frame(task)];
            if waits {
                call_stack.insert(0, FrameInfo::new(&state_text(task, name_of), "", None));
            }
            let by = |id: &u64| CoroInfo {
                call_stack: tasks.get(id).map(|waiter| frame(waiter)).into_iter().collect(),
                task_name: *id,
            };
            TaskInfo {
                task_id: task.id,
                task_name: Some(task.name.clone()),
                coroutine_stack: vec![CoroInfo { call_stack, task_name: task.id }],
                awaited_by: task.awaited_by.iter().map(by).collect(),
            }
        };
        AwaitedInfo { thread_id: event_loop.thread, awaited_by: event_loop.tasks.iter().map(info).collect() }
    };
    snapshot.loops.iter().map(of_loop).collect()
}

/// What a task does, in some words.
fn state_text(task: &TaskSnapshot, name_of: impl Fn(u64) -> String) -> String {
    let since = task.since.map(|since| format!(" for {}", duration(since))).unwrap_or_default();
    match (task.state, &task.waits_on) {
        (TaskState::Waiting, Some(wait)) => format!("waits{since} for {}", wait_text(wait, name_of)),
        (state, _) => format!("{}{since}", state.as_str()),
    }
}

/// What a task waits for.
pub(crate) fn wait_text(wait: &WaitSnapshot, name_of: impl Fn(u64) -> String) -> String {
    let mut text = match (wait.kind.as_str(), wait.task) {
        ("task", Some(id)) => format!("task {}", name_of(id)),
        ("readable", _) => "input".to_owned(),
        ("writable", _) => "room for output".to_owned(),
        _ => shown(&wait.text),
    };
    let (acquired, by) = match wait.kind.as_str() {
        "Lock" => ("acquired", "acquired by"),
        "Queue.join" if wait.not_done => ("taken from", "taken from by"),
        "Queue.put" | "Queue.join" => ("last taken from", "last taken from by"),
        _ => ("last acquired", "last acquired by"),
    };
    match wait.held_by {
        Some(id) => _ = write!(text, ", {by} {}", name_of(id)),
        None if wait.holder_is_done => _ = write!(text, ", {by} a task that is done"),
        None if wait.acquired_at.is_some() => _ = write!(text, ", {acquired}"),
        None => {}
    }
    if let Some(at) = &wait.taken_at {
        let not_done = if wait.not_done { ", and `task_done` was not called since" } else { "" };
        let _ = write!(text, " (taken at {}{not_done})", shown(&at.to_string()));
    }
    if let Some(at) = &wait.acquired_at {
        let _ = write!(text, " (acquired at {} and not released since)", shown(&at.to_string()));
    }
    text
}

/// A time span for people.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Text from the program, on one line and without control characters.
pub(crate) fn shown(text: &str) -> String {
    escape(text, Lines::Escape)
}

fn keep_lines(text: &str) -> String {
    escape(text, Lines::Keep)
}

fn escape(text: &str, lines: Lines) -> String {
    let mut shown = String::new();
    let _ = write!(Escape(&mut shown, lines), "{text}");
    shown
}
