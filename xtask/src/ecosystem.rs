//! `cargo xtask ecosystem`: lints the programs with other crates, which are in a workspace of their own that nothing else
//! builds, runs each of them, and compares the output with the text in `examples/ecosystem/expected`.
//!
//! The test starts a PostgreSQL of its own; where none is installed, it says so and leaves that program out.

use anyhow::Result;

use crate::{cargo, finish};

const MANIFEST: [&str; 2] = ["--manifest-path", "examples/ecosystem/Cargo.toml"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Rewrite the expected outputs instead of comparing them
    #[arg(long)]
    bless: bool,
    /// Run only programs whose name contains this text, without lints
    filter: Option<String>,
}

/// All parts, for `cargo xtask ci --full`.
pub(crate) fn all() -> Result<()> {
    run(&Arguments { bless: false, filter: None })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.filter.is_none() {
        finish(cargo(&["fmt", "--all", "--check"]).args(MANIFEST))?;
        finish(cargo(&["clippy", "--locked", "--all-targets"]).args(MANIFEST).args(["--", "-D", "warnings"]))?;
    }
    let mut tests = cargo(&["test", "--test", "programs"]);
    tests.args(MANIFEST).arg("--").args(&arguments.filter);
    if arguments.bless {
        tests.env("ECOSYSTEM_BLESS", "1");
    }
    finish(&mut tests)
}
