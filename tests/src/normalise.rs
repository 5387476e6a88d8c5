//! Removes from a text what differs from run to run, and no more.
//!
//! The core idea is that a rule is applied to the guide's text and to ours, and keeps as much as it can: clock times become the
//! time since the first of them, random numbers their rank. `tests/guide/differences.toml` says which row needs which rule.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A rewriting of a text.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name in `differences.toml`.
    pub name: &'static str,
    /// Why two correct texts differ in this.
    pub reason: &'static str,
    /// The rewriting.
    pub apply: fn(&str) -> String,
}

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule { name: "addresses", reason: "an object has another address in every run", apply: addresses },
    Rule {
        name: "places",
        reason: "the file and line are those of the program, which is not the guide's",
        apply: places,
    },
    Rule { name: "traceback", reason: "the frames are those of CPython; the last line is the error", apply: traceback },
    Rule { name: "clock_times", reason: "the guide ran at another time of another day", apply: clock_times },
    Rule { name: "elapsed", reason: "a real run takes a moment longer than its sleeps", apply: elapsed },
    Rule { name: "random_floats", reason: "the numbers are random, their order is not", apply: random_floats },
    Rule { name: "random_order", reason: "the tasks end in a random order, each of them once", apply: random_order },
    Rule { name: "random_seconds", reason: "how long a task takes is random", apply: random_seconds },
    Rule { name: "random_numbers", reason: "even the count of lines hangs on random numbers", apply: random_numbers },
    Rule { name: "random_names", reason: "the names of the items are random", apply: random_names },
    Rule { name: "set_order", reason: "a Python set is walked in any order", apply: set_order },
    Rule { name: "log_lines", reason: "the pages of the network come at any time, in any order", apply: log_lines },
    Rule { name: "tabs", reason: "the page of the guide shows a tab as a blank", apply: tabs },
    Rule { name: "process_ids", reason: "a process has another number in every run", apply: process_ids },
    Rule {
        name: BY_CHANCE,
        reason: "the lines come from two processes, each of which prints when it is ready",
        apply: two_processes,
    },
    Rule { name: "loop_class", reason: "the class of the loop is named after the platform", apply: loop_class },
];

/// The rule without which two runs of one program may differ. A snapshot needs it as well, and a single run may not show that
/// it is needed.
pub(crate) const BY_CHANCE: &str = "two_processes";

/// The rule of this name.
pub fn rule(name: &str) -> Option<Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

macro_rules! regex {
    ($pattern:literal) => {{
        static REGEX: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("the pattern is well formed"));
        &*REGEX
    }};
}

/// `0x10e186e30` becomes `0xADDR`.
pub(crate) fn addresses(text: &str) -> String {
    regex!(r"\b0x[0-9a-fA-F]+\b").replace_all(text, "0xADDR").into_owned()
}

/// `<Process 50249>` becomes `<Process PID>`.
pub(crate) fn process_ids(text: &str) -> String {
    regex!(r"<Process \d+>").replace_all(text, "<Process PID>").into_owned()
}

