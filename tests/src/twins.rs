//! The Python twins of the examples: each runs on CPython and must print what its Rust program prints.
//!
//! Both texts go through the same rules, which remove the lines of code and the notation of values. Programs that have no
//! meaning in Python, and other necessary differences, are listed with their reasons in `tests/guide/twins.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::company::run_in_company;
use crate::examples::{Example, programs};
use crate::guide_text::in_order;
use crate::normalise::{colours, ports, rule};
use crate::program::Output;
use crate::python::Python;
use crate::{files, read, relative, root, unknown};

/// The script that runs a twin on virtual time.
const RUNNER: &str = "examples/virtual.py";

/// What it imports.
const SCHEDULES: &str = "examples/schedule.py";
const STEPS: &str = "examples/steps.py";

/// What `twins.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twins {
    /// The programs that have no twin.
    #[serde(default)]
    pub without: Vec<Without>,
    /// The programs whose twins print something else.
    #[serde(default)]
    pub differs: Vec<Difference>,
}

/// A program that means nothing in Python.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Without {
    /// The program.
    pub id: String,
    /// Why.
    pub because: String,
}

/// A difference: the twin prints one thing, the program another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The program.
    pub id: String,
    /// The twin's output, after the rules.
    pub python: String,
    /// The program's output instead.
    pub ours: String,
    /// Why.
    pub because: String,
}

impl Twins {
    /// Why an example has no twin, if it has none.
    pub fn reason(&self, example: &str) -> Option<&str> {
        self.without.iter().find(|without| without.id == example).map(|without| without.because.as_str())
    }
}

/// The content of `tests/guide/twins.toml`.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub fn twins(root: &Path) -> Result<Twins> {
    toml::from_str(&read(root.join("tests/guide/twins.toml"))?).context("in tests/guide/twins.toml")
}

/// The file of the twin of an example, whether or not there is one.
pub fn path(root: &Path, example: &str) -> PathBuf {
    root.join("examples").join(example).with_extension("py")
}

/// Runs the twin of an example on virtual time, like the example.
///
/// # Errors
///
/// Fails when Python cannot be started.
pub fn run_twin(python: &Python, example: &Example) -> Result<Output> {
    run_twin_noting(python, example, None)
}

/// Like [`run_twin`], but records the twin's steps in a file.
pub(crate) fn run_twin_noting(python: &Python, example: &Example, steps: Option<&Path>) -> Result<Output> {
    let twin = path(root(), &example.path);
    let command = |name: &str| {
        let mut command = Command::new(&python.path);
        command.arg(root().join(RUNNER)).arg(twin.with_file_name(format!("{name}.py")));
        command.env("ASYNCIO_SEED", "1").env("TZ", "UTC").env("PYTHONUTF8", "1").env("PYTHONUNBUFFERED", "1");
        command.envs(steps.map(|file| ("ASYNCIO_STEPS", file)));
        Ok(command)
    };
    run_in_company(example, &command).with_context(|| format!("cannot run the twin of {}", example.name))
}

/// The outputs of the twin and its program, normalised for comparison.
///
/// # Errors
///
/// Fails when a listed difference does not exist, so that no entry outlives its cause.
pub fn compare(example: &Example, python: &Output, ours: &Output, twins: &Twins) -> Result<(String, String)> {
    let (mut python, ours) = (normalised(example, python)?, normalised(example, ours)?);
    for entry in twins.differs.iter().filter(|entry| entry.id == example.name) {
        let is_there = python.contains(&entry.python) && ours.contains(&entry.ours);
        ensure!(
            is_there,
            "twins.toml: the twin does not print {:?} where the program prints {:?}",
            entry.python,
            entry.ours
        );
        python = python.replacen(&entry.python, &entry.ours, 1);
    }
    Ok((python, ours))
}

/// Every example has a twin or a reason, and every twin has an example, and parts with the same names.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn examples_have_twins(root: &Path) -> Result<Vec<String>> {
    let (programs, twins) = (programs(root)?, twins(root)?);
    let mut problems = Vec::new();
    for example in &programs {
        let file = path(root, &example.path);
        let shown = relative(root, &file);
        match (file.is_file(), twins.reason(&example.name).is_some()) {
            (false, false) => problems.push(format!("there is no {shown}: write it, or say in twins.toml why not")),
            (true, true) => problems.push(format!("twins.toml says that there is no {shown}, and there is")),
            (true, false) => problems.extend(problems_of(&shown, &read(&file)?, &read(file.with_extension("rs"))?)),
            (false, true) => {}
        }
    }
    let names = || programs.iter().map(|example| example.name.as_str());
    for id in twins.without.iter().map(|entry| &entry.id).chain(twins.differs.iter().map(|entry| &entry.id)) {
        if !names().any(|name| name == id) {
            problems.push(format!("twins.toml: {}", unknown("example", id, names())));
        }
    }
    let runner = [RUNNER, SCHEDULES, STEPS].map(|file| root.join(file));
    for file in files(&root.join("examples"), "py") {
        if !runner.contains(&file) && !file.with_extension("rs").is_file() {
            problems.push(format!("{} is the twin of nothing", relative(root, &file)));
        }
    }
    Ok(problems)
}

