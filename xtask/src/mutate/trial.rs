//! One mutant against the tests: first the test that it names, then, if that does not notice, all others that reach it.
//!
//! A test that fails with a mutant counts only if it passes without, and fails with it once more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use guide_tests::mutants::{Mutant, Test};
use serde::{Deserialize, Serialize};

use super::process::{Choice, End, Limits, run, suspect};
use super::reach::{Measured, measure};
use super::tree::{Binary, Tree};

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verdict {
    /// This test failed.
    Caught(String),
    /// This test did not end.
    Hung(String),
    /// All tests passed.
    Survived,
    /// No test enters the body that it is in.
    Unreached,
}

impl Verdict {
    pub(super) fn is_killed(&self) -> bool {
        matches!(self, Self::Caught(_) | Self::Hung(_))
    }
}

/// The tests of the copy.
pub(super) struct Suite<'a> {
    tree: &'a Tree,
    /// The quickest first.
    tests: Vec<Measured>,
    /// The maximum number of tests for a mutant, beside the one that it names.
    most: usize,
}

/// Tests that are part of another check already, or take minutes.
const LEFT_OUT: &[(&str, &[&str])] =
    &[("conform", &["lib", "hostile", "leaks"]), ("asyncio-streams", &["load"]), ("asyncio-simulation", &["zoo"])];

/// This many tests, the quickest ones, run in a process each: one of them kills most mutants.
const LIKELY: usize = 25;

impl<'a> Suite<'a> {
    /// All tests of these binaries, or only the `named`.
    pub(super) fn new(
        tree: &'a Tree,
        mut binaries: Vec<Binary>,
        named: Option<&BTreeSet<Test<'_>>>,
        jobs: usize,
        most: usize,
    ) -> Result<Self> {
        let is_left_out = |binary: &Binary| {
            LEFT_OUT.iter().any(|(package, names)| binary.package == *package && names.contains(&binary.name.as_str()))
        };
        binaries.retain(|binary| !is_left_out(binary));
        let mut tests = measure(tree, &binaries, named, jobs)?;
        tests.sort_by_key(Measured::cost);
        Ok(Self { tree, tests, most })
    }

    /// Tries one mutant.
    pub(super) fn try_mutant(&self, number: u32, mutant: &Mutant) -> Result<Verdict> {
        let mut named = None;
        if let Some(test) = mutant.test() {
            let path = format!("{}/{}::{}", test.package, test.binary, test.path);
            let test = self.tests.iter().find(|one| one.path() == path);
            let test = test.with_context(|| format!("{}: there is no test {path}", mutant.name))?;
            ensure!(test.passes, "{}: {path} fails without any mutant", mutant.name);
            if let Some(verdict) = self.verdict(number, test)? {
                return Ok(verdict);
            }
            named = Some(path);
        }
        let mut others: Vec<&Measured> =
            self.tests.iter().filter(|test| test.passes && test.reached.contains(&number)).collect();
        others.retain(|test| named.as_ref().is_none_or(|named| *named != test.path()));
        if named.is_none() && others.is_empty() && self.most > 0 {
            return Ok(Verdict::Unreached);
        }
        others.truncate(self.most);
        let (likely, others) = others.split_at(LIKELY.min(others.len()));
        for test in likely {
            if let Some(verdict) = self.verdict(number, test)? {
                return Ok(verdict);
            }
        }
        // The other tests of a binary run together, because starting a process takes longer than running a test.
        let mut binaries: BTreeMap<&Path, Vec<&Measured>> = BTreeMap::new();
        for test in others {
            binaries.entry(&test.binary.path).or_default().push(test);
        }
        let mut binaries: Vec<_> = binaries.into_values().collect();
        binaries.sort_by_key(|tests| tests.iter().map(|test| test.cost()).sum::<Duration>());
        for tests in binaries {
            if let Some(verdict) = self.verdict_of_many(number, &tests)? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Survived)
    }

    fn verdict_of_many(&self, number: u32, tests: &[&Measured]) -> Result<Option<Verdict>> {
        let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        let limits = Limits::of(tests.iter().map(|test| test.took));
        let run_these = |names| run(self.tree, &tests[0].binary, names, &Choice::Mutant(number), limits);
        let (mut end, _, mut said) = run_these(&names)?;
        if end == End::Failed && suspect(&said).is_none() {
            // For a harness that takes only one name, which then runs all of its tests.
            (end, _, said) = run_these(&[])?;
        }
        if end == End::Passed {
            return Ok(None);
        }
        // A failure counts only if the test also fails by itself.
        let suspect = suspect(&said);
        let (first, rest): (Vec<_>, Vec<_>) = tests.iter().partition(|test| Some(test.name.as_str()) == suspect);
        for test in first.into_iter().chain(rest) {
            if let Some(verdict) = self.verdict(number, test)? {
                return Ok(Some(verdict));
            }
        }
        Ok(None)
    }

    fn verdict(&self, number: u32, test: &Measured) -> Result<Option<Verdict>> {
        let limits = Limits::of([test.took].into_iter());
        let try_once =
            || Ok::<_, anyhow::Error>(run(self.tree, &test.binary, &[&test.name], &Choice::Mutant(number), limits)?.0);
        Ok(match try_once()? {
            End::Hangs => Some(Verdict::Hung(test.path())),
            End::Failed if try_once()? != End::Passed => Some(Verdict::Caught(test.path())),
            End::Failed | End::Passed | End::Absent => None,
        })
    }
}

/// The tests that these mutants name.
pub(super) fn named<'a>(mutants: &[&'a Mutant]) -> BTreeSet<Test<'a>> {
    mutants.iter().filter_map(|mutant| mutant.test()).collect()
}

/// The packages whose tests are built for these mutants, if each is tried with at most `most` tests besides the one that it names:
/// those of the named tests, the mutants' own packages unless `most` is zero, and the corpus, which is slow, without a maximum.
pub(super) fn packages(mutants: &[&Mutant], most: Option<usize>) -> BTreeSet<String> {
    let own = mutants.iter().filter(|_| most != Some(0)).map(|mutant| mutant.package.clone());
    let named = named(mutants).into_iter().map(|test| test.package.to_owned());
    let corpus = most.is_none().then(|| "conform".to_owned());
    own.chain(named).chain(corpus).collect()
}
