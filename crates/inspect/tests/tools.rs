//! The functions behind `asyncio-ps` and `asyncio-pstree` return for the same tasks what CPython's functions return.
//!
//! The tasks are in `tools/cases.txt`, and what CPython 3.15 has made of them in `tools/expected.txt`, which `tools/record.py` writes.

#[macro_use]
extern crate asyncio_testing;

use asyncio_inspect::tools::table::{Row, build_task_table};
use asyncio_inspect::tools::tree::{AwaitedInfo, CoroInfo, CycleFound, FrameInfo, TaskInfo, build_async_tree};

const CASES: &str = include_str!("tools/cases.txt");
const EXPECTED: &str = include_str!("tools/expected.txt");

/// Each case of a file: its head, and its lines.
fn cases(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    text.split("== ").skip(1).map(|case| {
        let mut lines = case.trim_end().lines();
        (lines.next().expect("a head"), lines.collect())
    })
}

/// Compares all cases of a method.
fn check(method: &str) {
    let expected = cases(EXPECTED).collect::<Vec<_>>();
    let mut count = 0;
    for ((head, lines), (expected_head, expected)) in cases(CASES).zip(expected) {
        assert_eq!(head, expected_head, "record.py has not run since a case was added");
        let Some((_, kind)) = head.split_once(' ').filter(|(name, _)| *name == method) else { continue };
        let (threads, [task, coroutine]) = read(&lines);
        let found = if kind == "table" { table(&threads) } else { tree(&threads, task, coroutine) };
        assert_eq!(found, expected, "{method}");
        count += 1;
    }
    assert!(count > 0, "no case demands what {method} does");
}

fn table(threads: &[AwaitedInfo]) -> Vec<String> {
    let row = |row: Row| {
        let (thread, id, awaiter_id) = (row.thread_id, row.task_id, row.awaiter_id);
        let texts = [row.task_name, row.coroutine_stack, row.awaiter_chain, row.awaiter_name].join("\t");
        format!("{thread}\t{id:#x}\t{texts}\t{awaiter_id:#x}")
    };
    build_task_table(threads).into_iter().map(row).collect()
}

fn tree(threads: &[AwaitedInfo], task: &str, coroutine: &str) -> Vec<String> {
    match build_async_tree(threads, task, coroutine) {
        Ok(trees) => trees.into_iter().flat_map(|tree| ["tree".to_owned()].into_iter().chain(tree)).collect(),
        Err(CycleFound { cycles }) => {
            let line = |cycle: Vec<u64>| cycle.iter().fold("cycle".to_owned(), |line, task| format!("{line} {task}"));
            cycles.into_iter().map(line).collect()
        }
    }
}

