//! `cargo xtask interop`: streams against programs of others. The trials are in `crates/streams/tests/interop`; what this
//! machine lacks is named there and skipped.

use anyhow::Result;
use guide_tests::python::Python;

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only trials with this in their name
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = cargo(&["test", "-p", "asyncio-streams", "--test", "interop", "--", "--test-threads=1"]);
    command.args(&arguments.filter);
    if let Ok(python) = Python::find(None) {
        command.env("PYTHON", python.path);
    }
    finish(&mut command)
}
