//! The steps of a program's Python twin on CPython, and whether they are those of the program.
//!
//! `examples/steps.py` records them, as coarsely as a timeline: the task, what it waits for after the step, and the line of the
//! twin where it is then suspended. The records are kept in `tests/twin-steps`, so that a player needs no Python, and are compared
//! with the timeline of the program ([`compare`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::alike::Whole;
use super::{Entry, Step, Then, Timeline};
use crate::examples::Example;
use crate::program::Output;
use crate::python::Python;
use crate::twins::run_twin_noting;
use crate::{files, read};

/// The steps of a twin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Twin {
    /// The tasks, in the order of their creation.
    pub tasks: Vec<Task>,
    /// The steps.
    pub steps: Vec<Stop>,
    /// What they were before they were shortened.
    pub whole: Option<Whole>,
}

/// A task of a twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The name of its coroutine function.
    pub coroutine: String,
    /// Its name.
    pub name: String,
    /// How it ended, if it took no step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Where a step of a twin stopped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The index of the task.
    pub task: usize,
    /// The line of the twin where the task is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The kind of the wait, in the words of a timeline; `nothing` if it gave way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// The task that it awaits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<usize>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// How many lines it printed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prints: usize,
    /// The loop's time, if it differs from that of the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
}

/// The record of a step that `steps.py` writes.
#[derive(Deserialize)]
struct Noted {
    task: usize,
    line: Option<u32>,
    waits: Option<String>,
    on: Option<usize>,
    end: Option<String>,
    time: f64,
    printed: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Whole { whole: Whole },
    Stop(Stop),
    Task(Task),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Note {
    Step(Noted),
    Task(Task),
}

impl Twin {
    /// Its text for storage.
    ///
    /// # Panics
    ///
    /// Never: it is made of numbers and texts.
    pub fn text(&self) -> String {
        let whole = self.whole.iter().map(|whole| Line::Whole { whole: whole.clone() });
        let tasks = self.tasks.iter().cloned().map(Line::Task);
        let lines = whole.chain(tasks).chain(self.steps.iter().cloned().map(Line::Stop));
        lines.map(|line| serde_json::to_string(&line).expect("data can be written") + "\n").collect()
    }

    /// Reads a stored text.
    ///
    /// # Errors
    ///
    /// Fails when a line does not belong to it.
    pub fn parse(text: &str) -> Result<Self> {
        let mut twin = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("no step of a twin: {line}"))? {
                Line::Whole { whole } => twin.whole = Some(whole),
                Line::Stop(stop) => twin.steps.push(stop),
                Line::Task(task) => twin.tasks.push(task),
            }
        }
        Ok(twin)
    }

    /// The stored steps of a program's twin.
    ///
    /// # Errors
    ///
    /// Fails when there is nothing.
    pub fn kept(root: &Path, name: &str) -> Result<Self> {
        let path = path(root, name);
        Self::parse(&read(&path).with_context(|| format!("run `cargo xtask timeline --bless {name}`"))?)
            .with_context(|| format!("in {}", path.display()))
    }

    /// Its steps in words, each with the step.
    pub(super) fn told(&self) -> Vec<(String, &Stop)> {
        let mut now = 0.0;
        let told = self.steps.iter().map(|stop| {
            now = stop.time.unwrap_or(now);
            (told_twin(stop, now), stop)
        });
        told.collect()
    }

    /// Reads what `steps.py` wrote, beside what the twin printed.
    fn noted(text: &str, stdout: &str) -> Result<Self> {
        let mut twin = Self::default();
        let (mut time, mut lengths) = (0.0, Vec::new());
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("no step: {line}"))? {
                Note::Task(task) => twin.tasks.push(task),
                Note::Step(Noted { task, line, waits, on, end, time: now, printed }) => {
                    let before = std::mem::replace(&mut time, rounded(now));
                    let time = (before != time).then_some(time);
                    lengths.push((printed, twin.steps.len()));
                    twin.steps.push(Stop { task, line, waits, on, end, prints: 0, time });
                }
            }
        }
        // In the order in which they end: a step inside another one ends first.
        lengths.sort_unstable();
        let mut printed = 0;
        for (length, step) in lengths {
            twin.steps[step].prints = lines(stdout.get(printed..length).unwrap_or_default());
            printed = length;
        }
        Ok(twin)
    }
}

/// The file of a twin's steps.
pub fn path(root: &Path, name: &str) -> PathBuf {
    root.join("tests/twin-steps").join(format!("{name}.jsonl"))
}

/// The names of the programs whose twins have stored steps.
pub fn names(root: &Path) -> Vec<String> {
    let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    files(&root.join("tests/twin-steps"), "jsonl").into_iter().filter_map(stem).collect()
}

