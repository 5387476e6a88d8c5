//! `cargo xtask interop`: streams against other programs. The trials are in `crates/streams/tests/interop`; programs that this
//! machine lacks are named and skipped. The guide's status checkers are built for the trials, which let them check nginx.

use anyhow::Result;
use guide_tests::examples::examples;
use guide_tests::program::{Clock, build};
use guide_tests::python::Python;
use guide_tests::root;

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only trials whose name contains this text
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut checkers = examples(root())?;
    checkers.retain(|example| example.name.contains("http_status"));
    let programs = build(&checkers, &[])?;
    let binary = |name: &str| Ok(programs.command(name, Clock::Real)?.get_program().to_owned());
    let binaries = checkers.iter().map(|checker| binary(&checker.name)).collect::<Result<Vec<_>>>()?;

    let mut command = cargo(&["test", "-p", "asyncio-streams", "--test", "interop", "--", "--test-threads=1"]);
    command.args(&arguments.filter).env("STATUS_CHECKERS", std::env::join_paths(binaries)?);
    if let Ok(python) = Python::find(None) {
        command.env("PYTHON", python.path);
    }
    finish(&mut command)
}
