//! The programs of the guide under other orders, and the programs whose output then changes.
//!
//! `cargo xtask explore --all` runs every program under some schedules, each in a process of its own, and keeps the results in
//! `tests/guide/orders.toml`. The page *What is promised and what just happens to be so* has a table made of it.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, bail, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::examples::{Example, examples};
use crate::live::live;
use crate::program::{Clock, Programs};
use crate::python::Python;
use crate::{read, root};

/// Reasons why a page cannot run a program that are also reasons why a schedule does not determine it.
const OUTSIDE: [&str; 6] = [
    "starts other processes",
    "uses threads",
    "waits for signals",
    "watches file descriptors",
    "reads what you type",
    "asks the system for the time",
];

/// The schedule without deviations.
pub const FIFO: &str = "1:fence:dev:";

/// The results of all programs: `tests/guide/orders.toml`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// How many schedules each program ran under, first in, first out included.
    pub schedules: u64,
    /// How many programs were run.
    pub programs: usize,
    /// The programs that printed something else under one of them.
    #[serde(default)]
    pub depends: Vec<Depends>,
}

/// A program whose output depends on the order.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depends {
    /// Its name.
    pub program: String,
    /// How many outputs it had.
    pub outputs: usize,
    /// The first line that differs, first in, first out.
    pub first: String,
    /// The same line in the other output that takes the fewest deviations.
    pub other: String,
    /// The schedule to that.
    pub schedule: String,
}

/// The programs that schedules determine: they use nothing outside of their loop.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn ruled() -> Result<Vec<Example>> {
    let outside: Vec<String> = live(root())?
        .into_iter()
        .filter(|live| live.networked || live.reason.is_some_and(|reason| OUTSIDE.contains(&reason)))
        .map(|live| live.program.name)
        .collect();
    let mut all = examples(root())?;
    all.retain(|example| !outside.contains(&example.name) && !example.path.starts_with("extra/"));
    Ok(all)
}

/// One run of a program under a schedule.
#[derive(Debug)]
pub struct Run {
    /// What it printed, without addresses.
    pub text: String,
    /// Its deviations from first in, first out, as in a token.
    pub deviations: Vec<String>,
    /// The number of eligible entries at each step.
    pub eligible: Vec<u8>,
    /// Each choice, as both languages write it: the number of ready entries, the index of the one that ran, and the number of
    /// eligible ones.
    pub choices: String,
}

/// Runs a program under a schedule.
///
/// # Errors
///
/// Fails when the program cannot be started.
pub fn under(programs: &Programs, name: &str, schedule: &str) -> Result<Run> {
    run(programs, name, schedule, false)
}

/// Runs a program under a schedule, and skips the deviations that are impossible.
///
/// # Errors
///
/// Fails when the program cannot be started.
pub fn loosely_under(programs: &Programs, name: &str, schedule: &str) -> Result<Run> {
    run(programs, name, schedule, true)
}

fn run(programs: &Programs, name: &str, schedule: &str, loose: bool) -> Result<Run> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let mut command = programs.command(name, Clock::Virtual)?;
    command.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace).current_dir(folder.path());
    command.env_remove("RUST_BACKTRACE");
    if loose {
        command.env("ASYNCIO_SCHEDULE_LOOSE", "1");
    }
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    // A program without a loop has no choices.
    let choices = std::fs::read_to_string(trace).unwrap_or_default();
    let mut deviations = Vec::new();
    let mut eligible = Vec::new();
    for (step, line) in choices.lines().enumerate() {
        let [len, index, width] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("{name}: a choice is {line:?}")
        };
        if index != "0" {
            deviations.push(format!("{step}={index}/{len}"));
        }
        eligible.push(width.parse()?);
    }
    Ok(Run { text: without_addresses(&text), deviations, eligible, choices })
}

/// What a program printed, without addresses, which differ from run to run.
pub(crate) fn without_addresses(text: &str) -> String {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new("0x[0-9a-f]+").expect("the pattern is well formed"));
    ADDRESS.replace_all(text, "0x…").into_owned()
}

/// The choices that a program's twin makes on CPython under a schedule.
///
/// # Errors
///
/// Fails when CPython cannot be started, and when it refuses the schedule.
pub fn choices_of_twin(python: &Python, example: &Example, schedule: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let mut twin = Command::new(&python.path);
    twin.arg(root().join("examples/virtual.py"));
    twin.arg(root().join("examples").join(&example.path).with_extension("py"));
    twin.env("ASYNCIO_SEED", "1").env("TZ", "UTC").env("PYTHONUTF8", "1").current_dir(folder.path());
    twin.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace);
    let output = twin.output().with_context(|| format!("cannot run the twin of {}", example.name))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(!errors.contains("StaleSchedule"), "the twin of {} refuses {schedule}: {errors}", example.name);
    Ok(std::fs::read_to_string(trace)?)
}

/// Are two sequences of choices the same up to the last deviation? After that, a program may continue differently in the other
/// language: `SystemExit` stops CPython's loop, while a panic ends only the task.
#[must_use]
pub fn agree(ours: &str, theirs: &str) -> bool {
    let is_deviation = |choice: &str| choice.split(' ').nth(1).is_some_and(|index| index != "0");
    let last = |choices: &str| choices.lines().collect::<Vec<_>>().iter().rposition(|choice| is_deviation(choice));
    let decided = last(ours).max(last(theirs)).map_or(0, |last| last + 1);
    ours.lines().count() >= decided && ours.lines().take(decided).eq(theirs.lines().take(decided))
}

/// The first lines that differ. The end of a text is an empty line.
pub fn first_difference(one: &str, other: &str) -> (String, String) {
    let (mut one, mut other) = (one.lines(), other.lines());
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Default::default(),
            (a, b) if a != b => return (a.unwrap_or_default().to_owned(), b.unwrap_or_default().to_owned()),
            _ => {}
        }
    }
}

/// What was seen.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub fn orders() -> Result<Orders> {
    Ok(toml::from_str(&read(root().join("tests/guide/orders.toml"))?)?)
}

/// The table of the page, in Markdown.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn table() -> Result<String> {
    let orders = orders()?;
    let mut text = format!(
        "Of {} programs, {} print something else under one of {} schedules.\n\n\
         | program | outputs | first in, first out | in another order | schedule |\n| --- | --: | --- | --- | --- |\n",
        orders.programs,
        orders.depends.len(),
        orders.schedules
    );
    let all = examples(root())?;
    for Depends { program, outputs, first, other, schedule } in &orders.depends {
        let path = all.iter().find(|example| example.name == *program).map_or("", |example| &example.path);
        let link = format!("https://github.com/asyncio-rs/asyncio/blob/main/examples/{path}");
        let cells = [first, other].map(|line| cell(line));
        let [first, other] = cells;
        let _ = writeln!(text, "| [`{program}`]({link}) | {outputs} | {first} | {other} | `{schedule}` |");
    }
    Ok(text)
}

/// A line of output as a cell of the table; a long one is cut.
fn cell(line: &str) -> String {
    const WIDTH: usize = 48;
    // Colours are left out.
    let colours = Regex::new("\u{1b}\\[[0-9;]*m").expect("the pattern is well formed");
    let line = colours.replace_all(line, "");
    if line.trim().is_empty() {
        return "*nothing*".to_owned();
    }
    let cut: String = line.chars().take(WIDTH).collect();
    let more = if line.chars().count() > WIDTH { "…" } else { "" };
    let fence = if cut.contains('`') { "``" } else { "`" };
    format!("{fence}{}{more}{fence}", cut.trim().replace('|', "\\|"))
}
