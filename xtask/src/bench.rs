//! `cargo xtask bench`: the runtime beside its peers.
//!
//! The benchmarks are a workspace of their own, so that no peer ever enters the main build; this only starts their driver, and
//! updates the tables and charts from its records.

use std::ffi::OsString;

use anyhow::Result;

use crate::{bless, cargo, finish};

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments for the driver: workloads, --quick, --peers, --rounds, --scale, --record and more; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORKLOAD|OPTION")]
    arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let driver = ["run", "--quiet", "--release", "--manifest-path", "bench/Cargo.toml", "--bin", "bench", "--"];
    finish(cargo(&driver).args(&arguments.arguments))?;
    if arguments.arguments.iter().any(|argument| argument == "--record") {
        bless::tables()?;
    }
    Ok(())
}
