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
const QUICK_PEERS: &[&str] = &["ours", "tokio_ct", "smol_local"];

/// Runs the same workloads on this runtime and on its peers, and prints how they compare
#[derive(Debug, Parser)]
pub struct Args {
    /// Workloads, all of them unless given; `tcp_*` is those that begin so
    workloads: Vec<String>,

    /// Peers, separated by commas; all that are built unless given
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(PEERS.iter().map(|p| p.name)))]
    pub peers: Vec<String>,

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

    /// Make a Python environment with uvloop in bench/.venv, if there is none
    #[arg(long)]
    pub python: bool,

    /// Where the results go: FILE.tsv and FILE.md [default: bench/results/latest]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    /// The peers asked for; none means all that are built.
    pub fn peers(&self) -> Vec<&str> {
        match self.peers.is_empty() && self.quick {
            true => QUICK_PEERS.to_vec(),
            false => self.peers.iter().map(String::as_str).collect(),
        }
    }

    /// The workloads asked for; none means all.
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
        let usual = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results/latest"));
        self.out.clone().unwrap_or_else(usual)
    }
}
