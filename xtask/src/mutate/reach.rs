//! Which mutants each test reaches, and how long it takes.
//!
//! Every test of the copy is run once in a process of its own, without a mutant, and the switch records which mutants it
//! reaches: a test that never enters the body of a mutant cannot notice it. So a trial runs a few tests instead of all. The
//! result is kept in `target/mutants/tests.json` until the binary is rebuilt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use guide_tests::mutants::Test;
use serde::{Deserialize, Serialize};

use super::process::{Choice, End, Limits, Took, run};
use super::tree::{Binary, Tree};

/// A test of the copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) binary: Binary,
    pub(super) name: String,
    /// Without a mutant.
    pub(super) passes: bool,
    pub(super) took: Took,
    /// The numbers of the mutants whose bodies it enters.
    pub(super) reached: BTreeSet<u32>,
}

impl Measured {
    /// The name that mutants use for it, with the package.
    pub(super) fn path(&self) -> String {
        format!("{}/{}::{}", self.binary.package, self.binary.name, self.name)
    }

    /// Quick tests that reach few mutants come first: they find a mutant soon, and their failure is the most specific.
    pub(super) fn cost(&self) -> Duration {
        (self.took.elapsed + Duration::from_millis(10)) * u32::try_from(self.reached.len()).unwrap_or(u32::MAX)
    }
}

/// What is kept of a binary.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// When it was built, in nanoseconds.
    built: u128,
    tests: Vec<Measured>,
    /// Are these all tests, and not only those that mutants name?
    has_all: bool,
}

/// Measures all tests of these binaries, or only the `named`, `jobs` at a time.
pub(super) fn measure(
    tree: &Tree,
    binaries: &[Binary],
    named: Option<&BTreeSet<Test<'_>>>,
    jobs: usize,
) -> Result<Vec<Measured>> {
    let file = tree.root.with_file_name("tests.json");
    let known = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
    let mut known: BTreeMap<PathBuf, Kept> = known.unwrap_or_default();
    let mut all = Vec::new();
    for binary in binaries {
        let built = fs::metadata(&binary.path)?.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        known.retain(|path, kept| *path != binary.path || kept.built == built);
        let kept = known.entry(binary.path.clone()).or_insert(Kept { built, tests: Vec::new(), has_all: false });
        let is_named = |name: &str| {
            named.is_none_or(|named| {
                named.contains(&Test { package: &binary.package, binary: &binary.name, path: name })
            })
        };
        if !kept.has_all {
            let mut left = names(tree, binary)?;
            left.retain(|name| is_named(name) && kept.tests.iter().all(|test| test.name != *name));
            kept.tests.extend(measure_tests(tree, binary, &left, jobs)?);
            kept.has_all = named.is_none();
            fs::write(&file, serde_json::to_string(&known)?)?;
        }
        all.extend(known[&binary.path].tests.iter().filter(|test| is_named(&test.name)).cloned());
    }
    for test in all.iter().filter(|test| !test.passes) {
        eprintln!("left out: {} fails in the copy without any mutant", test.path());
    }
    Ok(all)
}

/// The names of the tests of a binary.
fn names(tree: &Tree, binary: &Binary) -> Result<Vec<String>> {
    let output = tree.command(binary).args(["--list", "--format", "terse"]).output()?;
    ensure!(output.status.success(), "{}/{} does not list its tests", binary.package, binary.name);
    let said = String::from_utf8(output.stdout)?;
    Ok(said.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn measure_tests(tree: &Tree, binary: &Binary, names: &[String], jobs: usize) -> Result<Vec<Measured>> {
    eprintln!("measuring {} tests of {}/{}", names.len(), binary.package, binary.name);
    let queue = Mutex::new(names.iter());
    let found = Mutex::new(Vec::new());
    let work = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no panic").next();
            let Some(name) = next else { return Ok(()) };
            let measured = measure_test(tree, binary, name).with_context(|| name.to_owned())?;
            found.lock().expect("no panic").extend(measured);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker returns its error"))
    })?;
    Ok(found.into_inner().expect("no panic"))
}

/// `None` if it is ignored.
fn measure_test(tree: &Tree, binary: &Binary, name: &str) -> Result<Option<Measured>> {
    let notes = tree.root.with_file_name(format!("reached-{:?}.txt", thread::current().id()).replace(['(', ')'], ""));
    let mut measured = Measured {
        binary: binary.clone(),
        name: name.to_owned(),
        passes: false,
        took: Took::default(),
        reached: BTreeSet::new(),
    };
    // Repeated, because a test may fail on a busy machine.
    for _ in 0..3 {
        fs::write(&notes, "")?;
        let (end, took, _) = run(tree, binary, &[name], &Choice::Noted(&notes), Limits::UNKNOWN)?;
        measured.took = took;
        let reached = fs::read_to_string(&notes)?;
        measured.reached.extend(reached.lines().filter_map(|line| line.parse::<u32>().ok()));
        match end {
            End::Absent => return Ok(None),
            End::Passed => {
                measured.passes = true;
                break;
            }
            End::Failed | End::Hangs => {}
        }
    }
    Ok(Some(measured))
}
