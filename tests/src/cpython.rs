//! CPython's own tests of asyncio, and the status of each of them here.
//!
//! The core idea is that `tests/cpython/methods.txt` lists every test method of CPython, and each one must be in one of three
//! places: a test of ours names it (`// CPython: test_tasks.BaseTaskTests.test_cancel` above it), or `not_applicable.toml` has
//! a line that says why it cannot be expressed in Rust, or `pending.toml` says that it is still to come. The table of all three
//! is `tests/cpython/README.md`, and the README of the repository states the counts. Two suites are counted apart: the whole of
//! `test.test_asyncio`, and a few modules of the language's own tests that asyncio builds on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::marks::{marked, names};
use crate::{files, read, relative, root, unknown};

/// A test of ours that is marked as a port of a method of CPython's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The method, as `module.Class.method`.
    pub method: String,
    /// The test function, or the trial.
    pub by: String,
    /// Its file, below the root of the workspace.
    pub file: String,
}

/// Methods that are still to come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// A module, a class or a method.
    pub methods: String,
    /// The crate that will have them.
    pub area: String,
}

impl Pending {
    fn holds(&self, method: &str) -> bool {
        method.strip_prefix(&self.methods).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Reasons by module, class and method; the method `*` is the rest of its class.
pub type Reasons = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

/// The suite, with the status of its methods.
#[derive(Debug, Default)]
pub struct Suite {
    /// CPython's methods, in the order of its sources: those of asyncio first.
    pub methods: Vec<String>,
    /// How many of the methods are asyncio's.
    pub asyncio: usize,
    /// What is ported.
    pub ports: Vec<Port>,
    /// What cannot be.
    pub reasons: Reasons,
    /// What is still to come.
    pub pending: Vec<Pending>,
}

/// What became of a method.
enum Fate<'a> {
    Ported(Vec<&'a Port>),
    NotApplicable(&'a str),
    Pending(&'a str),
    Unknown,
}

/// The folder of the lists.
pub fn folder() -> PathBuf {
    root().join("tests/cpython")
}

/// Reads the lists and the marks.
///
/// # Errors
///
/// Fails when a file cannot be read, or when a mark stands above something that is not a test that runs.
pub fn suite() -> Result<Suite> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        pending: Vec<Pending>,
    }
    let list = read(folder().join("methods.txt"))?;
    let pending: File =
        toml::from_str(&read(folder().join("pending.toml"))?).context("in tests/cpython/pending.toml")?;
    let (asyncio, language) =
        list.split_once("\n# language\n").context("tests/cpython/methods.txt has no line \"# language\"")?;
    let methods =
        |part: &str| -> Vec<String> { part.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect() };
    let mut all = methods(asyncio);
    let asyncio = all.len();
    all.extend(methods(language));
    Ok(Suite {
        methods: all,
        asyncio,
        ports: ports(root())?,
        reasons: toml::from_str(&read(folder().join("not_applicable.toml"))?)
            .context("in tests/cpython/not_applicable.toml")?,
        pending: pending.pending,
    })
}

/// Every mark in the sources below `root`.
fn ports(root: &Path) -> Result<Vec<Port>> {
    let mut ports = Vec::new();
    for path in ["crates", "tests"].iter().flat_map(|folder| files(&root.join(folder), "rs")) {
        let file = relative(root, &path);
        for marked in marked(&read(&path)?) {
            let methods = whole(&names(&marked.comment, "CPython"));
            // A comment such as "CPython: it does so too" is not a mark.
            if !methods.first().is_some_and(|method| method.starts_with("test_")) {
                continue;
            }
            let Some(by) = &marked.test else {
                anyhow::bail!("{file}: \"CPython: {}\" does not stand above a test that runs", methods.join(", "));
            };
            for method in methods {
                ports.push(Port { method, by: by.clone(), file: file.clone() });
            }
        }
    }
    Ok(ports)
}

/// The full names: a name without its module, or without module and class, takes those of the name before it.
fn whole(names: &[String]) -> Vec<String> {
    let mut last: Vec<&str> = Vec::new();
    let full = |name: &String| name.split('.').count() >= 3;
    let mut all = Vec::new();
    for name in names {
        let parts: Vec<&str> = name.split('.').collect();
        last.truncate(if full(name) { 0 } else { 3_usize.saturating_sub(parts.len()) });
        last.extend(parts);
        all.push(last.join("."));
    }
    all
}

impl Suite {
    /// The reason given for a method itself, or for the rest of its class.
    fn reason(&self, method: &str) -> Option<(&str, bool)> {
        let (class, method) = method.rsplit_once('.')?;
        let (module, class) = class.split_once('.')?;
        let reasons = self.reasons.get(module)?.get(class)?;
        let own = reasons.get(method).map(|reason| (reason.as_str(), true));
        own.or_else(|| reasons.get("*").map(|reason| (reason.as_str(), false)))
    }

    fn fate(&self, method: &str) -> Fate<'_> {
        let ports: Vec<&Port> = self.ports.iter().filter(|port| port.method == method).collect();
        if !ports.is_empty() {
            return Fate::Ported(ports);
        }
        if let Some((reason, _)) = self.reason(method) {
            return Fate::NotApplicable(reason);
        }
        match self.pending.iter().find(|pending| pending.holds(method)) {
            Some(pending) => Fate::Pending(&pending.area),
            None => Fate::Unknown,
        }
    }

    fn is_method(&self, name: &str) -> bool {
        self.methods.iter().any(|method| method == name)
    }

    /// All problems of the marks and the lists, in words.
    pub fn problems(&self) -> Vec<String> {
        let candidates = || self.methods.iter().map(String::as_str);
        let mut problems = Vec::new();
        for port in self.ports.iter().filter(|port| !self.is_method(&port.method)) {
            problems.push(format!(
                "{}: {} names an {}",
                port.file,
                port.by,
                unknown("method", &port.method, candidates())
            ));
        }
        for method in &self.methods {
            let has_own_reason = self.reason(method).is_some_and(|(_, own)| own);
            match self.fate(method) {
                Fate::Unknown => problems.push(format!("{method} is neither ported nor not applicable")),
                Fate::Ported(_) if has_own_reason => {
                    problems.push(format!("{method} is ported: take it out of not_applicable.toml"));
                }
                _ => {}
            }
        }
        for (module, classes) in &self.reasons {
            for (class, reasons) in classes {
                for (method, reason) in reasons {
                    let name = format!("{module}.{class}.{method}");
                    if reason.trim().is_empty() {
                        problems.push(format!("not_applicable.toml gives no reason for {name}"));
                    }
                    let rest = |other: &&String| {
                        other.starts_with(name.trim_end_matches('*'))
                            && matches!(self.fate(other), Fate::NotApplicable(_))
                    };
                    if method == "*" && !self.methods.iter().any(|other| rest(&other)) {
                        problems.push(format!("not_applicable.toml: nothing is left of {name}"));
                    } else if method != "*" && !self.is_method(&name) {
                        problems
                            .push(format!("not_applicable.toml names an {}", unknown("method", &name, candidates())));
                    }
                }
            }
        }
        for pending in &self.pending {
            let is_left = |method: &String| pending.holds(method) && matches!(self.fate(method), Fate::Pending(_));
            if !self.methods.iter().any(is_left) {
                problems.push(format!("pending.toml: nothing is left to do of {}", pending.methods));
            }
        }
        problems
    }

    /// How many of the methods are ported, are not applicable, and are still to come.
    fn count(&self, methods: &[String]) -> (usize, usize, usize) {
        let (mut ported, mut not_applicable, mut pending) = (0, 0, 0);
        for method in methods {
            match self.fate(method) {
                Fate::Ported(_) => ported += 1,
                Fate::NotApplicable(_) => not_applicable += 1,
                Fate::Pending(_) | Fate::Unknown => pending += 1,
            }
        }
        (ported, not_applicable, pending)
    }

    /// The number of methods and their status, in a sentence.
    pub fn counts(&self) -> String {
        let (asyncio, language) = self.methods.split_at(self.asyncio);
        let told = |methods| {
            let (ported, not_applicable, pending) = self.count(methods);
            let to_come = if pending == 0 { String::new() } else { format!(", {pending} are still to come") };
            format!("{ported} are ported and {not_applicable} do not apply, each with its reason{to_come}")
        };
        format!(
            "Of the {} methods of CPython's own asyncio tests, {}; of {} more, of its tests of context variables, \
             asynchronous generators and `contextlib`, {}",
            asyncio.len(),
            told(asyncio),
            language.len(),
            told(language),
        )
    }

    /// The table of all methods and their status: `tests/cpython/README.md`.
    pub fn table(&self) -> String {
        let mut table = format!(
            "# CPython's own tests\n\n{}.\n\n\
             Written by `cargo xtask bless` from the `CPython:` marks above our tests, `not_applicable.toml` and \
             `pending.toml`; a test keeps it fresh. `methods.txt` lists the methods, each once, under the class that \
             defines it; `methods.py` wrote it.\n",
            self.counts()
        );
        let (asyncio, language) = self.methods.split_at(self.asyncio);
        self.modules(&mut table, asyncio);
        if !language.is_empty() {
            table.push_str("\n# The language's tests\n\nWhat asyncio builds on, and tests of its own there.\n");
            self.modules(&mut table, language);
        }
        table
    }

    /// The tables of some methods, a heading for each module and class, after a line for each module.
    fn modules(&self, table: &mut String, methods: &[String]) {
        let module_of = |method: &str| method.split('.').next().unwrap_or_default().to_owned();
        table.push_str("\n| Module | Methods | Ported | Not applicable | To come |\n| --- | --: | --: | --: | --: |\n");
        for of_module in methods.chunk_by(|a, b| module_of(a) == module_of(b)) {
            let (ported, not_applicable, pending) = self.count(of_module);
            let module = module_of(&of_module[0]);
            let all = of_module.len();
            let _ = writeln!(table, "| [{module}](#{module}) | {all} | {ported} | {not_applicable} | {pending} |");
        }
        let (mut module, mut class) = ("", "");
        for method in methods {
            let (path, name) = method.rsplit_once('.').unwrap_or_default();
            let parts = path.split_once('.').unwrap_or_default();
            if parts.0 != module {
                module = parts.0;
                let _ = write!(table, "\n## {module}\n");
            }
            if parts.1 != class {
                class = parts.1;
                let _ = write!(table, "\n### {class}\n\n| Method | Here |\n| --- | --- |\n");
            }
            let here = match self.fate(method) {
                Fate::Ported(ports) => {
                    let links = ports.iter().map(|port| format!("[`{}`](../../{})", port.by, port.file));
                    format!("*ported*: {}", links.collect::<Vec<_>>().join(", "))
                }
                Fate::NotApplicable(reason) => format!("*not applicable*: {}", reason.replace('|', "\\|")),
                Fate::Pending(area) => format!("*to come with {area}*"),
                Fate::Unknown => "nothing".to_owned(),
            };
            let _ = writeln!(table, "| `{name}` | {here} |");
        }
    }

    /// The text of the repository's README, with the counts as they are.
    ///
    /// # Errors
    ///
    /// Fails when it has no sentence with the counts.
    pub fn in_readme(&self, readme: &str) -> Result<String> {
        let is_counts = |line: &&str| line.starts_with("Of the ") && line.contains("methods of CPython's own");
        let old = readme.lines().find(is_counts).context("README.md does not state the counts of CPython's tests")?;
        let (_, link) = old.split_once(" (").context("the counts in README.md lack a link to the table")?;
        ensure!(link.contains("tests/cpython/README.md"), "the counts in README.md lack a link to the table");
        Ok(readme.replace(old, &format!("{} ({link}", self.counts())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "test_tasks.BaseTaskTests.test_cancel";
    const OTHER: &str = "test_tasks.BaseTaskTests.test_wait";

    fn suite(ported: &[&str], reasons: &str, pending: &[&str]) -> Suite {
        let port = |method: &&str| Port { method: (*method).into(), by: "cancels".into(), file: "crates/a.rs".into() };
        let planned = |methods: &&str| Pending { methods: (*methods).into(), area: "streams".into() };
        Suite {
            methods: vec![TASK.into(), OTHER.into()],
            asyncio: 1,
            ports: ported.iter().map(port).collect(),
            reasons: toml::from_str(reasons).unwrap(),
            pending: pending.iter().map(planned).collect(),
        }
    }

    const REASON: &str = "[test_tasks.BaseTaskTests]\ntest_wait = 'the type rules it out'\n";
    const REST: &str = "[test_tasks.BaseTaskTests]\n'*' = 'the type rules it out'\n";

    #[test]
    fn methods_that_are_somewhere_are_fine() {
        for fine in [
            suite(&[TASK], REASON, &[]),
            suite(&[TASK, OTHER], "", &[]),
            suite(&[TASK], REST, &[]),
            suite(&[TASK], "", &["test_tasks"]),
            suite(&[], REASON, &["test_tasks.BaseTaskTests.test_cancel"]),
        ] {
            assert_eq!(fine.problems(), [""; 0]);
        }
    }

    #[test]
    fn each_gap_is_named() {
        let only = |suite: Suite, part: &str| {
            let problems = suite.problems();
            assert!(problems.len() == 1 && problems[0].contains(part), "{part:?} is not all of {problems:?}");
        };
        only(suite(&[TASK], "", &[]), "test_wait is neither");
        only(suite(&[TASK, "test_tasks.BaseTaskTests.test_cancle"], REASON, &[]), "did you mean");
        only(suite(&[TASK, OTHER], REASON, &[]), "take it out");
        only(suite(&[TASK, OTHER], REST, &[]), "nothing is left of");
        only(suite(&[TASK], &REASON.replace("the type rules it out", " "), &[]), "gives no reason");
        only(suite(&[TASK, OTHER], &REASON.replace("test_wait", "test_waiting"), &[]), "names an unknown method");
        only(suite(&[TASK], REASON, &["test_tasks"]), "nothing is left to do");
        only(suite(&[TASK, OTHER], "", &["test_tasks.BaseTaskTests.test"]), "nothing is left to do");
    }

    #[test]
    fn a_name_that_is_short_has_the_rest_of_the_one_before() {
        let names = ["test_a.A.test_1", "test_2", "B.test_3", "test_4", "test_b.C.test_5"].map(str::to_owned);
        let full = ["test_a.A.test_1", "test_a.A.test_2", "test_a.B.test_3", "test_a.B.test_4", "test_b.C.test_5"];
        assert_eq!(whole(&names), full);
    }

    #[test]
    fn only_tests_can_be_ports() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("crates")).unwrap();
        let ports_in = |text: &str| {
            std::fs::write(folder.path().join("crates/a.rs"), text).unwrap();
            ports(folder.path())
        };
        let found = ports_in("// CPython: test_tasks.BaseTaskTests.test_cancel, test_wait\n#[test]\nfn cancels() {}\n");
        assert_eq!(found.unwrap(), suite(&[TASK, OTHER], "", &[]).ports);
        assert!(ports_in("// CPython: test_tasks.BaseTaskTests.test_cancel\nfn cancels() {}\n").is_err());
        assert_eq!(ports_in("// CPython: it does so too\nlet a = 5;\n").unwrap(), []);
    }

    #[test]
    fn the_table_and_the_readme_tell_what_became_of_each() {
        let suite = suite(&[TASK], REASON, &[]);
        let table = suite.table();
        assert!(table.contains("| `test_cancel` | *ported*: [`cancels`](../../crates/a.rs) |\n"), "{table}");
        assert!(table.contains("| `test_wait` | *not applicable*: the type rules it out |\n"), "{table}");
        let old = "Of the 7 methods of CPython's own asyncio tests 2 are ported ([table](tests/cpython/README.md)).\n";
        let new = "Of the 1 methods of CPython's own asyncio tests, 1 are ported and 0 do not apply, each with its \
                   reason; of 1 more, of its tests of context variables, asynchronous generators and `contextlib`, \
                   0 are ported and 1 do not apply, each with its reason ([table](tests/cpython/README.md)).\n";
        assert_eq!(suite.in_readme(old).unwrap(), new);
        assert!(suite.in_readme("Nothing.\n").is_err());
    }
}
