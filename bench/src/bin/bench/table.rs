//! The tables: medians, ratios and spread.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::peers::Peer;
use crate::results::Results;

/// The peer that the ratios compare with the others.
const OURS: &str = "ours";

/// What is worth comparing in a workload. If one thread is busy all the time, its processor time is the wall time on an idle
/// machine.
fn measures(workload: &str) -> &'static [&'static str] {
    match workload {
        "startup" => &["ns", "binary_bytes"],
        "to_thread" | "subprocess" | "subprocess_16" => &["ns", "cpu_ns"],
        _ if workload.starts_with("tcp_") || workload.starts_with("xthread_") => &["ns", "cpu_ns"],
        _ if workload.starts_with("loops_") => &["speedup_percent", "cpu_percent"],
        _ if workload.starts_with("idle_") => &["cpu_ns", "bytes_per_task"],
        _ => &["cpu_ns"],
    }
}

/// The tables that are printed, with the most important measures.
pub fn headline(results: &Results, workloads: &[String], peers: &[Peer]) -> String {
    let rows: Vec<(&str, &str)> =
        workloads.iter().flat_map(|w| measures(w).iter().map(move |m| (w.as_str(), *m))).collect();
    let title = "Medians; `cpu_ns` is processor time for one operation, `ns` wall time";
    let mut text = section(title, &rows, peers, |workload, measure, peer| {
        median(results.rounds(workload, peer, measure).into_values()).map(short)
    });
    if let Some(&ours) = peers.iter().find(|peer| peer.name == OURS) {
        let others: Vec<Peer> = peers.iter().copied().filter(|&peer| peer != ours).collect();
        let title = "Ours divided by the peer's, round by round, the median; below 1 we need less";
        text += &section(title, &rows, &others, |workload, measure, peer| {
            let ours = results.rounds(workload, ours, measure);
            let theirs = results.rounds(workload, peer, measure);
            ratio(&ours, &theirs).map(|ratio| format!("{ratio:.2}"))
        });
    }
    let title = "Spread of a cell, (largest - smallest) / median, in percent";
    text += &section(title, &rows, peers, |workload, measure, peer| {
        spread(&results.rounds(workload, peer, measure)).map(|spread| format!("{:.0}", 100.0 * spread))
    });
    text
}

/// The medians of all that was measured.
pub fn everything(results: &Results, workloads: &[String], peers: &[Peer]) -> String {
    let rows: Vec<(&str, &str)> =
        workloads.iter().flat_map(|w| results.measures(w).into_iter().map(move |m| (w.as_str(), m))).collect();
    section("Medians of everything that was measured", &rows, peers, |workload, measure, peer| {
        median(results.rounds(workload, peer, measure).into_values()).map(short)
    })
}

/// A Markdown table under its title. Columns are padded, so that it is readable as text; rows without values are left out, and
/// so are tables without rows.
fn section(
    title: &str,
    rows: &[(&str, &str)],
    peers: &[Peer],
    cell: impl Fn(&str, &str, Peer) -> Option<String>,
) -> String {
    let mut lines = vec![vec!["workload".to_owned(), "measure".to_owned()]];
    lines[0].extend(peers.iter().map(|peer| peer.name.to_owned()));
    for (workload, measure) in rows {
        let cells: Vec<Option<String>> = peers.iter().map(|&peer| cell(workload, measure, peer)).collect();
        if cells.iter().any(Option::is_some) {
            let named = [Some(workload.to_string()), Some(measure.to_string())];
            lines.push(named.into_iter().chain(cells).map(|c| c.unwrap_or("-".into())).collect());
        }
    }
    if lines.len() == 1 {
        return String::new();
    }
    let widths: Vec<usize> =
        (0..lines[0].len()).map(|i| lines.iter().map(|line| line[i].len()).max().unwrap_or(0)).collect();
    let mut text = format!("{title}:\n\n");
    for (number, line) in lines.iter().enumerate() {
        for (i, (value, &width)) in line.iter().zip(&widths).enumerate() {
            let padded = if i < 2 { format!("{value:<width$}") } else { format!("{value:>width$}") };
            write!(text, "| {padded} ").expect("a string takes everything");
        }
        text += "|\n";
        if number == 0 {
            let rule = |(i, &width): (usize, &usize)| match i {
                0 | 1 => format!("|{}", "-".repeat(width + 2)),
                _ => format!("|{}:", "-".repeat(width + 1)),
            };
            text += &widths.iter().enumerate().map(rule).collect::<String>();
            text += "|\n";
        }
    }
    text += "\n";
    text
}

fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some((values[low] + values[high]) / 2.0)
}

/// The median ratio over the rounds that both have.
fn ratio(ours: &BTreeMap<usize, f64>, theirs: &BTreeMap<usize, f64>) -> Option<f64> {
    median(ours.iter().filter_map(|(round, value)| Some(value / theirs.get(round)?)))
}

/// None unless there are two values that could differ.
fn spread(rounds: &BTreeMap<usize, f64>) -> Option<f64> {
    if rounds.len() < 2 {
        return None;
    }
    let values = || rounds.values().copied();
    let range = values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min);
    median(values()).map(|median| range / median)
}

fn short(value: f64) -> String {
    match value {
        ..100.0 => format!("{value:.1}"),
        ..10_000.0 => format!("{value:.0}"),
        ..10_000_000.0 => format!("{:.1}k", value / 1e3),
        _ => format!("{:.1}M", value / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_two() {
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median([5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median([]), None);
    }

    #[test]
    fn a_ratio_compares_runs_of_one_round_only() {
        // Everything was twice as slow in round 1, which the peer missed in round 2.
        let ours = BTreeMap::from([(0, 10.0), (1, 20.0), (2, 10.0)]);
        let theirs = BTreeMap::from([(0, 5.0), (1, 10.0)]);
        assert_eq!(ratio(&ours, &theirs), Some(2.0));
        assert_eq!(ratio(&ours, &BTreeMap::new()), None);
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        assert_eq!(spread(&BTreeMap::from([(0, 8.0), (1, 10.0), (2, 13.0)])), Some(0.5));
        assert_eq!(spread(&BTreeMap::from([(0, 8.0)])), None);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([9.96, 123.4, 12_345.0, 1.5e7].map(short), ["10.0", "123", "12.3k", "15.0M"]);
    }
}
