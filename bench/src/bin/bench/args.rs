//! The command line.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::peers::PEERS;

/// The workloads of a quick look: what the runtime promises to be fast at.
const QUICK_WORKLOADS: &[&str] = &[
    "spawn_join",
    "gather_1k",
    "idle_pending",
    "idle_sleep",
    "yield_2",
    "yield_1000",
    "cancel_sleep",
    "timeout_yield",
    "sleep_10k",
];
const QUICK_PEERS: &[&str] = &["ours", "tokio_localset", "smol_local"];

/// Runs the same workloads on this runtime and on its peers, and prints how they compare
#[derive(Debug, Parser)]
pub struct Args {
    /// Workloads [default: all but `scale_*`]; `tcp_*` is those that begin so
    workloads: Vec<String>,

    /// Peers, separated by commas [default: this runtime, the floor, tokio, smol, and Python if there is one with uvloop]
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(PEERS.iter().map(|p| p.name)))]
    peers: Vec<String>,

    /// All peers: monoio as well
    #[arg(long, conflicts_with = "peers")]
    pub all: bool,

    /// How often each peer runs each workload [default: 5, quick: 3]
    #[arg(long)]
    rounds: Option<NonZero<usize>>,

    /// Multiplies the operations of each workload [default: 1, quick: 0.2]
    #[arg(long)]
    scale: Option<f64>,

    /// A minute's look: few workloads and peers, few operations
    #[arg(long)]
    pub quick: bool,

    /// Hold every thread and process on one processor
    #[arg(long)]
    pub one_cpu: bool,

    /// The Python for asyncio and uvloop [default: the first with uvloop: bench/.venv, python3.13, ...]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,

    /// Make a Python environment with uvloop in bench/.venv, if there is none
    #[arg(long)]
    pub make_python: bool,

    /// Run the peers' programs as they were built last
    #[arg(long)]
    pub no_build: bool,

    /// Write what is measured to bench/results, a file for each workload, from which tables and charts are made
    #[arg(long, conflicts_with = "quick")]
    pub record: bool,

    /// Where the results go: FILE.tsv and FILE.md [default: bench/target/latest]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    /// The peers asked for; none means the usual ones.
    pub fn peers(&self) -> Vec<&str> {
        match self.peers.is_empty() && self.quick {
            true => QUICK_PEERS.to_vec(),
            false => self.peers.iter().map(String::as_str).collect(),
        }
    }

    /// The workloads asked for; none means all but those of many sizes.
    pub fn patterns(&self) -> Vec<String> {
        match self.workloads.is_empty() && self.quick {
            true => QUICK_WORKLOADS.iter().map(|&name| name.to_owned()).collect(),
            false => self.workloads.clone(),
        }
    }

    pub fn rounds(&self) -> usize {
        self.rounds.map_or(if self.quick { 3 } else { 5 }, NonZero::get)
    }

    pub fn scale(&self) -> f64 {
        self.scale.unwrap_or(if self.quick { 0.2 } else { 1.0 })
    }

    pub fn out(&self) -> PathBuf {
        let usual = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/latest"));
        self.out.clone().unwrap_or_else(usual)
    }
}