/// All lines are sorted.
fn two_processes(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// `thread 'main' (8112) panicked` loses the number, which the operating system chose.
pub(crate) fn thread_ids(text: &str) -> String {
    regex!(r"(thread '[^']*') \(\d+\) panicked").replace_all(text, "$1 panicked").into_owned()
}

/// `crates/runtime/src/events.rs:545` loses the line, which moves with every change of the library.
pub(crate) fn library_lines(text: &str) -> String {
    regex!(r"\b(crates/[\w/-]+\.rs):\d+").replace_all(text, "$1:LINE").into_owned()
}

/// The colours of a terminal, which neither a snapshot nor a page can show.
pub(crate) fn colours(text: &str) -> String {
    regex!(r"\x1b\[[0-9;]*m").replace_all(text, "").into_owned()
}

/// `('127.0.0.1', 43211)` loses the port, if it is one of those that the system chooses.
pub(crate) fn ports(text: &str) -> String {
    regex!(r"(\('127\.0\.0\.1', )\d{5}\)").replace_all(text, "${1}PORT)").into_owned()
}

/// Lines of a log lose the time and are grouped by page: those that name the same URL stay in their order.
pub(crate) fn log_lines(text: &str) -> String {
    let url =
        |line: &str| regex!(r"https?://[^\s]+").find(line).map(|url| url.as_str().trim_end_matches(':').to_owned());
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    for logged in lines.chunk_by_mut(|one, next| is_logged(one) && is_logged(next)) {
        logged.sort_by_key(|line| url(line));
    }
    let timeless = |line: &str| if is_logged(line) { format!("HH:MM:SS{}", &line[8..]) } else { line.to_owned() };
    lines.into_iter().map(timeless).collect()
}

/// Is this a line of Python's `logging`, in the guide's format?
pub(crate) fn is_logged(line: &str) -> bool {
    regex!(r"^\d\d:\d\d:\d\d [A-Z]+:\w+: ").is_match(line)
}

/// A tab becomes a blank, as it does on the page of a guide.
fn tabs(text: &str) -> String {
    text.replace('\t', " ")
}

/// `defined at examples/08/a.rs:12`, and the `...` that the guide itself puts there, become `defined at PLACE`;
/// so does the place at the head of a warning.
fn places(text: &str) -> String {
    let text = regex!(r" at (?:\.\.\.|PATH:LINE|[^\s<>\]]+:\d+)").replace_all(text, " at PLACE");
    regex!(r"(?m)^\S+:\d+: (\w+Warning)").replace_all(&text, "PLACE: $1").into_owned()
}

/// A traceback is cut down to the line that names the exception.
fn traceback(text: &str) -> String {
    regex!(r"(?m)^Traceback \(most recent call last\):\n(?:[ \t].*\n)*").replace_all(text, "").into_owned()
}

/// A time of day, with its date if it has one, becomes the whole seconds since the first one of the text.
fn clock_times(text: &str) -> String {
    let mut first = None;
    let since_first = |found: &Captures<'_>| {
        let part = |name| found.name(name).map_or(0.0, |part| part.as_str().parse::<f64>().unwrap_or(0.0));
        let time = part("hours") * 3600.0 + part("minutes") * 60.0 + part("seconds");
        let since = (time - *first.get_or_insert(time)).rem_euclid(86_400.0);
        format!("T+{since:.0}s")
    };
    regex!(r"(?:\d{4}-\d\d-\d\d )?\b(?<hours>\d\d):(?<minutes>\d\d):(?<seconds>\d\d(?:\.\d+)?)\b")
        .replace_all(text, since_first)
        .into_owned()
}

/// `1.01 seconds` becomes `1 seconds`.
fn elapsed(text: &str) -> String {
    let whole = |found: &Captures<'_>| format!("{:.0} seconds", found[1].parse::<f64>().unwrap_or(f64::NAN));
    regex!(r"\b(\d+\.\d+) seconds").replace_all(text, whole).into_owned()
}

/// A number with a fraction becomes its rank among those of the text, so that growing numbers stay growing.
fn random_floats(text: &str) -> String {
    let floats = regex!(r"\b\d+\.\d+\b");
    let value = |digits: &str| digits.parse::<f64>().unwrap_or(f64::NAN);
    let mut all: Vec<f64> = floats.find_iter(text).map(|found| value(found.as_str())).collect();
    all.sort_by(f64::total_cmp);
    let rank = |found: &Captures<'_>| format!("#{}", all.partition_point(|other| *other < value(&found[0])) + 1);
    floats.replace_all(text, rank).into_owned()
}

/// `task 5` becomes `task a` if it is the first task that the text names, so that only the identity of tasks remains.
fn random_order(text: &str) -> String {
    let mut seen = BTreeMap::new();
    let letter = |found: &Captures<'_>| {
        let next = char::from(b'a' + u8::try_from(seen.len()).unwrap_or(u8::MAX));
        format!("{} {}", &found[1], seen.entry(found[2].to_owned()).or_insert(next))
    };
    regex!(r"(task) (\d+)").replace_all(text, letter).into_owned()
}

/// `4 秒` (seconds) becomes `N 秒`.
fn random_seconds(text: &str) -> String {
    regex!(r"\b\d+ 秒").replace_all(text, "N 秒").into_owned()
}

/// `<377b1e8f82>` becomes `<a>` if it is the first name in the text, so that only the identity of names remains.
fn random_names(text: &str) -> String {
    let mut seen = BTreeMap::new();
    let letter = |found: &Captures<'_>| {
        let next = char::from(b'a' + u8::try_from(seen.len()).unwrap_or(u8::MAX));
        format!("<{}>", seen.entry(found[0].to_owned()).or_insert(next))
    };
    regex!(r"<[0-9a-f]{10}>").replace_all(text, letter).into_owned()
}

/// Every number becomes `N`, and equal lines that follow each other become one.
fn random_numbers(text: &str) -> String {
    let text = regex!(r"\d+(?:\.\d+)?").replace_all(text, "N");
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.dedup();
    lines.concat()
}

/// Lines of a list (`> ...` or `- ...`) that follow each other are sorted.
fn set_order(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let listed = |line: &str| line.starts_with("> ") || line.starts_with("- ");
    for list in lines.chunk_by_mut(|one, other| listed(one) && listed(other)) {
        list.sort_unstable();
    }
    lines.concat()
}

