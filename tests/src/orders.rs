//! The programs of the guide under other orders, and the programs whose output then changes.
//!
//! `cargo xtask explore --all` runs every program under some schedules, each in a process of its own, and keeps the results in
//! `tests/guide/orders.toml`. Programs with connections run on the simulated network ([`on_network`](crate::on_network)). The page
//! *What is promised and what just happens to be so* has tables made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::examples::{Example, examples, files_of, programs};
use crate::live::{Live, live};
use crate::normalise::{process_ids, thread_ids};
use crate::on_network::{OnNetwork, uses_sockets, with_names};
use crate::program::{self, Clock, End, Programs, build};
use crate::python::Python;
use crate::twins::{Without, twins};
use crate::{read, root};

/// Reasons why a page cannot run a program that are also reasons why its twin does not make the same choices: CPython's threads
/// and sockets are real, and a schedule for CPython is about its loop alone.
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

/// A program that has not ended after this time hangs. The longest takes 400,000 steps, each of which is a line of a file.
const LONGEST: Duration = Duration::from_secs(240);

/// A random schedule: the order of steps, when jobs of thread pools run, and when the loop gets reports from its descriptors. Steps
/// take no time, and a network is perfect.
#[must_use]
pub fn walk(seed: u64) -> String {
    format!("1:fence:walk:{seed}+1:net:walk:{seed}")
}

/// The results of all programs: `tests/guide/orders.toml`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// How many schedules each program ran under, first in, first out included.
    pub schedules: u64,
    /// How many of them a program with very many steps ran under.
    pub schedules_of_long: u64,
    /// The programs with very many steps.
    pub long: Vec<String>,
    /// The programs that were run, by what a schedule decides about them.
    pub explored: Groups,
    /// The programs that printed something else under one of them.
    #[serde(default)]
    pub depends: Vec<Depends>,
}

/// The names of the programs that run under other orders.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// A schedule decides everything: all steps, and when jobs of thread pools run.
    pub alone: Vec<String>,
    /// The same, on the simulated network, where tasks of the loop are the clients or servers that the program talks to.
    pub network: Vec<String>,
    /// They start other processes. What a child does, and when, is not part of a schedule.
    pub children: Vec<String>,
    /// They start threads themselves. When these run is not part of a schedule.
    pub threads: Vec<String>,
}

