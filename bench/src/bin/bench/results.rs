//! What was measured, and the two files it is written to.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::peers::Peer;

/// What one run printed: measure and value.
pub type Sample = BTreeMap<String, f64>;

/// One run.
pub struct Record {
    pub workload: String,
    pub peer: Peer,
    pub round: usize,
    pub sample: Sample,
}

/// All runs.
#[derive(Default)]
pub struct Results {
    pub records: Vec<Record>,
    /// Workload, peer and reason. A peer that failed is not run again.
    pub failures: Vec<(String, Peer, String)>,
}

impl Results {
    pub fn failed(&self, workload: &str, peer: Peer) -> bool {
        self.failures.iter().any(|(w, p, _)| w == workload && *p == peer)
    }

    /// The values of one cell by round.
    pub fn rounds(&self, workload: &str, peer: Peer, measure: &str) -> BTreeMap<usize, f64> {
        let records = self.records.iter().filter(|r| r.workload == workload && r.peer == peer);
        records.filter_map(|r| Some((r.round, *r.sample.get(measure)?))).collect()
    }

    /// Every measure that a run of this workload printed.
    pub fn measures(&self, workload: &str) -> Vec<&str> {
        let records = self.records.iter().filter(|r| r.workload == workload);
        let mut measures: Vec<&str> = records.flat_map(|r| r.sample.keys()).map(String::as_str).collect();
        measures.sort_unstable();
        measures.dedup();
        measures
    }

    /// Writes each value to `out`.tsv, and the tables to `out`.md.
    pub fn write(&self, out: &Path, heading: &str, tables: &str, rest: &str) -> Result<(), Box<dyn Error>> {
        let mut tsv = String::from("workload\tpeer\tround\tmeasure\tvalue\n");
        for Record { workload, peer, round, sample } in &self.records {
            for (measure, value) in sample {
                writeln!(tsv, "{workload}\t{}\t{round}\t{measure}\t{value}", peer.name)?;
            }
        }
        let mut page = format!("# Benchmark\n\n{heading}\n\n{tables}{rest}");
        for (workload, peer, reason) in &self.failures {
            writeln!(page, "Failed: {} {workload}: {reason}\n", peer.name)?;
        }
        if let Some(folder) = out.parent() {
            fs::create_dir_all(folder)?;
        }
        for (ending, text) in [("tsv", &tsv), ("md", &page)] {
            let file = format!("{}.{ending}", out.display());
            fs::write(&file, text)?;
            eprintln!("{file}");
        }
        Ok(())
    }
}
