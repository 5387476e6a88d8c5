//! `cargo xtask crawler`: the crawler's own workspace, which nothing else builds: lints, tests, and trials in which its workers
//! and their Redis are killed.
//!
//! A sample by default, for each change; `--full` is the trial of ten thousand pages, and the figures for one to three workers.

use anyhow::Result;

use crate::{cargo, finish};

const MANIFEST: [&str; 2] = ["--manifest-path", "crawler/Cargo.toml"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Crawl ten thousand pages, kill many more workers, and print the figures
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
        return trials(true, &[&options]);
    }
    finish(cargo(&["fmt", "--all", "--check"]).args(MANIFEST))?;
    finish(
        cargo(&["clippy", "--locked", "--workspace", "--all-targets"]).args(MANIFEST).args(["--", "-D", "warnings"]),
    )?;
    finish(cargo(&["test", "--workspace"]).args(MANIFEST))?;
    if !arguments.full {
        let sample = ["--pages", "600", "--hosts", "30", "--kills", "6", "--kill-every", "0.8"];
        return trials(false, &[&sample, &[&sample[..], &["--sqlite", "--seed", "2"]].concat()]);
    }
    let whole = ["--pages", "10000", "--kills", "30", "--delay", "0.1"];
    let speed = ["--pages", "10000", "--speed"];
    trials(true, &[&whole, &[&whole[..], &["--sqlite"]].concat(), &speed, &[&speed[..], &["--sqlite"]].concat()])
}

fn trials(release: bool, trials: &[&[&str]]) -> Result<()> {
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    finish(cargo(&["build", "--quiet", "--workspace"]).args(profile).args(MANIFEST))?;
    let areq = format!("crawler/target/{}/areq", if release { "release" } else { "debug" });
    for options in trials {
        let mut command = cargo(&["run", "--quiet", "-p", "trial"]);
        finish(command.args(profile).args(MANIFEST).args(["--", "--areq", &areq]).args(*options))?;
    }
    Ok(())
}
