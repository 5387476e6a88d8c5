//! The stored programs give the traces that CPython gave. Python is not needed.
//!
//! Each named program is a trial of its own; the random ones are divided into trials of some hundreds.

use asyncio_testing::begin;
use conform::corpus::{self, Entry};
use libtest_mimic::{Arguments, Failed, Trial};

/// How many random programs a trial has.
const CHUNK: usize = 500;

fn check(entries: &[Entry]) -> Result<(), Failed> {
    for entry in entries {
        let theirs = entry.trace.join("\n") + "\n";
        let traces = [conform::trace, conform::trace_watched, conform::trace_hosted].map(|trace| trace(&entry.program));
        let scoped = [conform::trace_scoped, conform::trace_scoped_and_watched].map(|trace| trace(&entry.program));
        for ours in traces.into_iter().chain(scoped.into_iter().flatten()) {
            if ours != theirs {
                let program = serde_json::to_string(&entry.program)?;
                return Err(format!("{program}\n{}", conform::compare::side_by_side(&theirs, &ours)).into());
            }
        }
    }
    Ok(())
}

/// The pages that tell how much the reference accepts have the numbers of today. The programs that `accepts.py` leaves out do not
/// count.
fn check_figures(entries: &[Entry]) -> Result<(), Failed> {
    let commas = |n: usize| if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) };
    let programs = commas(entries.len());
    let lines = commas(entries.iter().map(|entry| entry.trace.len()).sum());
    for (page, told) in [
        ("book/src/scheduling.md", format!("runs {programs} recorded programs on it")),
        ("book/src/scheduling.md", format!("{lines} lines in all")),
        ("conform/README.md", format!("{programs} programs with all features")),
    ] {
        let text = std::fs::read_to_string(conform::root().join("..").join(page))?;
        if !text.replace('\n', " ").contains(&told) {
            return Err(format!("{page} does not say {told:?}").into());
        }
    }
    Ok(())
}

/// The named programs that the reference does not run: `GARBAGE` in `accepts.py`.
fn left_out() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let script = std::fs::read_to_string(conform::root().join("accepts.py"))?;
    let list = script.split_once("GARBAGE = {").and_then(|(_, rest)| rest.split_once('}')).ok_or("no GARBAGE")?.0;
    Ok(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

fn trial(name: String, entries: Vec<Entry>) -> Trial {
    Trial::test(name.clone(), move || {
        let _guard = begin(name);
        check(&entries)
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let random = corpus::random()?;
    assert!(random.len() >= 3000, "the corpus has only {} random programs", random.len());
    let left_out = left_out()?;
    let mut trials = Vec::new();
    let mut accepted = random.clone();
    for (path, named) in corpus::named()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !left_out.contains(&name) {
            accepted.push(named.entry.clone());
        }
        let name = name.replace('_', " ");
        trials.push(trial(name, vec![named.entry]));
    }
    for (i, chunk) in random.chunks(CHUNK).enumerate() {
        trials.push(trial(format!("random programs from {}", i * CHUNK), chunk.to_vec()));
    }
    trials.push(Trial::test("the figures of the pages", move || check_figures(&accepted)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
