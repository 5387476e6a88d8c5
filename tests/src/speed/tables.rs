//! The tables in Markdown: medians and ratios, section by section, and the machine on which they were measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::data::{OURS, Recorded};

/// The peers that are shown, with their names in the tables.
pub(super) const PEERS: &[(&str, &str)] = &[
    (OURS, "this runtime"),
    ("raw", "by hand"),
    ("tokio_localset", "tokio LocalSet"),
    ("tokio_localrt", "tokio LocalRuntime"),
    ("smol_local", "smol"),
    ("monoio_epoll", "monoio"),
    ("asyncio", "asyncio"),
    ("uvloop", "uvloop"),
];

/// One table of the chapter: rows of workload and measure.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) rows: &'static [(&'static str, &'static str)],
}

/// The tables. If one thread is busy all the time, processor time equals the wall time on an otherwise idle machine; if the
/// workload waits, both are shown.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "tasks",
        rows: &[
            ("spawn_join", "cpu_ns"),
            ("gather_1k", "cpu_ns"),
            ("gather_100k", "cpu_ns"),
            ("yield_2", "cpu_ns"),
            ("yield_1000", "cpu_ns"),
            ("oneshot", "cpu_ns"),
        ],
    },
    Section { name: "cancelling", rows: &[("cancel_pending", "cpu_ns"), ("cancel_sleep", "cpu_ns")] },
    Section {
        name: "timers",
        rows: &[
            ("sleep_10k", "cpu_ns"),
            ("sleep_1m", "cpu_ns"),
            ("timeout_ready", "cpu_ns"),
            ("timeout_yield", "cpu_ns"),
        ],
    },
    Section {
        name: "between_tasks",
        rows: &[
            ("queue_bounded", "cpu_ns"),
            ("queue_unbounded", "cpu_ns"),
            ("event_pingpong", "cpu_ns"),
            ("mutex_free", "cpu_ns"),
            ("mutex_hot", "cpu_ns"),
        ],
    },
    Section {
        name: "memory",
        rows: &[
            ("idle_pending", "bytes_per_task"),
            ("idle_event", "bytes_per_task"),
            ("idle_sleep", "bytes_per_task"),
            ("idle_pending", "cpu_ns"),
            ("idle_event", "cpu_ns"),
            ("idle_sleep", "cpu_ns"),
        ],
    },
    Section {
        name: "sockets",
        rows: &[
            ("tcp_echo", "ns"),
            ("tcp_echo", "cpu_ns"),
            ("tcp_echo_1-one-cpu", "ns"),
            ("tcp_echo_1-one-cpu", "cpu_ns"),
            ("tcp_sink", "ns"),
            ("tcp_sink", "cpu_ns"),
            ("tcp_source", "ns"),
            ("tcp_source", "cpu_ns"),
        ],
    },
    Section {
        name: "outside",
        rows: &[
            ("xthread_rtt-one-cpu", "ns"),
            ("xthread_rtt-one-cpu", "cpu_ns"),
            ("xthread_flood-one-cpu", "ns"),
            ("xthread_flood-one-cpu", "cpu_ns"),
            ("to_thread-one-cpu", "ns"),
            ("to_thread-one-cpu", "cpu_ns"),
            ("subprocess", "ns"),
            ("subprocess", "cpu_ns"),
            ("subprocess_16", "ns"),
            ("subprocess_16", "cpu_ns"),
        ],
    },
    Section { name: "start", rows: &[("startup", "ns"), ("startup", "binary_bytes")] },
];

/// What the README shows.
const SHORT: &[(&str, &str, &str)] = &[
    ("spawn_join", "cpu_ns", "spawn a task and await it"),
    ("gather_1k", "cpu_ns", "the same, a thousand at once"),
    ("yield_2", "cpu_ns", "one yield, two tasks in turn"),
    ("cancel_sleep", "cpu_ns", "cancel a sleeping task and await it"),
    ("timeout_yield", "cpu_ns", "a timeout around one yield"),
    ("queue_bounded", "cpu_ns", "one item through a bounded queue"),
    ("event_pingpong", "cpu_ns", "wake another task by an event"),
    ("mutex_hot", "cpu_ns", "a contended lock, taken and released"),
    ("tcp_echo", "cpu_ns", "one message of TCP echo, 64 connections"),
    ("idle_event", "bytes_per_task", "bytes of a task that waits for an event"),
];
const SHORT_PEERS: &[&str] = &[OURS, "tokio_localset", "smol_local", "asyncio", "uvloop"];

