//! The results as they were recorded: a file for each workload in `bench/results`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{files, read, root};

/// The peer that the others are compared with.
pub(super) const OURS: &str = "ours";

/// One workload, measured on several peers in one run.
#[derive(Deserialize)]
pub(super) struct Recorded {
    pub(super) workload: String,
    pub(super) date: String,
    pub(super) commit: String,
    pub(super) machine: String,
    /// Load averages before and after.
    pub(super) load: [f64; 2],
    pub(super) stolen_percent: f64,
    pub(super) rounds: usize,
    pub(super) scale: f64,
    pub(super) versions: BTreeMap<String, String>,
    /// By peer, by measure, the values of the rounds.
    peers: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
}

impl Recorded {
    /// Everything that was recorded, by workload.
    pub(super) fn all() -> Result<BTreeMap<String, Recorded>> {
        let mut all = BTreeMap::new();
        for path in files(&root().join("bench/results"), "toml") {
            let recorded: Recorded =
                toml::from_str(&read(&path)?).with_context(|| format!("cannot use {}", path.display()))?;
            all.insert(recorded.workload.clone(), recorded);
        }
        Ok(all)
    }

    fn rounds(&self, peer: &str, measure: &str) -> &[f64] {
        self.peers.get(peer).and_then(|measures| measures.get(measure)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn median(&self, peer: &str, measure: &str) -> Option<f64> {
        median(self.rounds(peer, measure).to_vec())
    }

    /// Ours divided by the peer's, round by round, the median.
    pub(super) fn ratio(&self, peer: &str, measure: &str) -> Option<f64> {
        let pairs = self.rounds(OURS, measure).iter().zip(self.rounds(peer, measure));
        median(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// The largest spread of a peer among `peers`: (largest - smallest) / median.
    pub(super) fn spread(&self, measure: &str, peers: &[&str]) -> Option<f64> {
        let spread = |peer: &&str| {
            let rounds = self.rounds(peer, measure);
            let range = rounds.iter().copied().reduce(f64::max)? - rounds.iter().copied().reduce(f64::min)?;
            Some(range / self.median(peer, measure)?)
        };
        peers.iter().filter_map(spread).reduce(f64::max)
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some((values[low] + values[high]) / 2.0)
}

#[cfg(test)]
pub(super) fn recorded(peers: &[(&str, &[f64])]) -> Recorded {
    let values = |rounds: &[f64]| BTreeMap::from([("cpu_ns".to_owned(), rounds.to_vec())]);
    Recorded {
        workload: "spawn_join".into(),
        date: "2026-11-21 10:00 UTC".into(),
        commit: "abc".into(),
        machine: "a machine".into(),
        load: [0.5, 1.5],
        stolen_percent: 0.0,
        rounds: 3,
        scale: 1.0,
        versions: BTreeMap::new(),
        peers: peers.iter().map(|(name, rounds)| ((*name).to_owned(), values(rounds))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_compares_runs_of_one_round() {
        // Everything was twice as slow in the second round, and the peer failed in the third.
        let recorded = recorded(&[(OURS, &[10.0, 20.0, 90.0]), ("tokio_ct", &[20.0, 40.0])]);
        assert_eq!(recorded.ratio("tokio_ct", "cpu_ns"), Some(0.5));
        assert_eq!(recorded.ratio("nobody", "cpu_ns"), None);
        assert_eq!(recorded.median(OURS, "cpu_ns"), Some(20.0));
        assert_eq!(recorded.spread("cpu_ns", &[OURS, "tokio_ct"]), Some(4.0));
    }
}
