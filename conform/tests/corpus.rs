//! The stored programs give the traces that CPython gave. Python is not needed.
//!
//! Each named program is a trial of its own; the random ones are divided into trials of some hundreds.

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let random = corpus::random()?;
    assert!(random.len() >= 3000, "the corpus has only {} random programs", random.len());
    let mut trials = Vec::new();
    for (path, named) in corpus::named()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('_', " ");
        trials.push(Trial::test(name, move || check(&[named.entry])));
    }
    for (i, chunk) in random.chunks(CHUNK).enumerate() {
        let chunk = chunk.to_vec();
        trials.push(Trial::test(format!("random programs from {}", i * CHUNK), move || check(&chunk)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