/// The number of the first line of a twin after the text that opens it: a page that shows the whole begins there.
pub fn first_line(twin: &str) -> Option<usize> {
    let (purpose, _) = twin.strip_prefix("\"\"\"")?.split_once("\"\"\"\n\n")?;
    Some(purpose.matches('\n').count() + 3)
}

fn problems_of(file: &str, twin: &str, program: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if first_line(twin).is_none() {
        problems.push(format!("{file} does not open with a text that says what it is for and a blank line"));
    }
    for anchor in twin.lines().filter_map(|line| line.trim().strip_prefix("# ANCHOR: ")) {
        if !program.lines().any(|line| line.trim() == format!("// ANCHOR: {anchor}")) {
            problems.push(format!("{file}: its program has no part {anchor:?}"));
        }
        if !twin.lines().any(|line| line.trim() == format!("# ANCHOR_END: {anchor}")) {
            problems.push(format!("{file}: the part {anchor:?} has no end"));
        }
    }
    problems
}

fn normalised(example: &Example, output: &Output) -> Result<String> {
    let rules =
        ["addresses", "places", "process_ids", "traceback"].map(|name| rule(name).expect("the rule is listed").apply);
    let text: String = output.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let text = ports(&colours(&own_file(example, &text)));
    let text = rules.iter().fold(text, |text, rule| rule(&text));
    in_order(example, &values(&errors(&text)))
}

macro_rules! regex {
    ($pattern:literal) => {{
        static REGEX: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("the pattern is well formed"));
        &*REGEX
    }};
}

/// The twin prints the absolute path of its file, the program the one in the repository.
fn own_file(example: &Example, text: &str) -> String {
    let twin = path(root(), &example.path).to_string_lossy().into_owned();
    text.replace(&twin, &format!("examples/{}", example.path))
}

