//! One mutant against the tests: first the test that it names, then, if that does not notice, all others.
//!
//! What fails with a mutant is run once without: it counts only if it passes then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::mutants::{Mutant, Test};
use serde::{Deserialize, Serialize};

use super::process::{End, run};
use super::tree::{Binary, Tree};

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verdict {
    /// This test failed.
    Caught(String),
    /// This binary or test did not come to an end.
    Hung(String),
    /// All tests passed.
    Survived,
}

/// The test binaries of the copy.
pub(super) struct Suite<'a> {
    tree: &'a Tree,
    binaries: Vec<Binary>,
    /// What passes without a mutant: binaries, and single tests.
    passes: Mutex<BTreeMap<(String, String), bool>>,
}

/// What is part of another check already, or takes minutes.
const LEFT_OUT: &[(&str, &[&str])] =
    &[("conform", &["lib", "hostile", "leaks"]), ("asyncio-streams", &["load"]), ("asyncio-simulation", &["zoo"])];

/// What takes longest comes last: tests of depth, threads and processes, and the corpus.
const LATE: &[&str] =
    &["descriptors", "hostile_ends", "interrupt", "threads", "deep", "leaks", "descriptor_leaks", "corpus"];

impl<'a> Suite<'a> {
    pub(super) fn new(tree: &'a Tree, mut binaries: Vec<Binary>) -> Self {
        let is_left_out = |binary: &Binary| {
            LEFT_OUT.iter().any(|(package, names)| binary.package == *package && names.contains(&binary.name.as_str()))
        };
        binaries.retain(|binary| !is_left_out(binary));
        binaries.sort_by_key(|binary| LATE.iter().position(|name| binary.name == *name).map_or(0, |place| place + 1));
        Self { tree, binaries, passes: Mutex::default() }
    }

    /// Tries one mutant.
    pub(super) fn try_mutant(&self, number: u32, mutant: &Mutant, narrow: bool) -> Result<Verdict> {
        if let Some(test) = mutant.test() {
            let binary = self.binaries.iter().find(|one| one.package == test.package && one.name == test.binary);
            let binary = binary.with_context(|| format!("{}: there is no test binary of {test:?}", mutant.name))?;
            if let Some(verdict) = self.verdict(number, binary, Some(test))? {
                return Ok(verdict);
            }
        }
        if narrow {
            return Ok(Verdict::Survived);
        }
        // The package's own tests, then those of what stands on it.
        let (own, others): (Vec<_>, Vec<_>) = self.binaries.iter().partition(|binary| binary.package == mutant.package);
        for binary in own.into_iter().chain(others) {
            if let Some(verdict) = self.verdict(number, binary, None)? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Survived)
    }

    fn verdict(&self, number: u32, binary: &Binary, test: Option<Test<'_>>) -> Result<Option<Verdict>> {
        let arguments: Vec<&str> = test.iter().flat_map(|test| ["--exact", test.path]).collect();
        let verdict = match run(self.tree, binary, number, &arguments)? {
            End::Passed { tests: 0 } if test.is_some() => {
                bail!("{}/{} has no {arguments:?}", binary.package, binary.name)
            }
            End::Passed { .. } => return Ok(None),
            End::Failed { test } => Verdict::Caught(format!("{}/{}::{test}", binary.package, binary.name)),
            End::Hangs => {
                let path = test.map_or(String::new(), |test| format!("::{}", test.path));
                Verdict::Hung(format!("{}/{}{path}", binary.package, binary.name))
            }
        };
        ensure!(
            self.passes_unmutated(binary, &arguments)?,
            "{}/{} {arguments:?} fails in the copy without any mutant",
            binary.package,
            binary.name
        );
        Ok(Some(verdict))
    }

    fn passes_unmutated(&self, binary: &Binary, arguments: &[&str]) -> Result<bool> {
        let key = (format!("{}/{}", binary.package, binary.name), arguments.concat());
        if let Some(passes) = self.passes.lock().expect("no panic").get(&key) {
            return Ok(*passes);
        }
        let passes = matches!(run(self.tree, binary, 0, arguments)?, End::Passed { .. });
        self.passes.lock().expect("no panic").insert(key, passes);
        Ok(passes)
    }
}

/// The packages whose tests are built for these mutants: their own, those of the tests that they name, and the corpus, if more
/// than the named tests may run.
pub(super) fn packages(mutants: &[&Mutant], narrow: bool) -> BTreeSet<String> {
    let own = mutants.iter().map(|mutant| mutant.package.clone());
    let named = mutants.iter().filter_map(|mutant| Some(mutant.test()?.package.to_owned()));
    let corpus = (!narrow).then(|| "conform".to_owned());
    own.chain(named).chain(corpus).collect()
}