/// The threads of a case, and the marks of tasks and coroutines.
fn read<'a>(lines: &[&'a str]) -> (Vec<AwaitedInfo>, [&'a str; 2]) {
    let (mut threads, mut marks) = (Vec::<AwaitedInfo>::new(), ["(T)", ""]);
    for line in lines {
        let (word, rest) = line.trim().split_once(' ').expect("a word and what follows");
        let task = threads.last_mut().and_then(|thread| thread.awaited_by.last_mut());
        match word {
            "marks" => marks = rest.split_once(' ').map(|(task, coroutine)| [task, coroutine]).expect("two marks"),
            "thread" => threads.push(AwaitedInfo { thread_id: rest.parse().unwrap(), awaited_by: Vec::new() }),
            "task" => {
                let (id, name) = rest.split_once(' ').map_or((rest, None), |(id, name)| (id, Some(name.to_owned())));
                let task = TaskInfo { task_id: id.parse().unwrap(), task_name: name, ..TaskInfo::default() };
                threads.last_mut().expect("a thread").awaited_by.push(task);
            }
            "at" => task.map(|task| task.coroutine_stack.push(stack(rest, task.task_id))).expect("a task"),
            "by" => {
                let (id, frames) = rest.split_once(": ").expect("a task and its frames");
                task.expect("a task").awaited_by.push(stack(frames, id.parse().unwrap()));
            }
            other => panic!("a case has the word {other:?}"),
        }
    }
    (threads, marks)
}

fn stack(frames: &str, task_name: u64) -> CoroInfo {
    let frame = |text: &str| {
        let (function, place) = text.rsplit_once('@').expect("a function and its place");
        let (file, line) = place.rsplit_once(':').expect("a file and a line");
        FrameInfo::new(function, file, line.parse().ok())
    };
    CoroInfo { call_stack: frames.split(" | ").map(frame).collect(), task_name }
}

// CPython: test_tools.TestAsyncioToolsTree.test_asyncio_utils
#[test]
fn tasks_stand_below_the_coroutines_that_wait_for_them() {
    check("TestAsyncioToolsTree.test_asyncio_utils");
}

// CPython: test_tools.TestAsyncioToolsTree.test_asyncio_utils_cycles
#[test]
fn tasks_that_wait_for_each_other_are_no_tree() {
    check("TestAsyncioToolsTree.test_asyncio_utils_cycles");
}

// CPython: test_tools.TestAsyncioToolsTable.test_asyncio_utils
#[test]
fn a_row_is_a_task_and_one_that_waits_for_it() {
    check("TestAsyncioToolsTable.test_asyncio_utils");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_empty_input_tree
#[test]
fn no_task_is_no_tree() {
    check("TestAsyncioToolsBasic.test_empty_input_tree");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_empty_input_table
#[test]
fn no_task_is_no_row() {
    check("TestAsyncioToolsBasic.test_empty_input_table");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_only_independent_tasks_tree
#[test]
fn tasks_for_which_none_waits_are_trees_of_their_own() {
    check("TestAsyncioToolsBasic.test_only_independent_tasks_tree");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_only_independent_tasks_table
#[test]
fn tasks_for_which_none_waits_have_a_row_each() {
    check("TestAsyncioToolsBasic.test_only_independent_tasks_table");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_single_task_tree
#[test]
fn a_task_alone_is_a_tree() {
    check("TestAsyncioToolsBasic.test_single_task_tree");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_single_task_table
#[test]
fn a_task_alone_is_a_row() {
    check("TestAsyncioToolsBasic.test_single_task_table");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_cycle_detection
#[test]
fn two_tasks_that_wait_for_each_other_are_a_cycle() {
    check("TestAsyncioToolsBasic.test_cycle_detection");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_complex_tree
#[test]
fn a_chain_of_tasks_is_a_deep_tree() {
    check("TestAsyncioToolsBasic.test_complex_tree");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_complex_table
#[test]
fn a_chain_of_tasks_has_a_row_for_each() {
    check("TestAsyncioToolsBasic.test_complex_table");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_deep_coroutine_chain
#[test]
fn a_deep_stack_is_drawn_from_the_outside() {
    check("TestAsyncioToolsBasic.test_deep_coroutine_chain");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_multiple_cycles_same_node
#[test]
fn a_task_may_be_in_two_cycles() {
    check("TestAsyncioToolsBasic.test_multiple_cycles_same_node");
}

// CPython: test_tools.TestAsyncioToolsBasic.test_table_output_format
#[test]
fn a_row_has_the_numbers_of_task_and_waiter() {
    check("TestAsyncioToolsBasic.test_table_output_format");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_frames_without_location_tree
#[test]
fn a_frame_without_a_line_is_drawn() {
    check("TestAsyncioToolsEdgeCases.test_frames_without_location_tree");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_frames_without_location_table
#[test]
fn the_name_of_a_frame_is_whole() {
    check("TestAsyncioToolsEdgeCases.test_frames_without_location_table");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_task_awaits_self
#[test]
fn a_task_that_waits_for_itself_is_a_cycle() {
    check("TestAsyncioToolsEdgeCases.test_task_awaits_self");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_task_with_missing_awaiter_id
#[test]
fn a_waiter_that_is_not_listed_is_unknown() {
    check("TestAsyncioToolsEdgeCases.test_task_with_missing_awaiter_id");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_duplicate_coroutine_frames
#[test]
fn the_same_frame_below_two_tasks_is_two() {
    check("TestAsyncioToolsEdgeCases.test_duplicate_coroutine_frames");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_task_with_no_name
#[test]
fn a_task_without_a_name_is_drawn() {
    check("TestAsyncioToolsEdgeCases.test_task_with_no_name");
}

// CPython: test_tools.TestAsyncioToolsEdgeCases.test_tree_rendering_with_custom_emojis
#[test]
fn tasks_and_coroutines_may_have_other_marks() {
    check("TestAsyncioToolsEdgeCases.test_tree_rendering_with_custom_emojis");
}

/// Where CPython would draw for ever, or raise `RecursionError`.
#[test]
fn a_graph_without_an_end_is_cut() {
    let frame = |line| CoroInfo { call_stack: vec![FrameInfo::new("pour", "tea.rs", Some(1))], task_name: line };
    let task = |task_id, awaited_by: Vec<CoroInfo>| TaskInfo { task_id, awaited_by, ..TaskInfo::default() };
    let chain = (0..100_000).map(|id| task(id, if id == 0 { Vec::new() } else { vec![frame(id - 1)] })).collect();
    let trees = build_async_tree(&[AwaitedInfo { thread_id: 1, awaited_by: chain }], "(T)", "").unwrap();
    assert_eq!(trees.len(), 1);
    assert!(trees[0].len() < 200 && trees[0].last().unwrap().trim_start().ends_with('…'), "{:?}", trees[0].last());
    // Two tasks wait for each task, so there are 2^40 paths.
    let wide = (0..40).map(|id| task(id, (id.max(2) - 2..id).map(frame).collect())).collect();
    let trees = build_async_tree(&[AwaitedInfo { thread_id: 1, awaited_by: wide }], "(T)", "").unwrap();
    assert!(trees[0].len() < 50_000);
}
