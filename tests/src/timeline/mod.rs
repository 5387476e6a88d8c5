//! The run of a program as data: which task took which step, what it did, and what it waited on afterwards.
//!
//! A program that is traced under the virtual clock takes the same steps each time. So its timeline is kept as data, in
//! `tests/timelines`, and the book draws it without running anything ([`svg`], [`words`]). A line is a task, or one action of the
//! loop: a step of a task, a callback, a jump of the clock. The state at a step (the ready tasks, the waits, the output so far)
//! follows from the lines before it. Of a run of more than a thousand steps, a part is kept ([`alike`]).

pub mod alike;
pub mod frames;
pub mod players;
pub mod svg;
mod trace;
pub mod twin;
pub mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use self::alike::Whole;
use crate::company;
use crate::examples::Example;
use crate::on_network::OnNetwork;
use crate::program::{Clock, LIMIT, Output, Programs, Running};
use crate::{files, read, root};

/// The run of a program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The tasks, in the order of their creation.
    pub tasks: Vec<Row>,
    /// What the loop did.
    pub entries: Vec<Entry>,
    /// What the run was before it was shortened.
    pub whole: Option<Whole>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name at its end.
    pub name: String,
    /// The name of its coroutine function.
    pub coroutine: String,
    /// How it ended, if it took no step: it was cancelled before its first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Then>,
}

/// One action of the loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A task took a step.
    Step(Step),
    /// A callback or a timer ran.
    Call(Call),
    /// The virtual clock advanced to this time.
    Jump(f64),
    /// Actions outside of any step: before the loop ran, or when it was closed.
    Outside(Vec<Act>),
    /// Tasks that are not kept took steps.
    Others(Others),
}

/// A step of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The index of the task.
    pub task: usize,
    /// Was it taken within the step that created the task?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub eager: bool,
    /// What it did meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<Act>,
    /// What it printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
    /// The seconds for which it blocked the loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<f64>,
    /// What it waits on afterwards, or how it ended.
    pub then: Then,
    /// The line of the await where it is suspended afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A callback or a timer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The function; `sleep` or `timeout` for their timers.
    pub name: String,
    /// When it was due, if it is a timer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<f64>,
    /// What it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<Act>,
    /// What it printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
}

/// The steps of tasks that are not kept, between two entries that are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Others {
    /// How many steps there are.
    pub steps: usize,
    /// What they did to tasks that are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<Act>,
    /// What they printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
    /// The seconds for which they blocked the loop.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blocked: f64,
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

/// One action of a step or a callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// It created this task.
    Creates(usize),
    /// It woke this task.
    Wakes(usize),
    /// It requested that this task be cancelled.
    Cancels(usize),
    /// Its request went on to another task.
    Hands {
        /// The task that it went on to.
        task: usize,
        /// The task that waits for that one; none if a group does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<usize>,
    },
    /// It set a timer, due at this time.
    Sets(String, f64),
    /// It cancelled the timer that was due at this time.
    Stops(String, f64),
    /// It did this to so many tasks that are not kept.
    More(Verb, usize),
}

/// An action that concerns a task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// See [`Act::Creates`].
    Creates,
    /// See [`Act::Wakes`].
    Wakes,
    /// See [`Act::Cancels`].
    Cancels,
}

/// What follows a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// It gave way to others, and is ready.
    Ready,
    /// It waits.
    Waits {
        /// The kind of the wait, such as `a timer` or `Lock`.
        on: String,
        /// The task that it awaits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<usize>,
        /// The task that holds what it waits for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_by: Option<usize>,
    },
    /// It has a result.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// It has an exception.
    Failed(String),
    /// The program ended first.
    Nothing,
}

/// A line of a stored timeline.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Whole { whole: Whole },
    Task { task: Row },
    Entry(Entry),
}

impl Timeline {
    /// Its text for storage.
    ///
    /// # Panics
    ///
    /// Never: it is made of numbers and texts.
    pub fn text(&self) -> String {
        let whole = self.whole.iter().map(|whole| Line::Whole { whole: whole.clone() });
        let tasks = self.tasks.iter().map(|task| Line::Task { task: task.clone() });
        let lines = whole.chain(tasks).chain(self.entries.iter().cloned().map(Line::Entry));
        lines.map(|line| serde_json::to_string(&line).expect("data can be written") + "\n").collect()
    }

