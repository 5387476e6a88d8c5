//! Comments that mark tests: those directly above a test, and the lists of names in them.
//!
//! The core idea is that a test itself declares its purpose, in a line such as `// Shows: row, row`. This module finds such
//! lines; the meaning of the names is left to [`coverage`](crate::coverage) and [`cpython`](crate::cpython).

use std::sync::LazyLock;

use regex::Regex;

/// A comment and the test below it.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    /// The comment, without its slashes.
    pub(crate) comment: String,
    /// The name of the test, if it is one that runs: a `#[test]` that is not ignored, or a `Trial::test`.
    pub(crate) test: Option<String>,
}

/// Every comment of a Rust file that stands directly above code.
pub(crate) fn marked(text: &str) -> Vec<Marked> {
    static TRIAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"Trial::test\("([^"]+)""#).unwrap());
    let mut all = Vec::new();
    let mut comment = String::new();
    let (mut is_test, mut is_ignored) = (false, false);
    for line in text.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("//") {
            comment += text.trim_start_matches('/').trim();
            comment.push('\n');
            continue;
        }
        if line.starts_with("#[") {
            is_test |= line == "#[test]";
            is_ignored |= line.starts_with("#[ignore");
            continue;
        }
        if !comment.is_empty() {
            let function = line.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
            let trial = TRIAL.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str());
            let test = if is_test && !is_ignored { function } else { trial };
            all.push(Marked { comment: std::mem::take(&mut comment), test: test.map(str::to_owned) });
        }
        (is_test, is_ignored) = (false, false);
    }
    all
}

/// The names in the lines of a comment that begin with `keyword:`. A line that ends in a comma continues in the next one.
pub(crate) fn names(comment: &str, keyword: &str) -> Vec<String> {
    let ends = ['`', '.', ' '];
    let mut names = Vec::new();
    let mut goes_on = false;
    for line in comment.lines() {
        let own = line.strip_prefix(keyword).and_then(|rest| rest.strip_prefix(':'));
        let Some(list) = own.or(goes_on.then_some(line)) else { continue };
        names.extend(list.split(',').map(|name| name.trim_matches(ends).to_owned()).filter(|name| !name.is_empty()));
        goes_on = list.trim_end().ends_with(',');
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_after_a_comma_and_ends_without_one() {
        let comment = "Why.\nShows: naps, sleep_adds_up,\n`pauses`.\nAlso worth reading: nothing.\nShows: more\n";
        assert_eq!(names(comment, "Shows"), ["naps", "sleep_adds_up", "pauses", "more"]);
        assert_eq!(names(comment, "CPython"), [""; 0]);
    }

    #[test]
    fn only_tests_that_run_have_a_name() {
        let tests = |text: &str| marked(text).into_iter().map(|marked| marked.test).collect::<Vec<_>>();
        assert_eq!(tests("// a\n#[test]\n#[should_panic]\nfn naps() {}\n"), [Some("naps".into())]);
        assert_eq!(tests("    // a\n    Trial::test(\"naps\", || Ok(())),\n"), [Some("naps".into())]);
        assert_eq!(tests("// a\n#[test]\n#[ignore = \"slow\"]\nfn naps() {}\n"), [None]);
        assert_eq!(tests("// a\nfn naps() {}\n"), [None]);
        assert_eq!(tests("// a\n\n#[test]\nfn naps() {}\n"), [None]);
    }
}