/// The format of errors: CPython adds the lines of code, and ends with the error, while Rust begins with `Error:`.
fn errors(text: &str) -> String {
    let text = regex!(r#"(?m)^(  File )".*", line \d+(, in \w+\n)(?:    .*\n)*"#).replace_all(text, "${1}PLACE$2");
    let text = regex!(r"(?m)^(PLACE: \w+Warning: .*\n)(?:  .*\n|RuntimeWarning: Enable tracemalloc .*\n)*")
        .replace_all(&text, "$1");
    let text = regex!(r"(?m)^(?:\w+\.)+(\w+Error\b)").replace_all(&text, "$1");
    let text = regex!(r"(?m)^Error: (\w+)\('(.*)'\)$").replace_all(&text, "$1: $2");
    regex!(r"(?m)^Error: (\w+)\(\)$").replace_all(&text, "$1").into_owned()
}

/// A value as Rust's `Debug` writes it becomes what Python's `repr` writes: `Ok(Some("a"))` is `'a'`, `()` is `None`.
fn values(text: &str) -> String {
    let text = regex!(r"\btrue\b").replace_all(text, "True");
    let text = regex!(r"\bfalse\b").replace_all(&text, "False");
    let text = regex!(r#""([^"\n]*)""#).replace_all(&text, "'$1'");
    let mut text = regex!(r"(?m)(^|[^\w>])\(\)").replace_all(&text, "${1}None").into_owned();
    loop {
        // From the inside out: an argument may contain one pair of parentheses, that of an error.
        let unwrapped = regex!(r"\b(?:Some|Ok|Err)\(((?:[^()]|\([^()]*\))*)\)").replace_all(&text, "$1").into_owned();
        if unwrapped == text {
            return text;
        }
        text = unwrapped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::End;

    fn example() -> Example {
        Example { name: "nap".into(), path: "05-sleep/nap.rs".into(), args: Vec::new(), shows: Vec::new() }
    }

    fn printed(stdout: &str, stderr: &str, status: i32) -> Output {
        Output { stdout: stdout.into(), stderr: stderr.into(), end: End::Exited(status) }
    }

    fn same(python: &Output, ours: &Output) -> bool {
        let (python, ours) = compare(&example(), python, ours, &Twins::default()).unwrap();
        python == ours
    }

    #[test]
    fn values_are_written_in_each_language_and_mean_the_same() {
        let same = |python: &str, ours: &str| same(&printed(python, "", 0), &printed(ours, "", 0));
        assert!(same("True ['a', 'b']\n", "true [\"a\", \"b\"]\n"));
        assert!(same("42 None\n", "Ok(Some(42)) Ok(())\n"));
        assert!(same("ValueError('no')\n", "Err(ValueError('no'))\n"));
        assert!(same("f() CancelledError()\n", "f() CancelledError()\n"));
        assert!(!same("True\n", "false\n"));
        assert!(!same("['a']\n", "['b']\n"));
        assert!(!same("42\n", "Ok(Some(43))\n"));
        assert!(!same("one\ntwo\n", "two\none\n"));
    }

    #[test]
    fn errors_and_warnings_lose_their_lines_of_code() {
        let traceback =
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    f()\nValueError: no\n";
        assert!(same(&printed("", traceback, 1), &printed("", "Error: ValueError('no')\n", 1)));
        assert!(!same(&printed("", traceback, 1), &printed("", "Error: ValueError('yes')\n", 1)));
        assert!(!same(&printed("", traceback, 1), &printed("", "Error: ValueError('no')\n", 0)));
        let warning = "/a/b.py:9: RuntimeWarning: coroutine 'f' was never awaited\n  f()\n\
                       RuntimeWarning: Enable tracemalloc to get the object allocation traceback\n";
        let ours = "examples/05/b.rs:17: RuntimeWarning: coroutine 'f' was never awaited\n";
        assert!(same(&printed("", warning, 0), &printed("", ours, 0)));
        assert!(!same(&printed("", warning, 0), &printed("", "", 0)));
    }

    #[test]
    fn a_twin_names_its_own_file() {
        let twin = path(root(), "05-sleep/nap.rs").display().to_string();
        assert!(same(
            &printed(&format!("{twin} took 1 s\n"), "", 0),
            &printed("examples/05-sleep/nap.rs took 1 s\n", "", 0)
        ));
    }

    #[test]
    fn a_listed_difference_must_be_one() {
        let twins: Twins =
            toml::from_str("[[differs]]\nid = 'nap'\npython = 'SystemExit'\nours = 'panic'\nbecause = 'of Rust'\n")
                .unwrap();
        let compared = |python: &str, ours: &str| {
            compare(&example(), &printed(python, "", 0), &printed(ours, "", 0), &twins)
                .map(|(python, ours)| python == ours)
        };
        assert!(compared("a SystemExit\n", "a panic\n").unwrap());
        assert!(!compared("a SystemExit\n", "no panic\n").unwrap());
        assert!(compared("nothing\n", "nothing\n").is_err());
    }

    #[test]
    fn each_example_has_a_twin_or_a_reason() {
        let found = |toml: &str, twin: Option<&str>| {
            let folder = tempfile::tempdir().unwrap();
            let write = |path: &str, text: &str| {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            write("examples/05-sleep/nap.rs", "// ANCHOR: sleep\nsleep();\n// ANCHOR_END: sleep\n\nfn main() {}\n");
            write("tests/guide/twins.toml", toml);
            if let Some(twin) = twin {
                write("examples/05-sleep/nap.py", twin);
            }
            examples_have_twins(folder.path()).unwrap()
        };
        const WITHOUT: &str = "[[without]]\nid = 'nap'\nbecause = 'of Rust'\n";
        assert_eq!(found("", Some("\"\"\"A nap.\"\"\"\n\n# ANCHOR: sleep\nsleep()\n# ANCHOR_END: sleep\n")), [""; 0]);
        assert_eq!(found(WITHOUT, None), [""; 0]);
        let only = |problems: Vec<String>, part: &str| {
            assert!(problems.len() == 1 && problems[0].contains(part), "{part:?} is not all of {problems:?}");
        };
        only(found("", None), "write it");
        only(found(WITHOUT, Some("\"\"\"A nap.\"\"\"\n\n")), "and there is");
        assert_eq!(found("", Some("\"\"\"A nap,\nand no more.\"\"\"\n\nsleep()\n")), [""; 0]);
        only(found("", Some("sleep()\n")), "does not open");
        only(found("", Some("\"\"\"A nap.\"\"\"\nsleep()\n")), "does not open");
        only(found("", Some("\"\"\"A nap.\"\"\"\n\n# ANCHOR: snore\n# ANCHOR_END: snore\n")), "no part \"snore\"");
        only(found("", Some("\"\"\"A nap.\"\"\"\n\n# ANCHOR: sleep\n")), "has no end");
        only(found(&WITHOUT.replace("nap", "nip"), Some("\"\"\"A nap.\"\"\"\n\n")), "did you mean \"nap\"?");
    }
}