type All = BTreeMap<String, Recorded>;

/// Medians, then ratios.
pub(super) fn section(section: &Section, all: &All) -> String {
    let names: Vec<&str> = PEERS.iter().map(|(name, _)| *name).collect();
    let label = |workload: &str, measure: &str| [format!("`{workload}`"), unit(measure).to_owned()];
    let mut medians = Table::new(&["workload", "unit"], &titles(&names), &["spread"]);
    let mut ratios = Table::new(&["workload", "unit"], &titles(&names[1..]), &[]);
    for &(workload, measure) in section.rows {
        let Some(recorded) = all.get(workload) else { continue };
        let values = names.iter().map(|peer| recorded.median(peer, measure).map(short_number));
        let spread = recorded.spread(measure, &names).map(|spread| format!("{:.0} %", 100.0 * spread));
        medians.row(label(workload, measure), values.chain([spread]));
        ratios.row(
            label(workload, measure),
            names[1..].iter().map(|peer| recorded.ratio(peer, measure).map(ratio_number)),
        );
    }
    format!("Medians, and the largest spread of a row:\n\n{medians}\nThis runtime divided by each:\n\n{ratios}")
}

/// The table of the README.
pub(super) fn short(all: &All) -> String {
    let mut table = Table::new(&["nanoseconds of processor time"], &titles(SHORT_PEERS), &[]);
    for (workload, measure, title) in SHORT {
        let Some(recorded) = all.get(*workload) else { continue };
        let values = SHORT_PEERS.iter().map(|peer| recorded.median(peer, measure).map(short_number));
        table.row([(*title).to_owned()], values);
    }
    table.to_string()
}

/// The sizes of the workloads that have several.
pub(super) const SIZES: [(u64, &str); 6] =
    [(10, "10"), (100, "100"), (1_000, "1k"), (10_000, "10k"), (100_000, "100k"), (1_000_000, "1M")];

/// The peers with a line in the plot of sizes.
pub(super) const SCALING_PEERS: &[&str] = &[OURS, "tokio_localset", "smol_local"];

/// Nanoseconds by size.
pub(super) fn scaling(all: &All) -> String {
    let titles: Vec<&str> = SIZES.iter().map(|(_, title)| *title).collect();
    let mut table = Table::new(&["workload", "runtime"], &titles, &["1M / 1k"]);
    for (workload, recorded) in all.iter().filter(|(workload, _)| workload.starts_with("scale_")) {
        for peer in SCALING_PEERS {
            let at = |size: u64| recorded.median(peer, &format!("cpu_ns_{size}"));
            let growth = at(1_000_000).zip(at(1_000)).map(|(many, few)| ratio_number(many / few));
            let values = SIZES.iter().map(|(size, _)| at(*size).map(short_number));
            table.row([format!("`{workload}`"), title(peer).to_owned()], values.chain([growth]));
        }
    }
    table.to_string()
}