    /// Reads a stored text.
    ///
    /// # Errors
    ///
    /// Fails when a line does not belong to a timeline.
    pub fn parse(text: &str) -> Result<Self> {
        let mut timeline = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("no line of a timeline: {line}"))? {
                Line::Whole { whole } => timeline.whole = Some(whole),
                Line::Task { task } => timeline.tasks.push(task),
                Line::Entry(entry) => timeline.entries.push(entry),
            }
        }
        Ok(timeline)
    }

    /// The stored timeline of a program.
    ///
    /// # Errors
    ///
    /// Fails when there is none.
    pub fn kept(root: &Path, name: &str) -> Result<Self> {
        let path = path(root, name);
        Self::parse(&read(&path).with_context(|| format!("run `cargo xtask timeline --bless {name}`"))?)
            .with_context(|| format!("in {}", path.display()))
    }

    /// How many steps the tasks take.
    pub fn steps(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry, Entry::Step(_))).count()
    }

    /// The virtual time at the end.
    pub fn seconds(&self) -> f64 {
        self.entries.iter().fold(0.0, |now, entry| match entry {
            Entry::Jump(to) => *to,
            Entry::Step(Step { blocked: Some(seconds), .. }) | Entry::Others(Others { blocked: seconds, .. }) => {
                now + seconds
            }
            _ => now,
        })
    }
}

/// The file of a program's timeline.
pub fn path(root: &Path, name: &str) -> PathBuf {
    root.join("tests/timelines").join(format!("{name}.jsonl"))
}

/// The names of the programs with a stored timeline.
pub fn names(root: &Path) -> Vec<String> {
    let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    files(&root.join("tests/timelines"), "jsonl").into_iter().filter_map(stem).collect()
}

/// Runs a program with a trace, and returns its whole timeline and its output.
///
/// # Errors
///
/// Fails when the program cannot be run, or waits for something outside of its loop: a socket, a process or a thread. Then it
/// would not be the same each time.
pub fn record(programs: &Programs, example: &Example) -> Result<(Timeline, Output)> {
    ensure!(
        !company::company()?.contains_key(&example.name),
        "{} talks to others: its steps are not the same each time",
        example.name
    );
    let mut command = programs.command(&example.name, Clock::Virtual)?;
    command.args(&example.args);
    traced(command, example)
}

/// Runs a program on the simulated network, with those to whom it talks in the same loop, and returns its whole timeline and its
/// output.
///
/// # Errors
///
/// Fails when the program cannot be run there, or waits for a process or a thread.
pub fn record_on_network(network: &OnNetwork, example: &Example) -> Result<(Timeline, Output)> {
    traced(network.command(example)?, example)
}

/// Is this one of the programs that connect or serve, whose timelines are those of the simulated network?
pub fn is_on_network(example: &Example) -> bool {
    let connects = |text: String| text.contains("open_connection(") || text.contains("start_server(");
    let is_of_streams = example.path.starts_with("20-streams/") || example.path.starts_with("21-website-status/");
    is_of_streams && read(root().join("examples").join(&example.path)).is_ok_and(connects)
}

fn traced(mut command: Command, example: &Example) -> Result<(Timeline, Output)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("trace.json");
    command.env("ASYNCIO_TRACE", &file);
    let output = Running::start(command)?.end(LIMIT)?;
    let Ok(trace) = std::fs::read_to_string(&file) else {
        bail!("{} has no loop, or is not built with the feature `trace` of asyncio", example.name);
    };
    let timeline = trace::read(&trace, &output.stdout).with_context(|| format!("cannot draw {}", example.name))?;
    Ok((timeline, output))
}

/// The example of this name.
///
/// # Errors
///
/// Fails when there is none.
pub fn example(name: &str) -> Result<Example> {
    let all = crate::examples::examples(root())?;
    let found = all.iter().find(|example| example.name == name).cloned();
    found.with_context(|| crate::unknown("example", name, all.iter().map(|example| example.name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        let task = |name: &str| Row { name: name.to_owned(), coroutine: "nap".to_owned(), ended: None };
        let step = Step {
            task: 0,
            eager: true,
            did: vec![Act::Creates(1), Act::Sets("sleep".to_owned(), 0.5)],
            printed: "zzz\n".to_owned(),
            blocked: None,
            then: Then::Waits { on: "a task".to_owned(), task: Some(1), held_by: None },
            line: Some(7),
        };
        let call = Call { name: "sleep".to_owned(), due: Some(0.5), did: vec![Act::Wakes(1)], printed: String::new() };
        let timeline = Timeline {
            tasks: vec![task("Ada"), Row { ended: Some(Then::Cancelled), ..task("Bo") }],
            entries: vec![
                Entry::Step(step),
                Entry::Jump(0.5),
                Entry::Call(call),
                Entry::Outside(vec![Act::Cancels(0)]),
            ],
            whole: None,
        };
        assert_eq!(Timeline::parse(&timeline.text()).unwrap(), timeline);
        assert_eq!((timeline.steps(), timeline.seconds()), (1, 0.5));
        assert!(Timeline::parse("{\"nap\":1}\n").is_err());
    }
}