impl Groups {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alone.len() + self.network.len() + self.children.len() + self.threads.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What `unexplored.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unexplored {
    without: Vec<Without>,
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

/// The programs that do not run under other orders, with the reasons: `tests/guide/unexplored.toml`.
///
/// # Errors
///
/// Fails when the file cannot be read, or names no program.
pub fn unexplored() -> Result<Vec<Without>> {
    let listed: Unexplored = toml::from_str(&read(root().join("tests/guide/unexplored.toml"))?)?;
    let programs = programs(root())?;
    for Without { id, because } in &listed.without {
        ensure!(programs.iter().any(|program| program.name == *id), "unexplored.toml: there is no program {id}");
        ensure!(!because.is_empty(), "unexplored.toml: {id} has no reason");
    }
    Ok(listed.without)
}

/// The programs that run under other orders: all but those that are listed with a reason.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn explored() -> Result<Vec<Example>> {
    let unexplored = unexplored()?;
    let mut all = examples(root())?;
    all.retain(|example| unexplored.iter().all(|without| without.id != example.name));
    Ok(all)
}

/// These programs by what a schedule decides about them.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn groups(chosen: &[Example]) -> Result<Groups> {
    static SPAWNS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bthread::(?:spawn|scope|Builder)\b").expect("the pattern is well formed"));
    let (mut groups, on_network) = (Groups::default(), on_network()?);
    for Live { program, reason, .. } in live(root())? {
        if !chosen.iter().any(|example| example.name == program.name) {
            continue;
        }
        let texts = files_of(root(), &program).into_iter().map(read).collect::<Result<Vec<_>>>()?;
        let group = if reason == Some("starts other processes") {
            &mut groups.children
        } else if texts.iter().any(|text| SPAWNS.is_match(text)) {
            &mut groups.threads
        } else if on_network.contains(&program.name) {
            &mut groups.network
        } else {
            &mut groups.alone
        };
        group.push(program.name);
    }
    Ok(groups)
}

/// The names of the programs that run on the simulated network: those that connect or serve, unless they make one themselves.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn on_network() -> Result<BTreeSet<String>> {
    let unexplored = unexplored()?;
    let mut names = BTreeSet::new();
    for program in programs(root())? {
        let makes_one = read(root().join("examples").join(&program.path))?.contains("simulation::");
        if uses_sockets(&program)? && !makes_one && unexplored.iter().all(|without| without.id != program.name) {
            names.insert(program.name);
        }
    }
    Ok(names)
}

/// The programs whose twins make the same choices under a schedule: they use nothing outside of their loop.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn with_equal_twins() -> Result<Vec<String>> {
    let twins = twins(root())?;
    let is_alone = |live: &Live| !live.networked && live.reason.is_none_or(|reason| !OUTSIDE.contains(&reason));
    let alone = live(root())?.into_iter().filter(is_alone);
    Ok(alone.map(|live| live.program.name).filter(|name| twins.reason(name).is_none()).collect())
}

/// The built programs, and the one that has those for the network.
#[derive(Debug)]
pub struct Stages {
    programs: Programs,
    network: Option<OnNetwork>,
    examples: BTreeMap<String, Example>,
}

impl Stages {
    /// Builds the programs, with further options for cargo.
    ///
    /// # Errors
    ///
    /// Fails when one does not compile; cargo has said why on standard error.
    pub fn build(chosen: &[Example], options: &[&str]) -> Result<Self> {
        let on_network = on_network()?;
        let is_on_network = |example: &Example| on_network.contains(&example.name);
        let (there, here): (Vec<Example>, Vec<Example>) = chosen.iter().cloned().partition(is_on_network);
        let network = if there.is_empty() { None } else { Some(OnNetwork::build(options)?) };
        let programs = if here.is_empty() { Programs::default() } else { build(&here, options)? };
        let examples = here.into_iter().chain(there).map(|example| (example.name.clone(), example)).collect();
        Ok(Self { programs, network, examples })
    }

    /// The program of this name.
    ///
    /// # Errors
    ///
    /// Fails when it was not built.
    pub fn example(&self, name: &str) -> Result<&Example> {
        self.examples.get(name).with_context(|| format!("{name} was not built"))
    }

    fn command(&self, name: &str) -> Result<Command> {
        let example = self.example(name)?;
        match &self.network {
            Some(network) if !self.programs.has(name) => network.command(example),
            _ => {
                let mut command = self.programs.command(name, Clock::Virtual)?;
                command.args(&example.args);
                Ok(command)
            }
        }
    }
}

/// One run of a program under a schedule.
#[derive(Debug)]
pub struct Run {
    /// What it printed, without addresses.
    pub text: String,
    /// Its deviations from first in, first out, as in a token.
    pub deviations: Vec<String>,
    /// Its mishaps, as in a token: when jobs of thread pools ran, and when the loop got reports from its descriptors.
    pub mishaps: Vec<String>,
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
pub fn under(stages: &Stages, name: &str, schedule: &str) -> Result<Run> {
    run(stages, name, schedule, false)
}

/// Runs a program under a schedule, and skips the deviations that are impossible.
///
/// # Errors
///
/// Fails when the program cannot be started.
pub fn loosely_under(stages: &Stages, name: &str, schedule: &str) -> Result<Run> {
    run(stages, name, schedule, true)
}

fn run(stages: &Stages, name: &str, schedule: &str, loose: bool) -> Result<Run> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let mut command = stages.command(name)?;
    command.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace);
    if loose {
        command.env("ASYNCIO_SCHEDULE_LOOSE", "1");
    }
    let output = program::run(command, LONGEST).with_context(|| format!("cannot run {name}"))?;
    ensure!(output.end != End::TimedOut, "{name} does not end under {schedule}");
    let mut text = output.stdout;
    if output.end != End::Exited(0) {
        text.push_str(&output.stderr);
    }
    // A program without a loop has no choices.
    let trace = std::fs::read_to_string(trace).unwrap_or_default();
    let mut choices = String::new();
    let (mut deviations, mut mishaps, mut eligible) = (Vec::new(), Vec::new(), Vec::new());
    for line in trace.lines() {
        if let Some(mishap) = line.strip_prefix("+ ") {
            mishaps.push(mishap.to_owned());
            continue;
        }
        let [len, index, width] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("{name}: a choice is {line:?}")
        };
        if index != "0" {
            deviations.push(format!("{}={index}/{len}", eligible.len()));
        }
        eligible.push(width.parse()?);
        choices += line;
        choices.push('\n');
    }
    Ok(Run { text: without_numbers(&text), deviations, mishaps, eligible, choices })
}

/// What a program printed, without addresses and the numbers of processes and threads, which differ from run to run.
pub(crate) fn without_numbers(text: &str) -> String {
    thread_ids(&process_ids(&with_names(&without_addresses(text))))
}

fn without_addresses(text: &str) -> String {
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
    twin.arg(root().join("examples").join(&example.path).with_extension("py")).args(&example.args);
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

/// The tables of the page, in Markdown.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn table() -> Result<String> {
    let Orders { schedules, schedules_of_long, long, explored, depends } = orders()?;
    let (all, on_network) = (examples(root())?, on_network()?);
    let link = |program: &str| {
        let path = all.iter().find(|example| example.name == *program).map_or("", |example| &example.path);
        format!("[`{program}`](https://github.com/asyncio-rs/asyncio/blob/main/examples/{path})")
    };
    let (there, here): (Vec<_>, Vec<_>) = depends.iter().partition(|depends| on_network.contains(&depends.program));
    let rows = |depends: Vec<&Depends>| {
        let mut text = "| program | outputs | first in, first out | in another order | schedule |\n\
                        | --- | --: | --- | --- | --- |\n"
            .to_owned();
        for Depends { program, outputs, first, other, schedule } in depends {
            let [first, other] = [first, other].map(|line| cell(line));
            let _ = writeln!(text, "| {} | {outputs} | {first} | {other} | `{schedule}` |", link(program));
        }
        text
    };
    let mut text = format!(
        "Of {} programs, {} print something else under at least one of {schedules} random schedules ({schedules_of_long} for the {} that \
         take very many steps).\n\n{}\n",
        explored.len(),
        depends.len(),
        long.len(),
        rows(here)
    );
    let count = on_network.len();
    let with_children = explored.children.iter().filter(|name| on_network.contains(*name)).count();
    let _ = if there.is_empty() {
        writeln!(
            text,
            "{count} programs ran on the simulated network, and printed the same under each schedule. {with_children} of them start other \
             processes, too.\n"
        )
    } else {
        writeln!(
            text,
            "{count} programs ran on the simulated network, beside the tasks that talk to them. These depend on the order; `cargo \
             xtask explore ID --schedule SCHEDULE` shows an output:\n\n{}",
            rows(there)
        )
    };
    let many = format!("take very many steps and ran under {schedules_of_long} schedules");
    for (names, of_what) in [
        (&long, &*many),
        (
            &explored.children,
            "ran, too, but they start other processes, and a schedule does not decide what those do, or when",
        ),
        (
            &explored.threads,
            "ran, too, but they start threads themselves, and a schedule does not decide when those run",
        ),
    ] {
        let links: Vec<_> = names.iter().map(|name| link(name)).collect();
        let _ = writeln!(text, "These {} programs {of_what}. {}.\n", names.len(), links.join(", "));
    }
    text += "These do not run under other orders:\n\n| program | reason |\n| --- | --- |\n";
    for Without { id, because } in unexplored()? {
        let _ = writeln!(text, "| {} | {because} |", link(&id));
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