/// `_UnixSelectorEventLoop` and `_WindowsSelectorEventLoop` become `EventLoop`.
fn loop_class(text: &str) -> String {
    regex!(r"_(?:Unix|Windows)SelectorEventLoop").replace_all(text, "EventLoop").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that the rule makes two correct texts equal, and that a wrong one stays different.
    #[track_caller]
    fn check(name: &str, guide: &str, ours: &str, wrong: &str) {
        let rule = rule(name).unwrap();
        assert_ne!(guide, ours, "{name} has nothing to do");
        assert_eq!((rule.apply)(guide), (rule.apply)(ours), "{name}");
        assert_ne!((rule.apply)(guide), (rule.apply)(wrong), "{name} takes out too much");
    }

    #[test]
    fn each_rule_takes_out_what_varies_and_keeps_the_rest() {
        check("addresses", "<main at 0x10e186e30>", "<main at 0xADDR>", "<main at 10e186e30>");
        check(
            "places",
            "<Task coro=<f() running at ...> cb=[g() at ...]>\nsys:1: RuntimeWarning: x\n",
            "<Task coro=<f() running at examples/09/a.rs:12> cb=[g() at crates/b.rs:3]>\na.rs:7: RuntimeWarning: x\n",
            "<Task coro=<f() done, defined at ...> cb=[g() at ...]>\nsys:1: RuntimeWarning: x\n",
        );
        check(
            "traceback",
            "Traceback (most recent call last):\n  File \"a.py\", line 1\n    f()\nValueError\n",
            "ValueError\n",
            "TypeError\n",
        );
        check("clock_times", "at 17:01:34, at 17:01:36", "at 23:59:59, at 00:00:01", "at 17:01:34, at 17:01:37");
        check(
            "clock_times",
            "2018-11-20 11:27:15.961830\n2018-11-20 11:27:16.961887\n",
            "2000-01-01 00:00:00\n2000-01-01 00:00:01\n",
            "2000-01-01 00:00:00\n2000-01-01 00:00:02\n",
        );
        check("elapsed", "took 8.01 seconds", "took 8.00 seconds", "took 9.00 seconds");
        check("random_floats", "a 0.05, b 0.91, c 0.91", "a 1.25, b 1.5, c 1.5", "a 0.91, b 0.05, c 0.91");
        check(
            "random_order",
            ">task 5 done\n>task 8 done\n",
            ">task 0 done\n>task 1 done\n",
            ">task 5 done\n>task 5 done\n",
        );
        check("random_seconds", "任务1: 4 秒", "任务1: 6 秒", "任务2: 4 秒");
        check("random_numbers", "task 5 done\ntask 8 done\n4 are done\n", "task 1 done\n1 are done\n", "4 are done\n");
        check(
            "random_names",
            "<377b1e8f82> <413b8802f8> <377b1e8f82>",
            "<06c055b3ab> <17a8613276> <06c055b3ab>",
            "<377b1e8f82> <413b8802f8> <413b8802f8>",
        );
        check("set_order", "all:\n> b\n> a\nend\n", "all:\n> a\n> b\nend\n", "all:\n> a\n> c\nend\n");
        check(
            "log_lines",
            "10:00:01 INFO:a: got https://b/\n10:00:02 INFO:a: 3 of https://c/\n10:00:03 INFO:a: 2 of https://b/\n",
            "09:00:00 INFO:a: got https://b/\n09:00:00 INFO:a: 2 of https://b/\n09:00:00 INFO:a: 3 of https://c/\n",
            "10:00:01 INFO:a: 2 of https://b/\n10:00:02 INFO:a: 3 of https://c/\n10:00:03 INFO:a: got https://b/\n",
        );
        check("tabs", "url : 200", "url :\t200", "url :200");
        check("process_ids", "<Process 50249>", "<Process 7>", "<Process -7>");
        check(BY_CHANCE, "ours\ntheirs\n", "theirs\nours\n", "theirs\ntheirs\n");
        check("loop_class", "<_WindowsSelectorEventLoop>", "<_UnixSelectorEventLoop>", "<ProactorEventLoop>");
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.name != rule.name), "{} is there twice", rule.name);
        }
    }

    #[test]
    fn snapshots_lose_thread_ids_library_lines_colours_and_ports() {
        assert_eq!(ports("('127.0.0.1', 40001) ('127.0.0.1', 8888)"), "('127.0.0.1', PORT) ('127.0.0.1', 8888)");
        assert_eq!(library_lines("at crates/a/src/b.rs:54>, c.rs:7"), "at crates/a/src/b.rs:LINE>, c.rs:7");
        assert_eq!(thread_ids("thread 'main' (81) panicked at a.rs:1"), "thread 'main' panicked at a.rs:1");
        assert_eq!(colours("\u{1b}[36mblue\u{1b}[0m"), "blue");
    }
}
