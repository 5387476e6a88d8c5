//! `cargo xtask conform`: the same as CPython, shown by running both.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use guide_tests::python::Python;

use crate::twins;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run the examples and their Python twins, and compare what they print
    #[arg(long)]
    twins: bool,
    /// The sections, programs or rows whose twins to run; all of them if nothing is named
    #[arg(value_name = "SECTION|ID", requires = "twins")]
    names: Vec<String>,
    /// The CPython to compare with, 3.13 or newer; without it the first that is found on the machine
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.twins, "say what to compare: --twins");
    let python = Python::find(arguments.python.as_deref())?;
    println!("CPython {} at {}", python.version, python.path.display());
    twins::run(&python, &arguments.names)
}
