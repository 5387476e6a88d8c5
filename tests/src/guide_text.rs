//! Compares what a program printed with the text of the guide.
//!
//! Both texts go through the same rules ([`crate::normalise`]). A difference that Rust, or a newer CPython, makes unavoidable
//! is an edit of the guide's text, with its reason. Rules and edits are in `tests/guide/differences.toml`, row by row.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::catalogue::Row;
use crate::examples::Example;
use crate::normalise::{BY_CHANCE, RULES, Rule, is_logged, rule};
use crate::program::{End, Output};
use crate::{read, root, unknown};

/// How the texts of one row may differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// The names of the rules that both texts go through, in this order.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The edits of the guide's text after that.
    #[serde(default)]
    pub edit: Vec<Edit>,
}

/// An unavoidable difference: where the guide prints one thing, our program prints another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The stream that differs.
    #[serde(default)]
    pub stream: Stream,
    /// The guide's text; an empty one stands for a stream that the guide leaves empty.
    pub guide: String,
    /// What we print instead.
    pub ours: String,
    /// Why.
    pub reason: String,
}

/// Where an [`Edit`] applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
}

/// The two texts of a row, ready to be compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What the guide prints, after rules and edits.
    pub guide: Output,
    /// What the program printed, after the same rules.
    pub ours: Output,
}

impl Comparison {
    /// Whether the program printed the guide's text.
    pub fn is_same(&self) -> bool {
        self.guide == self.ours
    }
}

/// The content of `differences.toml`, by row.
///
/// # Errors
///
/// Fails when the file cannot be read or names a rule that does not exist.
pub fn differences() -> Result<BTreeMap<String, Differences>> {
    let rows: BTreeMap<String, Differences> = toml::from_str(&read(root().join("tests/guide/differences.toml"))?)
        .context("in tests/guide/differences.toml")?;
    for (row, differences) in &rows {
        if let Some(name) = differences.rules.iter().find(|name| rule(name).is_none()) {
            bail!("{row}: {}", unknown("rule", name, RULES.iter().map(|rule| rule.name)));
        }
    }
    Ok(rows)
}

/// The output of an example, in a fixed order if the order depends on another process, because two runs would differ otherwise.
///
/// # Errors
///
/// Fails when `differences.toml` cannot be read.
pub(crate) fn in_order(example: &Example, text: &str) -> Result<String> {
    let rules = differences()?.remove(&example.name).unwrap_or_default().rules;
    let by_chance = rules.iter().find(|name| *name == BY_CHANCE).and_then(|name| rule(name));
    Ok(by_chance.map_or_else(|| text.to_owned(), |rule| (rule.apply)(text)))
}

/// Compares the text of a row with what its program printed.
///
/// # Errors
///
/// Fails when an edit does not apply, so that none outlives its cause.
pub fn compare(text: &str, ours: &Output, differences: &Differences) -> Result<Comparison> {
    let rules: Vec<Rule> = differences.rules.iter().filter_map(|name| rule(name)).collect();
    let normalise = |text: &str| {
        let trimmed: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        rules.iter().fold(trimmed, |text, rule| (rule.apply)(&text))
    };
    let normalised = |output: &Output| Output {
        stdout: normalise(&output.stdout),
        stderr: normalise(&output.stderr),
        end: output.end,
    };
    let mut guide = normalised(&split(text));
    for edit in &differences.edit {
        let stream = match edit.stream {
            Stream::Stdout => &mut guide.stdout,
            Stream::Stderr => &mut guide.stderr,
        };
        let applies = if edit.guide.is_empty() { stream.is_empty() } else { stream.contains(&edit.guide) };
        if !applies {
            bail!("an edit does not apply: the guide does not print {:?}", edit.guide);
        }
        *stream = stream.replacen(&edit.guide, &edit.ours, 1);
    }
    Ok(Comparison { guide, ours: normalised(ours) })
}

/// Sorts the text of a guide into its streams: tracebacks, "never awaited" lines and the lines of a log are standard error,
/// and a program that ends in a traceback ends with status 1.
pub fn split(text: &str) -> Output {
    let mut output = Output { stdout: String::new(), stderr: String::new(), end: End::Exited(0) };
    let mut in_traceback = false;
    for line in text.lines() {
        let begins = line.starts_with("Traceback (most recent call last):");
        if begins {
            output.end = End::Exited(1);
        }
        let is_error = begins || in_traceback || line.contains("was never awaited") || is_logged(line);
        // The frames are indented; the line that names the exception is the last of the traceback.
        in_traceback = begins || (in_traceback && line.starts_with(' '));
        let stream = if is_error { &mut output.stderr } else { &mut output.stdout };
        stream.push_str(line);
        stream.push('\n');
    }
    output
}

