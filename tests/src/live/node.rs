//! The programs of the module under Node, which runs them with the book's own `engine.js`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::module::{Module, REACH};
use crate::examples::{Example, examples};
use crate::orders::{Depends, FIFO, Orders, first_difference, orders, without_numbers};
use crate::program::{End, Output};
use crate::{read, snapshots};

/// One run of a program.
#[derive(Clone, Debug, Serialize)]
struct Run<'a> {
    program: &'a str,
    args: &'a [String],
    real: bool,
    order: &'a str,
}

/// How the programs run.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// On the virtual clock.
    Virtual,
    /// With a clock, and Node as the host of the loop.
    Hosted,
    /// On the virtual clock, under a schedule that is asyncio's own order.
    Scheduled,
}

/// Node's answer for a run.
#[derive(Debug, Deserialize)]
struct Answer {
    stdout: String,
    stderr: String,
    status: i32,
}

impl Answer {
    /// What the program printed, as [`Run::text`](crate::orders::Run::text).
    fn text(&self) -> String {
        let report = if self.status == 0 { "" } else { &self.stderr };
        without_numbers(&format!("{}{report}", self.stdout))
    }
}

/// The Node of this machine, if there is one that knows WebAssembly.
#[must_use]
pub fn node() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).flat_map(|folder| ["node", "nodejs"].map(|name| folder.join(name))).find(|path| {
        let asked = Command::new(path).args(["-e", "new WebAssembly.Memory({ initial: 1 })"]).output();
        asked.is_ok_and(|output| output.status.success())
    })
}

/// Runs the programs, all of them or those with these names, and compares what they print with `tests/outputs`. Returns how many
/// ran, and the differences in words.
///
/// # Errors
///
/// Fails when Node cannot be run or a file cannot be read.
pub fn differences(
    root: &Path,
    module: &Module,
    node: &Path,
    names: &[String],
    how: How,
) -> Result<(usize, Vec<String>)> {
    let real = matches!(how, How::Hosted);
    let order = if matches!(how, How::Scheduled) { FIFO } else { "" };
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let ours = module.programs.iter().filter(|program| (program.hosted || !real) && wanted(&program.name));
    let ours: Vec<&String> = ours.map(|program| &program.name).collect();
    let examples = examples(root)?;
    let chosen: Vec<&Example> = examples.iter().filter(|example| ours.contains(&&example.name)).collect();
    let runs: Vec<Run<'_>> =
        chosen.iter().map(|example| Run { program: &example.name, args: &example.args, real, order }).collect();
    let answers = ask(root, module, node, &runs)?;
    let mut differences = Vec::new();
    for (example, answer) in chosen.iter().zip(answers) {
        let output = Output { stdout: answer.stdout, stderr: answer.stderr, end: End::Exited(answer.status) };
        let end = snapshots::end(&snapshots::saved(example)?);
        if output.end != end {
            let (name, found, report) = (&example.name, output.end, &output.stderr);
            differences.push(format!("{name} ends with {found}, in the place of {end}: {report}"));
        }
        let text = snapshots::text(example, &output)?;
        let printed = snapshots::stdout(&text);
        let expected = read(snapshots::outputs().join(&example.name).with_extension("txt"))?;
        if printed != expected {
            differences.push(format!("{} prints\n{printed}in the place of\n{expected}{}", example.name, output.stderr));
        }
    }
    Ok((chosen.len(), differences))
}

/// Runs the programs whose output depends on the order under the schedules that are known to show it, and compares the first line
/// that differs with the native one. Returns how many ran, and the differences in words.
///
/// # Errors
///
/// Fails when Node cannot be run or a file cannot be read.
pub fn other_orders(root: &Path, module: &Module, node: &Path, names: &[String]) -> Result<(usize, Vec<String>)> {
    let Orders { explored, depends: mut known, .. } = orders()?;
    known.retain(|depends| {
        // The schedules of the others count the steps of their company, too.
        let is_ours = explored.alone.contains(&depends.program)
            && module.programs.iter().any(|program| program.name == depends.program);
        is_ours && (names.is_empty() || names.contains(&depends.program))
    });
    let examples = examples(root)?;
    let args = |program: &str| {
        examples.iter().find(|example| example.name == program).map_or(&[][..], |example| &example.args[..])
    };
    let orders = known.iter().flat_map(|depends| ["", &depends.schedule].map(|order| (&*depends.program, order)));
    let runs: Vec<Run<'_>> =
        orders.map(|(program, order)| Run { program, args: args(program), real: false, order }).collect();
    let answers = ask(root, module, node, &runs)?;
    let mut differences = Vec::new();
    for (depends, answers) in known.iter().zip(answers.chunks(2)) {
        let [usual, other] = [0, 1].map(|index| answers[index].text());
        let found = first_difference(&usual, &other);
        if found != (depends.first.clone(), depends.other.clone()) {
            let Depends { program, first, other, schedule, .. } = depends;
            let expected = (first, other);
            differences.push(format!("{program} under {schedule} differs in {found:?} in the place of {expected:?}"));
        }
    }
    Ok((known.len(), differences))
}

/// Runs the program that shows what streams reach, and compares what it prints with `live/reach.txt`. Returns 1, and the difference
/// in words.
///
/// # Errors
///
/// Fails when Node cannot be run or a file cannot be read.
pub fn reach(root: &Path, module: &Module, node: &Path) -> Result<(usize, Vec<String>)> {
    let runs = [Run { program: REACH, args: &[], real: false, order: "" }];
    let expected = read(root.join("live/reach.txt"))?;
    let mut answers = ask(root, module, node, &runs)?;
    answers.retain(|answer| answer.stdout != expected || answer.status != 0);
    let differs =
        |Answer { stdout, stderr, .. }| format!("{REACH} prints\n{stdout}in the place of\n{expected}{stderr}");
    Ok((runs.len(), answers.into_iter().map(differs).collect()))
}

fn ask(root: &Path, module: &Module, node: &Path, runs: &[Run<'_>]) -> Result<Vec<Answer>> {
    let mut child = Command::new(node)
        .arg(root.join("live/node.mjs"))
        .args([&module.path, &root.join("book/engine.js")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run node")?;
    let mut input = child.stdin.take().context("node has no input")?;
    input.write_all(&serde_json::to_vec(runs)?)?;
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("node failed");
    }
    let answers: Vec<Answer> = serde_json::from_slice(&output.stdout).context("node answers something else")?;
    ensure!(answers.len() == runs.len(), "node has not run them all");
    Ok(answers)
}
