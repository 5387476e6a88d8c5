//! `cargo xtask mutate`: does a test notice each wrong version of the crates?
//!
//! The mutants are data (`tests/mutants`), and the sources contain nothing of them. [`tree`] makes a copy that has all mutants at
//! once, in which [`switch`] has put a choice before each body with a mutant. So one build serves hundreds of mutants, and a trial
//! just runs a test with the number of a mutant in its environment. [`reach`] finds out which mutants each test reaches. [`trial`]
//! first runs the test that the mutant names, and only if that passes, the others that reach it. The result for a mutant is kept
//! until its crate changes.

mod process;
mod reach;
mod results;
mod switch;
mod tree;
mod trial;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use anyhow::{Result, bail, ensure};
use console::style;
use guide_tests::mutants::{self, Mutant};
use guide_tests::root;

use results::{Known, Outcome};
use tree::Tree;
use trial::{Suite, Verdict};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Try only mutants whose name, file or package contains this text
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Try only this many of them, evenly spread
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// The number of mutants to try at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Build and run only the tests that the mutants name
    #[arg(long)]
    narrow: bool,
    /// In addition to these, run at most this many of the tests that reach a mutant, the quickest first
    #[arg(long, value_name = "N", conflicts_with = "narrow")]
    first: Option<usize>,
    /// Try mutants again whose result is known
    #[arg(long)]
    again: bool,
    /// Print the results as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Write the test that noticed a mutant into its data, if the data names no test or one that did not notice
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let stale = mutants::mutants_are_found(root())?;
    let is_wrong = |problem: &&String| !arguments.bless || !problem.contains("there is no test");
    let stale: Vec<&String> = stale.iter().filter(is_wrong).collect();
    ensure!(stale.is_empty(), "stale mutants:\n{}", stale.iter().map(|line| format!("  {line}\n")).collect::<String>());
    let all = mutants::all(root())?;
    let chosen = choose(&all, arguments);
    ensure!(!chosen.is_empty(), "no mutant is called so");
    let tree = Tree::make(&all)?;
    let known = if arguments.again { Known::default() } else { Known::read(&tree)? };
    let mut outcomes: BTreeMap<u32, Outcome> = BTreeMap::new();
    let mut left = Vec::new();
    for number in chosen {
        match known.of(&tree, &all[number as usize - 1]) {
            Some(outcome) => _ = outcomes.insert(number, outcome),
            None => left.push(number),
        }
    }
    if !left.is_empty() {
        outcomes.extend(try_all(&tree, &all, left, arguments)?);
    }
    let outcomes: Vec<(&Mutant, &Outcome)> =
        outcomes.iter().map(|(number, outcome)| (&all[*number as usize - 1], outcome)).collect();
    if arguments.bless {
        results::bless(&outcomes)?;
    }
    if arguments.json {
        results::print_json(&outcomes)?
    } else {
        results::print_table(&outcomes)
    }
    let faults = results::faults(&outcomes);
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// The numbers of the mutants to try.
fn choose(all: &[Mutant], arguments: &Arguments) -> Vec<u32> {
    let is_wanted = |mutant: &Mutant| {
        let has = |pattern: &String| {
            [&mutant.name, &mutant.file, &mutant.package].iter().any(|text| text.contains(pattern.as_str()))
        };
        arguments.only.is_empty() || arguments.only.iter().any(has)
    };
    let wanted: Vec<u32> = (1..).zip(all).filter(|(_, mutant)| is_wanted(mutant)).map(|(number, _)| number).collect();
    let count = arguments.sample.unwrap_or(wanted.len()).min(wanted.len());
    (0..count).map(|i| wanted[i * wanted.len() / count]).collect()
}

/// Builds the copy and tries these mutants, several at a time.
fn try_all(tree: &Tree, all: &[Mutant], left: Vec<u32>, arguments: &Arguments) -> Result<BTreeMap<u32, Outcome>> {
    let (narrow, jobs) = (arguments.narrow, arguments.jobs);
    // Only a mutant that meets all tests is known to survive.
    let most = arguments.first.or(narrow.then_some(0));
    let tried: Vec<&Mutant> = left.iter().map(|number| &all[*number as usize - 1]).collect();
    eprintln!("building the copy with {} mutants", all.len());
    let named = narrow.then(|| trial::named(&tried));
    let binaries = match &named {
        Some(named) if named.is_empty() => Vec::new(),
        _ => tree.build(&trial::packages(&tried, most), named.as_ref(), all)?,
    };
    let suite = Suite::new(tree, binaries, named.as_ref(), jobs, most.unwrap_or(usize::MAX))?;
    let count = left.len();
    let queue = Mutex::new(left.into_iter().enumerate());
    let outcomes = Mutex::new(BTreeMap::new());
    let work = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no panic").next();
            let Some((place, number)) = next else { return Ok(()) };
            let mutant = &all[number as usize - 1];
            let verdict = suite.try_mutant(number, mutant)?;
            let mut outcomes = outcomes.lock().expect("no panic");
            let outcome = Outcome::new(tree, mutant, verdict);
            if most.is_none() || outcome.verdict.is_killed() {
                results::keep(tree, &outcome)?;
            }
            let how = match &outcome.verdict {
                Verdict::Caught(test) => style(format!("caught by {test}")).green(),
                Verdict::Hung(test) => style(format!("hangs {test}")).green(),
                Verdict::Survived => style("survives".to_owned()).red(),
                Verdict::Unreached => style("survives: no test reaches it".to_owned()).red(),
            };
            eprintln!("{:>4}/{count} {} {how}", place + 1, mutant.name);
            outcomes.insert(number, outcome);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker returns its error"))
    })?;
    Ok(outcomes.into_inner().expect("no panic"))
}