/// The conditions of the measurements, in sentences.
pub(super) fn conditions(all: &All) -> Result<String> {
    let set = |of: fn(&Recorded) -> String| all.values().map(of).collect::<BTreeSet<String>>();
    let list = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join("; ");
    let loads = || all.values().flat_map(|recorded| recorded.load);
    let (low, high) = (loads().fold(f64::MAX, f64::min), loads().fold(f64::MIN, f64::max));
    let stolen = all.values().map(|recorded| recorded.stolen_percent).fold(0.0, f64::max);
    let dates = set(|recorded| recorded.date.clone());
    let (from, to) = dates.first().zip(dates.last()).context("bench/results is empty")?;
    let mut versions = BTreeMap::new();
    all.values().for_each(|recorded| versions.extend(recorded.versions.clone()));
    let versions = versions.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ");
    let counts = set(|recorded| format!("{} rounds at scale {}", recorded.rounds, recorded.scale));
    let machines = list(set(|recorded| recorded.machine.clone()));
    let commits = list(set(|recorded| recorded.commit.clone()));
    Ok(format!(
        "Measured from {from} to {to}, {}, on {machines}. The machine was shared: its load average was between {low:.1} and \
         {high:.1}, our own one or two included, and at most {stolen:.1} % of the processors' time went to other machines.\n\n\
         Commit {commits}. {versions}.\n",
        list(counts),
    ))
}

fn title(peer: &str) -> &'static str {
    PEERS.iter().find(|(name, _)| *name == peer).map_or("?", |(_, title)| title)
}

fn titles(peers: &[&str]) -> Vec<&'static str> {
    peers.iter().map(|peer| title(peer)).collect()
}

fn unit(measure: &str) -> &'static str {
    match measure {
        "ns" => "ns",
        "cpu_ns" => "ns of CPU",
        "bytes_per_task" => "bytes",
        "binary_bytes" => "bytes of program",
        _ => "?",
    }
}

/// Three digits, or a whole number below ten thousand; then thousands and millions.
fn short_number(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.1}"),
        ..10_000.0 => format!("{value:.0}"),
        ..10_000_000.0 => format!("{:.1}k", value / 1e3),
        _ => format!("{:.1}M", value / 1e6),
    }
}

fn ratio_number(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("{ratio:.3}"),
        ..10.0 => format!("{ratio:.2}"),
        _ => format!("{ratio:.1}"),
    }
}

/// Lines of a Markdown table. The first columns are words, the others numbers.
struct Table {
    lines: String,
    words: usize,
}

impl Table {
    fn new(words: &[&str], numbers: &[&str], more: &[&str]) -> Table {
        let cells: Vec<&str> = words.iter().chain(numbers).chain(more).copied().collect();
        let rules = words.iter().map(|_| "---").chain(numbers.iter().chain(more).map(|_| "--:"));
        let lines = format!("| {} |\n| {} |\n", cells.join(" | "), rules.collect::<Vec<_>>().join(" | "));
        Table { lines, words: words.len() }
    }

    /// A row; a missing measurement is a dash, and a row of dashes is left out.
    fn row<const WORDS: usize>(&mut self, words: [String; WORDS], numbers: impl Iterator<Item = Option<String>>) {
        debug_assert_eq!(WORDS, self.words);
        let numbers: Vec<Option<String>> = numbers.collect();
        if numbers.iter().any(Option::is_some) {
            let cells = words.into_iter().chain(numbers.into_iter().map(|cell| cell.unwrap_or_else(|| "-".into())));
            writeln!(self.lines, "| {} |", cells.collect::<Vec<_>>().join(" | ")).expect("a string takes everything");
        }
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::recorded;
    use super::*;

    #[test]
    fn a_section_has_medians_and_ratios_of_what_was_measured() {
        let recorded = recorded(&[(OURS, &[10.0, 20.0, 30.0]), ("raw", &[5.0, 10.0, 15.0])]);
        let text = section(&SECTIONS[0], &BTreeMap::from([("spawn_join".to_owned(), recorded)]));
        assert!(text.contains("| `spawn_join` | ns of CPU | 20 | 10 | - | - | - | - | - | - | 100 % |\n"), "{text}");
        assert!(text.contains("| `spawn_join` | ns of CPU | 2.00 | - | - | - | - | - | - |\n"), "{text}");
        assert!(!text.contains("gather"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([9.96, 123.4, 12_345.0, 1.5e7].map(short_number), ["10.0", "123", "12.3k", "15.0M"]);
        assert_eq!([0.0123, 0.5, 12.34].map(ratio_number), ["0.012", "0.50", "12.3"]);
    }
}
