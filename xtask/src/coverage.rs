//! `cargo xtask conform --coverage`: which lines of the crates random programs reach, and which they never do.
//!
//! The example `ours` of the package `conform` is built with LLVM's counters, and runs the programs without Python.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use guide_tests::root;

use crate::{cargo, finish};

/// The lines of a file that are code, with how often each was run.
type Lines = BTreeMap<u32, u64>;

/// Runs so many random programs, from this seed on, and prints a line for each file.
pub(crate) fn run(programs: u64, seed: u64) -> Result<()> {
    let (host, tools) = tools()?;
    let target = root().join("target/coverage");
    // With an explicit target, build scripts and macros are built without counters.
    let build = ["build", "--package", "conform", "--example", "ours", "--target", &host];
    finish(cargo(&build).env("RUSTFLAGS", "-C instrument-coverage").env("CARGO_TARGET_DIR", &target))?;
    let program = target.join(&host).join("debug/examples/ours");
    let (raw, merged) = (target.join("ours.profraw"), target.join("ours.profdata"));
    let arguments = [programs, seed].map(|argument| argument.to_string());
    finish(Command::new(&program).args(arguments).env("LLVM_PROFILE_FILE", &raw))?;
    finish(Command::new(tools.join("llvm-profdata")).args(["merge", "-sparse", "-o"]).args([&merged, &raw]))?;
    let mut export = Command::new(tools.join("llvm-cov"));
    let output = export.args(["export", "--format=lcov", "--instr-profile"]).args([&merged, &program]).output()?;
    ensure!(output.status.success(), "llvm-cov: {}", String::from_utf8_lossy(&output.stderr));
    report(&files(&String::from_utf8(output.stdout)?, &root().join("crates")));
    Ok(())
}

/// The machine that the compiler builds for, and the folder of LLVM's tools that fit it.
fn tools() -> Result<(String, PathBuf)> {
    let ask = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("rustc").args(arguments).current_dir(root()).output()?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let version = ask(&["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let tools = Path::new(ask(&["--print", "sysroot"])?.trim()).join("lib/rustlib").join(host).join("bin");
    ensure!(tools.join("llvm-cov").exists(), "LLVM's tools are missing: rustup component add llvm-tools");
    Ok((host.to_owned(), tools))
}

/// The files below a folder, as a report in the format of lcov has them.
fn files(report: &str, folder: &Path) -> BTreeMap<PathBuf, Lines> {
    let mut files: BTreeMap<PathBuf, Lines> = BTreeMap::new();
    let mut file = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = Path::new(path).strip_prefix(folder).ok().map(Path::to_owned);
        } else if let (Some(counted), Some(file)) = (line.strip_prefix("DA:"), &file) {
            let mut numbers = counted.split(',');
            if let (Some(Ok(line)), Some(Ok(times))) =
                (numbers.next().map(str::parse), numbers.next().map(str::parse::<u64>))
            {
                *files.entry(file.clone()).or_default().entry(line).or_default() += times;
            }
        }
    }
    files
}

/// A line for each file that programs reach: how many of its lines they reach, and which ones they do not.
fn report(files: &BTreeMap<PathBuf, Lines>) {
    let (mut reached, mut all) = (0, 0);
    for (file, lines) in files {
        let missed: Vec<u32> = lines.iter().filter(|(_, times)| **times == 0).map(|(line, _)| *line).collect();
        if missed.len() < lines.len() {
            reached += lines.len() - missed.len();
            all += lines.len();
            let of = format!("{} of {}", lines.len() - missed.len(), lines.len());
            println!("{of:>11}  {}: {}", file.display(), ranges(&missed));
        }
    }
    println!("{reached} of {all} lines of code, in the files of which anything is reached");
    let never: Vec<_> = files.iter().filter(|(_, lines)| lines.values().all(|times| *times == 0)).collect();
    println!(
        "never reached: {}",
        never.iter().map(|(file, _)| file.display().to_string()).collect::<Vec<_>>().join(" ")
    );
}

/// `3 5-7`
fn ranges(lines: &[u32]) -> String {
    let runs = lines.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [line] => line.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_over_all_copies_of_a_function() {
        let report = "SF:/x/crates/a.rs\nDA:3,0\nDA:4,2\nDA:5,0\nend_of_record\nSF:/elsewhere/b.rs\nDA:1,1\nend_of_record\n\
                      SF:/x/crates/a.rs\nDA:3,1\nDA:6,0\nend_of_record\n";
        let files = files(report, Path::new("/x/crates"));
        assert_eq!(files.len(), 1);
        assert_eq!(files[Path::new("a.rs")], BTreeMap::from([(3, 1), (4, 2), (5, 0), (6, 0)]));
    }

    #[test]
    fn neighbouring_lines_are_a_range() {
        assert_eq!(ranges(&[3, 5, 6, 7, 9]), "3 5-7 9");
        assert_eq!(ranges(&[]), "");
    }
}
