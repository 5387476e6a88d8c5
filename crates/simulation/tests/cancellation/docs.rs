//! The *Cancellation* sections in the workspace's documentation.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Row;

/// The sections that no scenario here can test, and why.
const NOT_HERE: [(&str, &str); 21] = [
    ("http/client/request ClientRequest", "it is tried with hyper, in the tests of `crates/http`"),
    ("http/client/response chunk", "as above"),
    ("http/client/response text", "as above"),
    ("http/client/response text_lossy", "as above"),
    ("http/client/response read", "as above"),
    ("http/server/mod serve", "as above"),
    ("http/server/mod finish", "as above"),
    ("generators/yielder yield_each", "no task waits in a generator that is not asynchronous"),
    ("generators/yielder yield_from", "as above"),
    ("locks/barrier reset", "it never suspends"),
    ("locks/barrier abort", "it never suspends"),
    ("iterators/iterator AsyncIterator", "a trait: what is said is said of those who implement it"),
    ("runtime/asyncio/futures join", "a part of `Future`"),
    ("runtime/asyncio/io/registration poll_attempts", "a part of `read_with`"),
    ("runtime/asyncio/tasks/task uncancel", "no await"),
    ("runtime/asyncio/tasks/task abort", "no await"),
    ("runtime/asyncio/tasks/task Task", "what `cancel` does, which all scenarios rely on"),
    ("runtime/asyncio/tasks/boundary uncancellable", "its drops are those of what is in it"),
    ("streams/ssl/options StartTls", "it needs a peer that speaks TLS: the tests of `crates/streams`"),
    ("context-managers/generator yield_value", "a part of `asynccontextmanager`"),
    ("subprocesses/create create_subprocess_shell", "the same code as `create_subprocess_exec`"),
];

/// The public awaitables that need no section, and why.
const NEEDS_NONE: [(&str, &str); 3] = [
    ("scope/gather GatherScopedOutcomes", "a `GatherScoped`, whose section is that of `gather_scoped`"),
    ("runtime/asyncio/futures Await", "made by `.await`: the section of `Future`"),
    ("runtime/asyncio/tasks/as_completed NextCompleted", "an item of `as_completed`, which has a section"),
];

/// The rows that no section supports, and the sections without a row.
pub(crate) fn compare(rows: &[Row]) -> Vec<String> {
    let items = items();
    let mut sections = sections(&items);
    let mut problems = Vec::new();
    for (item, _) in NOT_HERE {
        if sections.remove(item).is_none() {
            problems.push(format!("{item} has no section on cancellation, and an exception for it"));
        }
    }
    for Row { item, says, .. } in rows.iter().filter(|row| !row.says.is_empty()) {
        match sections.remove(*item) {
            None => problems.push(format!("{item} has no section on cancellation")),
            Some(found) if found != *says => problems.push(format!("{item} says {found:?}")),
            Some(_) => {}
        }
    }
    problems.extend(sections.into_iter().map(|(item, says)| format!("no row for {item}, which says {says:?}")));
    problems
}

/// Each section, by its item.
fn sections(items: &[Declaration]) -> BTreeMap<&str, &str> {
    items.iter().filter_map(|item| Some((item.name.as_str(), item.says.as_deref()?))).collect()
}

/// The public awaitables without a section. An `async fn` and a function that returns `impl Future` need one; for a type that is
/// a future, the section of a function that returns the type is enough.
pub(crate) fn awaitables_without_section() -> Vec<String> {
    let items = items();
    let mut missing: Vec<_> = items.iter().filter(|item| item.needs_section(&items)).map(|item| &*item.name).collect();
    let mut problems = Vec::new();
    for (item, _) in NEEDS_NONE {
        let count = missing.len();
        missing.retain(|missing| *missing != item);
        if missing.len() == count {
            problems.push(format!("{item} needs no exception: it has a section, or is no public awaitable"));
        }
    }
    problems.extend(
        missing.into_iter().map(|item| format!("{item} is a public awaitable without a section on cancellation")),
    );
    problems
}

/// A line that declares something.
struct Declaration {
    /// As in [`Row`].
    name: String,
    /// Up to the first brace.
    text: String,
    /// The section on cancellation.
    says: Option<String>,
    is_hidden: bool,
    /// Does this file implement `Future` or `IntoFuture` for it?
    is_future: bool,
}

impl Declaration {
    fn needs_section(&self, all: &[Self]) -> bool {
        if self.says.is_some() || self.is_hidden {
            return false;
        }
        let returned = |item: &Self| item.text.split_once("->").map(|(_, returned)| returned.to_owned());
        if self.text.starts_with("pub struct ") {
            let krate = |item: &Self| item.name.split('/').next().map(str::to_owned);
            let (_, name) = self.name.split_once(' ').expect("a file and a name");
            let returns_it = |item: &Self| {
                returned(item).is_some_and(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name))
            };
            return self.is_future
                && !all.iter().any(|item| item.says.is_some() && krate(item) == krate(self) && returns_it(item));
        }
        self.text.starts_with("pub async fn ")
            || self.text.starts_with("pub fn ")
                && returned(self).is_some_and(|text| {
                    ["impl Future<", "impl StdFuture<", "impl IntoFuture<"]
                        .iter()
                        .any(|future| text.trim().starts_with(future))
                })
    }
}

fn items() -> Vec<Declaration> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in `crates`");
    let mut found = Vec::new();
    let mut folders = vec![crates.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("it can be read").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(crates).expect("it is below").with_extension("");
                let name = name.to_string_lossy().into_owned();
                if let Some((krate, file)) = name.split_once("/src/") {
                    of_file(
                        &format!("{krate}/{file}"),
                        &std::fs::read_to_string(&path).expect("it is text"),
                        &mut found,
                    );
                }
            }
        }
    }
    found
}

fn of_file(file: &str, text: &str, found: &mut Vec<Declaration>) {
    let mut says: Option<Vec<&str>> = None;
    let (mut is_inside, mut is_hidden) = (false, false);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (index, line) in lines.iter().enumerate() {
        if let Some(comment) = line.strip_prefix("///").map(str::trim) {
            if comment.starts_with("# ") {
                is_inside = comment == "# Cancellation";
                if is_inside {
                    says = Some(Vec::new());
                }
            } else if let (true, Some(says)) = (is_inside && !comment.is_empty(), &mut says) {
                says.push(comment);
            }
        } else if line.starts_with("#[") {
            is_hidden |= line.starts_with("#[doc(hidden)]");
        } else if !line.starts_with("//") {
            is_inside = false;
            let says = says.take().map(|says| says.join(" "));
            if says.is_some() || line.starts_with("pub ") {
                let end = |line: &&str| line.contains('{') || line.ends_with(';');
                let length = lines[index..].iter().position(end).map_or(1, |last| last + 1);
                let name = name(line);
                let is_future = |line: &&str| {
                    line.starts_with("impl")
                        && line
                            .split_once("Future for ")
                            .is_some_and(|(_, of)| of.split(['<', ' ']).next() == Some(name))
                };
                found.push(Declaration {
                    name: format!("{file} {name}"),
                    text: lines[index..index + length].join(" ").split('{').next().unwrap_or_default().to_owned(),
                    says,
                    is_hidden,
                    is_future: lines.iter().any(is_future),
                });
            }
            is_hidden = false;
        }
    }
}

/// The name of the item that this line declares.
fn name(line: &str) -> &str {
    let mut words = line.split_whitespace().skip_while(|word| !["fn", "struct", "trait", "enum"].contains(word));
    let name = words.nth(1).unwrap_or_default();
    &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())]
}
