//! The driver: builds the programs of the peers, runs each workload on each of them in turn, and
//! prints medians, ratios and spread.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml --bin bench -- --quick
//! ```
//!
//! A run is a process of its own. The rounds go peer by peer, in an order that is shifted by one
//! each time, so that a change of the machine's mood meets everybody.

mod args;
mod machine;
mod peers;
mod python;
mod results;
mod table;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use args::Args;
use machine::{Machine, Pins};
use peers::{Peer, Programs};
use results::{Record, Results};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let python = python::find(args.python)?;
    let peers = peers::chosen(&args, python.is_some())?;
    let patterns = args.patterns();
    let programs = Programs::build(&peers, python, asked("startup", &patterns))?;
    let workloads = Workloads::find(&programs, &peers, &patterns)?;

    let pins = Pins::new(args.one_cpu)?;
    let machine = Machine::now();
    let mut results = Results::default();
    let start = Instant::now();
    for workload in &workloads.names {
        let able: Vec<Peer> = peers.iter().copied().filter(|p| workloads.has(*p, workload)).collect();
        for round in 0..args.rounds() {
            for turn in 0..able.len() {
                let peer = able[(round + turn) % able.len()];
                if results.failed(workload, peer) {
                    continue;
                }
                match programs.measure(peer, workload, &pins, args.scale()) {
                    Ok(sample) => results.records.push(Record { workload: workload.clone(), peer, round, sample }),
                    Err(reason) => {
                        eprintln!("{} {workload}: {reason}", peer.name);
                        results.failures.push((workload.clone(), peer, reason));
                    }
                }
            }
        }
        eprintln!("{:5.0} s  {workload}", start.elapsed().as_secs_f64());
    }

    let heading = format!(
        "{} rounds, scale {}{}. {}",
        args.rounds(),
        args.scale(),
        if args.one_cpu { ", on one processor" } else { "" },
        machine.describe(),
    );
    let tables = table::headline(&results, &workloads.names, &peers);
    print!("{tables}");
    results.write(&args.out(), &heading, &tables, &table::everything(&results, &workloads.names, &peers))?;
    Ok(if results.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a workload is among those asked for; no pattern asks for all.
fn asked(name: &str, patterns: &[String]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(name, pattern))
}

fn fits(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// Which workloads are to run, and who has them.
struct Workloads {
    names: Vec<String>,
    by_peer: BTreeSet<(Peer, String)>,
}

impl Workloads {
    fn find(programs: &Programs, peers: &[Peer], patterns: &[String]) -> Result<Workloads, Box<dyn Error>> {
        let mut lists = Vec::new();
        for &peer in peers {
            lists.push((peer, programs.workloads(peer)?));
        }
        // The order is that of the peer that has most, so that what others lack is not at the end.
        lists.sort_by_key(|(_, names)| Reverse(names.len()));
        let mut known: Vec<String> = Vec::new();
        let mut by_peer = BTreeSet::new();
        for (peer, names) in lists {
            for name in names {
                if !known.contains(&name) {
                    known.push(name.clone());
                }
                by_peer.insert((peer, name));
            }
        }
        for pattern in patterns {
            if !known.iter().any(|name| fits(name, pattern)) {
                return Err(format!("no workload {pattern:?} here; there are: {}", known.join(" ")).into());
            }
        }
        known.retain(|name| asked(name, patterns));
        Ok(Workloads { names: known, by_peer })
    }

    fn has(&self, peer: Peer, workload: &str) -> bool {
        self.by_peer.contains(&(peer, workload.to_owned()))
    }
}
