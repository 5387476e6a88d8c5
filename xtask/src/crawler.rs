//! `cargo xtask crawler`: the crawler's own workspace, which nothing else builds: lints, tests, and trials in which its workers
//! and their Redis are killed.
//!
//! A sample by default, for each change; `--full` is the trial of ten thousand pages, and the figures for one to three workers,
//! which it writes to a file for the book.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::measure::{date_and_machine, told};
use crate::{cargo, finish};

const FIGURES: &str = "crawler/figures.txt";
const MANIFEST: [&str; 2] = ["--manifest-path", "crawler/Cargo.toml"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Crawl ten thousand pages, kill many more workers, and write the figures into crawler/figures.txt
    #[arg(long)]
    full: bool,
    /// Run only the trials, with these options (`--help` lists them)
    #[arg(last = true)]
    options: Vec<String>,
}

/// All parts, for `cargo xtask ci --full`.
pub(crate) fn whole() -> Result<()> {
    run(&Arguments { full: true, options: Vec::new() })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.options.is_empty() {
        let options: Vec<&str> = arguments.options.iter().map(String::as_str).collect();
        return trials(true, &[&options]).map(drop);
    }
    finish(cargo(&["fmt", "--all", "--check"]).args(MANIFEST))?;
    finish(
        cargo(&["clippy", "--locked", "--workspace", "--all-targets"]).args(MANIFEST).args(["--", "-D", "warnings"]),
    )?;
    finish(cargo(&["test", "--workspace"]).args(MANIFEST))?;
    if !arguments.full {
        let sample = ["--pages", "600", "--hosts", "30", "--kills", "6", "--kill-every", "0.8"];
        return trials(false, &[&sample, &[&sample[..], &["--sqlite", "--seed", "2"]].concat()]).map(drop);
    }
    let whole = ["--pages", "10000", "--kills", "30", "--delay", "0.1"];
    let speed = ["--pages", "10000", "--speed"];
    let sqlite = |options: &[&'static str]| [options, &["--sqlite"]].concat();
    let printed = trials(true, &[&whole, &sqlite(&whole), &speed, &sqlite(&speed)])?;
    let commit = told(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=8"]))?;
    let here = date_and_machine()?;
    std::fs::write(FIGURES, format!("{printed}cargo xtask crawler --full, {commit}, {here}\n"))?;
    println!("the figures are in {FIGURES}");
    Ok(())
}

/// Runs trials, and returns what they print.
fn trials(release: bool, trials: &[&[&str]]) -> Result<String> {
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    finish(cargo(&["build", "--quiet", "--workspace"]).args(profile).args(MANIFEST))?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "crawler/target".to_owned());
    let areq = format!("{target}/{}/areq", if release { "release" } else { "debug" });
    let mut printed = String::new();
    for options in trials {
        let mut command = cargo(&["run", "--quiet", "-p", "trial"]);
        command.args(profile).args(MANIFEST).args(["--", "--areq", &areq]).args(*options);
        let output = command.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        print!("{text}");
        ensure!(output.status.success(), "the trial {options:?} fails");
        printed += &text;
    }
    Ok(printed)
}
