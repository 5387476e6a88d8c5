//! Reads what a test binary printed, so that a reader sees what failed and nothing else.

/// The result of a test run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The tests that passed, as sentences.
    pub passed: Vec<String>,
    /// The tests that failed, as sentences, each with what the test said.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// Reads the output of a binary that libtest made.
    pub fn read(text: &str) -> Self {
        let mut report = Self::default();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("test ") else { continue };
            if let Some(name) = rest.strip_suffix(" ... ok") {
                report.passed.push(sentence(name));
            } else if let Some(name) = rest.strip_suffix(" ... FAILED") {
                report.failed.push((sentence(name), said(text, name)));
            }
        }
        report
    }

    /// Has every test passed?
    pub fn is_good(&self) -> bool {
        self.failed.is_empty() && !self.passed.is_empty()
    }
}

/// The name of a test as a sentence.
fn sentence(name: &str) -> String {
    name.rsplit("::").next().unwrap_or(name).replace('_', " ")
}

/// How `unwrap` and `unwrap_err` complain.
const ERR: &str = "called `Result::unwrap()` on an `Err` value: ";
const OK: &str = "called `Result::unwrap_err()` on an `Ok` value: ";

/// What a test printed, without what libtest and the standard library add. The tests compare what they found with what they
/// expected, in this order.
fn said(text: &str, name: &str) -> String {
    let head = format!("---- {name} stdout ----");
    let lines = text.lines().skip_while(|line| *line != head).skip(1);
    let lines =
        lines.take_while(|line| !line.starts_with("---- ") && *line != "failures:");
    let (mut said, mut place) = (String::new(), None);
    for line in lines {
        if let Some((_, at)) = line
            .split_once(" panicked at ")
            .filter(|_| line.starts_with("thread '"))
        {
            place = Some(at.trim_end_matches(':'));
        } else if line.starts_with("assertion `") {
            // The test's own message follows, if there is one.
            said.extend(
                line.split_once("` failed: ")
                    .map(|(_, words)| format!("{words}\n")),
            );
        } else if let Some(found) = line.strip_prefix("  left: ") {
            said = said + "   found: " + found + "\n";
        } else if let Some(expected) = line.strip_prefix(" right: ") {
            said = said + "expected: " + expected + "\n";
        } else if let Some(error) = line.strip_prefix(ERR) {
            // The message of a deadlock has many lines.
            said =
                said + "an error came out: " + &error.replace("\\n", "\n") + "\n";
        } else if let Some(value) = line.strip_prefix(OK) {
            said = said + "no error came out, but " + value + "\n";
        } else if !line.trim().is_empty()
            && !line.starts_with("note: run with `RUST_BACKTRACE")
        {
            said = said + line + "\n";
        }
    }
    said + &place.map_or_else(String::new, |place| format!("at {place}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\nrunning 2 tests\ntest tests::tea_is_ready ... ok\ntest tests::it_takes_a_second ... FAILED\n\n\
                          failures:\n\n---- tests::it_takes_a_second stdout ----\n\nthread 'tests::it' (7) panicked at x.rs:1:2:\n\
                          assertion `left == right` failed: both at once\n  left: 2.0\n right: 1.0\n\
                          note: run with `RUST_BACKTRACE=1` environment variable\n\n\nfailures:\n    tests::it_takes_a_second\n";

    #[test]
    fn a_report_says_what_failed_and_why() {
        let report = Report::read(OUTPUT);
        assert_eq!(report.passed, ["tea is ready"]);
        let why =
            "both at once\n   found: 2.0\nexpected: 1.0\nat x.rs:1:2\n".to_owned();
        assert_eq!(report.failed, [("it takes a second".to_owned(), why)]);
        assert!(!report.is_good());
    }

    #[test]
    fn a_result_that_is_not_wanted_is_named() {
        let of = |words: &str| {
            said(&format!("---- t stdout ----\n{words}\n\nfailures:\n"), "t")
        };
        let deadlock = "called `Result::unwrap()` on an `Err` value: RuntimeError('deadlock: all wait\\n  Ada waits')";
        assert_eq!(
            of(deadlock),
            "an error came out: RuntimeError('deadlock: all wait\n  Ada waits')\n"
        );
        assert_eq!(
            of("called `Result::unwrap_err()` on an `Ok` value: ()"),
            "no error came out, but ()\n"
        );
    }

    #[test]
    fn no_tests_are_not_good() {
        assert!(!Report::read("").is_good());
    }
}
