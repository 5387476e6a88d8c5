//! `cargo xtask bench`: the runtime beside its peers.
//!
//! The benchmarks are a workspace of their own, so that no peer ever enters the main build; this only starts them.

use anyhow::Result;

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The workloads to measure; all of them if none is named
    #[arg(value_name = "WORKLOAD")]
    workloads: Vec<String>,
    /// A look of a minute: few rounds of the core workloads
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = cargo(&["run", "--release", "--manifest-path", "bench/Cargo.toml", "--bin", "bench", "--"]);
    command.args(&arguments.workloads);
    if arguments.quick {
        command.arg("--quick");
    }
    finish(&mut command)
}
