//! The table of the tasks, as `python -m asyncio ps` has it (`asyncio.tools.build_task_table`).

use std::collections::HashMap;

use crate::tools::tree::{AwaitedInfo, FrameInfo};

/// A row: a task and one that waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The thread.
    pub thread_id: u64,
    /// The number of the task.
    pub task_id: u64,
    /// The name of the task.
    pub task_name: String,
    /// Its coroutines, the innermost first.
    pub coroutine_stack: String,
    /// The coroutines of the waiter.
    pub awaiter_chain: String,
    /// The name of the waiter.
    pub awaiter_name: String,
    /// The number of the waiter; 0 for none.
    pub awaiter_id: u64,
}

/// A row for each task and each of those that wait for it.
#[must_use]
pub fn build_task_table(result: &[AwaitedInfo]) -> Vec<Row> {
    let tasks = || result.iter().flat_map(|info| info.awaited_by.iter().map(|task| (info.thread_id, task)));
    let name_of = |name: &Option<String>| name.clone().unwrap_or_else(|| "None".to_owned());
    let names: HashMap<u64, String> = tasks().map(|(_, task)| (task.task_id, name_of(&task.task_name))).collect();
    let mut rows = Vec::new();
    for (thread_id, task) in tasks() {
        let row = Row {
            thread_id,
            task_id: task.task_id,
            task_name: name_of(&task.task_name),
            coroutine_stack: chain(task.coroutine_stack.iter().flat_map(|stack| &stack.call_stack)),
            ..Row::default()
        };
        rows.extend(task.awaited_by.iter().map(|by| Row {
            awaiter_chain: chain(&by.call_stack),
            awaiter_name: names.get(&by.task_name).cloned().unwrap_or_else(|| "Unknown".to_owned()),
            awaiter_id: by.task_name,
            ..row.clone()
        }));
        if task.awaited_by.is_empty() {
            rows.push(row);
        }
    }
    rows
}

fn chain<'a>(frames: impl IntoIterator<Item = &'a FrameInfo>) -> String {
    let names: Vec<&str> = frames.into_iter().map(|frame| frame.funcname.as_str()).collect();
    names.join(" -> ")
}