/// Runs the twin of a program on CPython, and returns its steps and its output.
///
/// # Errors
///
/// Fails when Python cannot be started, or the twin runs no loop.
pub fn record(python: &Python, example: &Example) -> Result<(Twin, Output)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("steps.jsonl");
    let output = run_twin_noting(python, example, Some(&file))?;
    let text = read(&file).with_context(|| format!("the twin of {} noted nothing:\n{output}", example.name))?;
    let twin = Twin::noted(&text, &output.stdout).with_context(|| format!("the twin of {}", example.name))?;
    Ok((twin, output))
}

/// The differences between the steps of a program and of its twin: which task takes which step, at which time, how many lines it
/// prints, what it then waits for, and how it ends. The lines where tasks are suspended are paired: a line of one belongs to one
/// line of the other, and later lines to later lines.
pub fn compare(ours: &Timeline, twin: &Twin) -> Vec<String> {
    let mut problems = Vec::new();
    if ours.whole != twin.whole {
        let told = |whole: &Option<Whole>| {
            let told = |whole: &Whole| format!("{} tasks, {} steps, {}", whole.tasks, whole.steps, whole.digest);
            whole.as_ref().map_or_else(|| "none".to_owned(), told)
        };
        let (mine, theirs) = (told(&ours.whole), told(&twin.whole));
        problems.push(format!("steps that are not shown differ: {mine}, and in Python {theirs}"));
    }
    if ours.tasks.len() != twin.tasks.len() {
        problems.push(format!("{} tasks, and {} in Python", ours.tasks.len(), twin.tasks.len()));
    }
    for (index, (task, theirs)) in ours.tasks.iter().zip(&twin.tasks).enumerate() {
        let ended = task.ended.as_ref().map(|ended| how(ended).0);
        if ended != theirs.end {
            problems.push(format!("task {index} ends {ended:?} without a step, and {:?} in Python", theirs.end));
        }
    }
    let mut pairs = BTreeMap::new();
    let mut stops = twin.told().into_iter();
    for (index, (mine, step)) in told_of(ours).into_iter().enumerate() {
        let count = index + 1;
        let Some((theirs, stop)) = stops.next() else {
            problems.push(format!("step {count} is none of Python's"));
            break;
        };
        if mine != theirs {
            problems.push(format!("step {count}: {mine}, and in Python {theirs}"));
            if step.task != stop.task {
                return problems;
            }
        }
        if let (Some(line), Some(other)) = (step.line, stop.line) {
            let paired = *pairs.entry(line).or_insert(other);
            if paired != other {
                problems.push(format!("step {count}: line {line} is line {paired} of the twin, and line {other}"));
            }
        }
    }
    let left = stops.count();
    if left > 0 {
        problems.push(format!("Python takes {left} more steps"));
    }
    let places: Vec<(u32, u32)> = pairs.into_iter().collect();
    for window in places.windows(2) {
        if let [(line, other), (next, after)] = window
            && other >= after
        {
            problems.push(format!("lines {line} and {next} are lines {other} and {after} of the twin"));
        }
    }
    problems
}

/// The steps of a run in words, the same for both languages, each with the step.
pub(super) fn told_of(ours: &Timeline) -> Vec<(String, &Step)> {
    let (mut now, mut called) = (0.0, 0);
    let mut steps = Vec::new();
    for entry in &ours.entries {
        match entry {
            Entry::Jump(to) => now = *to,
            Entry::Outside(_) => {}
            // Their steps are not those of the twin that are kept.
            Entry::Others(others) => now += others.blocked,
            Entry::Call(call) => called += lines(&call.printed),
            Entry::Step(step) => {
                now += step.blocked.unwrap_or_default();
                // In Python, output of callbacks before a step is recorded with the step.
                let prints = lines(&step.printed) + std::mem::take(&mut called);
                steps.push((told(step, now, prints), step));
            }
        }
    }
    steps
}

/// A step in a few words, the same for both languages.
fn told(step: &Step, now: f64, prints: usize) -> String {
    let (how, on) = how(&step.then);
    words(step.task, rounded(now), prints, &how, on)
}

fn told_twin(stop: &Stop, now: f64) -> String {
    let how = stop.end.as_deref().or(stop.waits.as_deref()).unwrap_or_default();
    words(stop.task, now, stop.prints, how, stop.on)
}

