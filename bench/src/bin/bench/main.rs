//! The driver: builds the programs of the peers, runs each workload on each of them in turn, and
//! prints medians, ratios and spread.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml --bin bench -- --quick
//! ```
//!
//! A run is a process of its own. Each round runs all peers, in an order that is shifted by one each time, so that a change in
//! the machine's speed affects all of them.

mod args;
mod machine;
mod peers;
mod python;
mod record;
mod results;
mod table;
mod workloads;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use args::Args;
use machine::{Machine, Pins};
use peers::{Peer, Programs};
use record::Recorder;
use results::{Record, Results};
use workloads::WORKLOADS;

fn main() -> ExitCode {
    compare(&Args::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// Measures and prints what was asked for. Success means that no run failed.
fn compare(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let asked = workloads::asked(&args.patterns())?;
    let python = python::find(args.python.as_deref(), args.make_python)?;
    let peers = peers::chosen(args, python.is_some())?;
    let recorder = args.record.then(|| Recorder::new(args, python.as_deref())).transpose()?;
    let programs = match args.no_build {
        true => Programs::built(python)?,
        false => Programs::build(&peers, python, asked.contains(&"startup"))?,
    };
    let workloads = Workloads::find(&programs, &peers, &asked)?;

    let pins = Pins::new(args.one_cpu)?;
    let machine = Machine::now();
    let mut results = Results::default();
    let start = Instant::now();
    for workload in &workloads.names {
        let quiet = Machine::now();
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
        if let Some(recorder) = &recorder {
            recorder.write(workload, &results, &able, &quiet)?;
        }
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

/// The workloads to run, and the peers that have them.
struct Workloads {
    names: Vec<String>,
    by_peer: BTreeSet<(Peer, String)>,
}

impl Workloads {
    /// Those of the `asked` that a peer has.
    fn find(programs: &Programs, peers: &[Peer], asked: &[&str]) -> Result<Workloads, Box<dyn Error>> {
        let mut by_peer = BTreeSet::new();
        for &peer in peers {
            for name in programs.workloads(peer)? {
                if !WORKLOADS.contains(&name.as_str()) {
                    return Err(format!("{} has a workload {name:?} that `WORKLOADS` lacks", peer.name).into());
                }
                by_peer.insert((peer, name));
            }
        }
        let is_had = |name: &&&str| by_peer.iter().any(|(_, had)| had == **name);
        let names: Vec<String> = asked.iter().filter(is_had).map(|&name| name.to_owned()).collect();
        match names.is_empty() {
            true => Err("no peer has what was asked for".into()),
            false => Ok(Workloads { names, by_peer }),
        }
    }

    fn has(&self, peer: Peer, workload: &str) -> bool {
        self.by_peer.contains(&(peer, workload.to_owned()))
    }
}