/// The rules and edits of a row that are not needed, because the texts are the same without them.
///
/// # Errors
///
/// Fails when an edit does not apply.
pub fn unneeded(text: &str, ours: &Output, differences: &Differences) -> Result<Vec<String>> {
    let mut unneeded = Vec::new();
    for (index, name) in differences.rules.iter().enumerate().filter(|(_, name)| *name != BY_CHANCE) {
        let mut fewer = differences.clone();
        fewer.rules.remove(index);
        // An edit of normalised text may fail to apply without the rule; then the rule is needed.
        if compare(text, ours, &fewer).is_ok_and(|comparison| comparison.is_same()) {
            unneeded.push(format!("the rule {name:?}"));
        }
    }
    for (index, edit) in differences.edit.iter().enumerate() {
        let mut fewer = differences.clone();
        fewer.edit.remove(index);
        if compare(text, ours, &fewer)?.is_same() {
            unneeded.push(format!("the edit of {:?}", edit.guide));
        }
    }
    Ok(unneeded)
}

/// The page of all unavoidable differences, for the book: `tests/guide/differences.md`.
pub fn page(rows: &[Row], differences: &BTreeMap<String, Differences>) -> String {
    let mut page = String::from("| Program | The guide prints | Ours prints | Why |\n| --- | --- | --- | --- |\n");
    let cell = |text: &str| match text.trim_end() {
        "" => "nothing".to_owned(),
        text => text.lines().map(|line| format!("<code>{}</code>", escape(line))).collect::<Vec<_>>().join("<br>"),
    };
    for row in rows {
        for edit in differences.get(&row.id).into_iter().flat_map(|entry| &entry.edit) {
            let _ = writeln!(page, "| `{}` | {} | {} | {} |", row.id, cell(&edit.guide), cell(&edit.ours), edit.reason);
        }
    }
    page
}

/// Text for the cell of a table: neither HTML nor the end of the cell.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "&#124;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(stdout: &str) -> Output {
        Output { stdout: stdout.into(), stderr: String::new(), end: End::Exited(0) }
    }

    fn differences(toml: &str) -> Differences {
        toml::from_str(toml).unwrap()
    }

    const EDIT: &str = "[[edit]]\nguide = 'one'\nours = 'two'\nreason = 'it grew'\n";

    #[test]
    fn tracebacks_and_warnings_are_standard_error() {
        let text = "5/1=5.0\nTraceback (most recent call last):\n  File \"a.py\", line 1\nZeroDivisionError\n\
                    sys:1: RuntimeWarning: coroutine 'f' was never awaited\n21:33:22 INFO:areq: Got it\nend\n";
        let output = split(text);
        assert_eq!(output.stdout, "5/1=5.0\nend\n");
        assert_eq!(output.stderr.lines().count(), 5);
        assert_eq!(output.end, End::Exited(1));
    }

    #[test]
    fn blanks_at_line_ends_do_not_count_but_lines_and_streams_do() {
        let same = |ours: &Output| compare("a\nb\n", ours, &Differences::default()).unwrap().is_same();
        assert!(same(&printed("a \nb")));
        assert!(!same(&printed("a\nb\n\n")));
        assert!(!same(&printed("b\na\n")));
        assert!(!same(&Output { stderr: "b\n".into(), ..printed("a\n") }));
        assert!(!same(&Output { end: End::Exited(1), ..printed("a\nb\n") }));
    }

    #[test]
    fn an_edit_must_apply_and_must_be_needed() {
        let edited = differences(EDIT);
        assert!(compare("one\n", &printed("two\n"), &edited).unwrap().is_same());
        assert!(!compare("one\n", &printed("one\n"), &edited).unwrap().is_same());
        assert!(compare("three\n", &printed("two\n"), &edited).is_err());
        assert!(unneeded("one\n", &printed("two\n"), &edited).unwrap().is_empty());
        let idle = differences("[[edit]]\nguide = 'one'\nours = 'one'\nreason = 'none'\n");
        assert_eq!(unneeded("one\n", &printed("one\n"), &idle).unwrap().len(), 1);
    }

    #[test]
    fn a_rule_that_changes_nothing_is_unneeded() {
        let ruled = differences("rules = ['addresses', 'elapsed']");
        let found = unneeded("at 0x12\n", &printed("at 0x34\n"), &ruled).unwrap();
        assert_eq!(found, ["the rule \"elapsed\""]);
    }
}