fn words(task: usize, now: f64, prints: usize, how: &str, on: Option<usize>) -> String {
    let on = on.map_or_else(String::new, |task| format!(" ({task})"));
    format!("task {task} at {now} s prints {prints} lines, then: {how}{on}")
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

/// The wait or the end after a step, in words for both languages.
fn how(then: &Then) -> (String, Option<usize>) {
    let (words, task) = match then {
        Then::Ready => ("nothing", None),
        Then::Waits { on, task, .. } => (on.as_str(), *task),
        Then::Finished => ("finished", None),
        Then::Cancelled => ("cancelled", None),
        Then::Failed(_) => ("failed", None),
        Then::Nothing => ("left", None),
    };
    (words.to_owned(), task)
}

/// A time to the tenth of a millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"task":{"name":"Ada","coroutine":"nap"}}
{"step":{"task":0,"did":[{"creates":1}],"printed":"a\nb\n","then":{"waits":{"on":"a task","task":1}},"line":9}}
{"step":{"task":1,"then":{"waits":{"on":"a timer"}},"line":5}}
{"jump":1.5}
{"call":{"name":"sleep","due":1.5,"did":[{"wakes":1}],"printed":"c\n"}}
{"step":{"task":1,"did":[{"wakes":0}],"then":"finished"}}
"#;

    const NOTED: &str = r#"{"task": 0, "waits": "a task", "on": 1, "line": 7, "time": 0.0, "printed": 4}
{"task": 1, "waits": "a timer", "line": 3, "time": 0.0, "printed": 4}
{"task": 1, "end": "finished", "time": 1.5, "printed": 6}
{"coroutine": "main", "name": "Task-1"}
{"coroutine": "nap", "name": "Ada"}
"#;

    fn differences(from: &str, to: &str) -> Vec<String> {
        let noted = NOTED.replace(from, to);
        assert!(from.is_empty() || noted != NOTED);
        compare(&Timeline::parse(RUN).unwrap(), &Twin::noted(&noted, "a\nb\nc\n").unwrap())
    }

    #[test]
    fn what_is_noted_is_kept_and_read_back() {
        let twin = Twin::noted(NOTED, "a\nb\nc\n").unwrap();
        let expected = r#"{"coroutine":"main","name":"Task-1"}
{"coroutine":"nap","name":"Ada"}
{"task":0,"line":7,"waits":"a task","on":1,"prints":2}
{"task":1,"line":3,"waits":"a timer"}
{"task":1,"end":"finished","prints":1,"time":1.5}
"#;
        assert_eq!(twin.text(), expected);
        assert_eq!(Twin::parse(expected).unwrap(), twin);
    }

    #[test]
    fn a_step_within_another_has_printed_first() {
        let noted = "{\"task\":0,\"end\":\"finished\",\"time\":0,\"printed\":4}\n{\"task\":1,\"end\":\"finished\",\"time\":0,\"printed\":2}\n";
        let prints: Vec<usize> = Twin::noted(noted, "a\nb\n").unwrap().steps.iter().map(|stop| stop.prints).collect();
        assert_eq!(prints, [1, 1]);
    }

    #[test]
    fn the_same_steps_differ_in_nothing_and_others_do() {
        assert_eq!(differences("", ""), [""; 0]);
        for (from, to, part) in [
            (r#""on": 1"#, r#""on": 0"#, "step 1: task 0 at 0 s prints 2 lines, then: a task (1), and in Python"),
            (r#""a timer""#, r#""Lock""#, "step 2"),
            (
                r#"{"task": 1, "end": "finished", "time": 1.5"#,
                r#"{"task": 1, "end": "finished", "time": 2.5"#,
                "step 3",
            ),
            (r#""end": "finished""#, r#""end": "failed""#, "step 3"),
            (r#""printed": 6"#, r#""printed": 4"#, "step 3"),
            (r#"{"task": 1, "waits""#, r#"{"task": 0, "waits""#, "step 2"),
            ("{\"coroutine\": \"nap\", \"name\": \"Ada\"}\n", "", "2 tasks, and 1 in Python"),
            (r#""line": 3"#, r#""line": 8"#, "lines 5 and 9 are lines 8 and 7 of the twin"),
            (r#""line": 3"#, r#""line": 7"#, "lines 5 and 9 are lines 7 and 7 of the twin"),
        ] {
            let found = differences(from, to);
            assert!(found.len() == 1 && found[0].contains(part), "{from}: {found:?}");
        }
        let less = RUN.rsplit_once("{\"step\"").unwrap().0;
        let twin = Twin::noted(NOTED, "a\nb\nc\n").unwrap();
        assert_eq!(compare(&Timeline::parse(less).unwrap(), &twin), ["Python takes 1 more steps"]);
        let more = format!("{RUN}{{\"step\":{{\"task\":0,\"then\":\"finished\"}}}}\n");
        assert_eq!(compare(&Timeline::parse(&more).unwrap(), &twin), ["step 4 is none of Python's"]);
        let moved = RUN.replace("\"then\":\"finished\"", "\"then\":{\"waits\":{\"on\":\"a timer\"}},\"line\":5");
        let other = NOTED.replace(r#""end": "finished""#, r#""waits": "a timer", "line": 4"#);
        let other = Twin::noted(&other, "a\nb\nc\n").unwrap();
        let found = compare(&Timeline::parse(&moved).unwrap(), &other);
        assert_eq!(found, ["step 3: line 5 is line 3 of the twin, and line 4"]);
    }
}
