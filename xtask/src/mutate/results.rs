//! The results of mutants, kept from run to run, and the tables that show them.
//!
//! `target/mutants/results.jsonl` has a line for each trial. The result of a caught mutant is valid as long as the sources of
//! its crate are the same; that of a survivor only as long as the tests are the same, too.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use console::style;
use guide_tests::mutants::Mutant;
use guide_tests::root;
use serde::{Deserialize, Serialize};

use super::tree::{Tree, identity};
use super::trial::Verdict;

/// The end of a trial.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Outcome {
    name: String,
    mutant: u64,
    sources: u64,
    tests: u64,
    pub(super) verdict: Verdict,
}

impl Outcome {
    pub(super) fn new(tree: &Tree, mutant: &Mutant, verdict: Verdict) -> Self {
        let (sources, tests) = (tree.sources(mutant), tree.tests);
        Self { name: mutant.name.clone(), mutant: identity(mutant), sources, tests, verdict }
    }
}

/// The trials of earlier runs.
#[derive(Default)]
pub(super) struct Known(BTreeMap<u64, Outcome>);

impl Known {
    pub(super) fn read(tree: &Tree) -> Result<Self> {
        let text = fs::read_to_string(file(tree)).unwrap_or_default();
        // After an interruption the last line may be incomplete.
        let outcomes = text.lines().filter_map(|line| serde_json::from_str::<Outcome>(line).ok());
        Ok(Self(outcomes.map(|outcome| (outcome.mutant, outcome)).collect()))
    }

    /// The result of this mutant, if it is still valid.
    pub(super) fn of(&self, tree: &Tree, mutant: &Mutant) -> Option<Outcome> {
        let outcome = self.0.get(&identity(mutant))?;
        let is_same_suite = outcome.tests == tree.tests || outcome.verdict.is_killed();
        (outcome.sources == tree.sources(mutant) && is_same_suite).then(|| outcome.clone())
    }
}

fn file(tree: &Tree) -> PathBuf {
    tree.root.with_file_name("results.jsonl")
}

/// Adds the result of a trial.
pub(super) fn keep(tree: &Tree, outcome: &Outcome) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file(tree))?;
    Ok(writeln!(file, "{}", serde_json::to_string(outcome)?)?)
}

/// The problems: mutants that survive without a reason, and mutants that are caught although the data says that they survive.
pub(super) fn faults(outcomes: &[(&Mutant, &Outcome)]) -> Vec<String> {
    let fault = |(mutant, outcome): &(&Mutant, &Outcome)| match (&outcome.verdict, &mutant.survives) {
        (Verdict::Survived, None) => Some(format!("{} survives: {} ({})", mutant.name, mutant.means, mutant.file)),
        (Verdict::Unreached, None) => {
            Some(format!("{} survives, no test reaches it: {} ({})", mutant.name, mutant.means, mutant.file))
        }
        (Verdict::Caught(test), Some(_)) => Some(format!("{} does not survive: {test} notices it", mutant.name)),
        (Verdict::Hung(test), Some(_)) => Some(format!("{} does not survive: it hangs {test}", mutant.name)),
        _ => None,
    };
    outcomes.iter().filter_map(fault).collect()
}

pub(super) fn print_json(outcomes: &[(&Mutant, &Outcome)]) -> Result<()> {
    let lines: Vec<_> = outcomes
        .iter()
        .map(|(mutant, outcome)| {
            serde_json::json!({
                "name": mutant.name, "package": mutant.package, "file": mutant.file, "means": mutant.means,
                "verdict": outcome.verdict, "survives": mutant.survives,
            })
        })
        .collect();
    println!("{}", serde_json::to_string_pretty(&lines)?);
    Ok(())
}

#[derive(Default)]
struct Count {
    all: usize,
    caught: usize,
    hung: usize,
    explained: usize,
}

/// A line for each package, and one for all.
pub(super) fn print_table(outcomes: &[(&Mutant, &Outcome)]) {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for (mutant, outcome) in outcomes {
        for package in [mutant.package.as_str(), "~ all"] {
            let count = counts.entry(package).or_default();
            count.all += 1;
            match outcome.verdict {
                Verdict::Caught(_) => count.caught += 1,
                Verdict::Hung(_) => count.hung += 1,
                Verdict::Survived | Verdict::Unreached => count.explained += usize::from(mutant.survives.is_some()),
            }
        }
    }
    println!("{:26} {:>8} {:>8} {:>6} {:>10} {:>8}", "package", "mutants", "caught", "hung", "survived", "killed");
    for (package, count) in counts {
        let killed = count.caught + count.hung;
        let survived = count.all - killed;
        let open = survived - count.explained;
        let note = if open > 0 { style(format!("{open} without a reason")).red().to_string() } else { String::new() };
        println!(
            "{:26} {:>8} {:>8} {:>6} {:>10} {:>6.1} % {note}",
            package.trim_start_matches("~ "),
            count.all,
            count.caught,
            count.hung,
            survived,
            100.0 * killed as f64 / count.all as f64,
        );
    }
}

/// Writes the tests that have noticed into the data.
pub(super) fn bless(outcomes: &[(&Mutant, &Outcome)]) -> Result<()> {
    let folder = root().join("tests/mutants");
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (mutant, outcome) in outcomes {
            let (Verdict::Caught(test) | Verdict::Hung(test)) = &outcome.verdict else { continue };
            let test = test.strip_prefix(&format!("{}/", mutant.package)).unwrap_or(test);
            text = with_test(&text, &mutant.name, test);
        }
        fs::write(&path, text)?;
    }
    Ok(())
}

/// The text of a file of mutants, in which this one names this test.
fn with_test(text: &str, name: &str, test: &str) -> String {
    let mut is_it = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line == "[[mutant]]" {
            is_it = false;
        }
        is_it |= line == format!("name = {name:?}");
        if is_it && line.starts_with("test = ") {
            continue;
        }
        lines.push(line.to_owned());
        if is_it && line.starts_with("means = ") {
            lines.push(format!("test = {test:?}"));
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::with_test;

    #[test]
    fn a_test_is_written_behind_what_its_mutant_means() {
        let mutant = |name: &str, test: &str| format!("[[mutant]]\nname = \"{name}\"\nmeans = \"wrong\"\n{test}");
        let text = mutant("a", "test = \"suite::a\"\n\n") + &mutant("b", "");
        let expected = mutant("a", "test = \"suite::a\"\n\n") + &mutant("b", "test = \"suite::b\"\n");
        assert_eq!(with_test(&text, "b", "suite::b"), expected);
        assert_eq!(with_test(&text, "a", "suite::c"), text.replace("suite::a", "suite::c"));
    }
}
