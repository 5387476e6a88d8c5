//! The *Cancellation* sections in the workspace's documentation.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Row;

/// The sections that no scenario here can test, and why.
const NOT_HERE: [(&str, &str); 13] = [
    ("http/client/request ClientRequest", "it is tried with hyper, in the tests of `crates/http`"),
    ("http/client/response chunk", "as above"),
    ("http/server/mod serve", "as above"),
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

/// The rows that no section supports, and the sections without a row.
pub(crate) fn compare(rows: &[Row]) -> Vec<String> {
    let mut sections = sections();
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
fn sections() -> BTreeMap<String, String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in `crates`");
    let mut found = BTreeMap::new();
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

fn of_file(file: &str, text: &str, found: &mut BTreeMap<String, String>) {
    let mut says: Option<Vec<&str>> = None;
    let mut is_inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///").map(str::trim) {
            if comment.starts_with("# ") {
                is_inside = comment == "# Cancellation";
                if is_inside {
                    says = Some(Vec::new());
                }
            } else if let (true, Some(says)) = (is_inside && !comment.is_empty(), &mut says) {
                says.push(comment);
            }
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            is_inside = false;
            if let Some(says) = says.take() {
                found.insert(format!("{file} {}", name(line)), says.join(" "));
            }
        }
    }
}

/// The name of the item that this line declares.
fn name(line: &str) -> &str {
    let mut words = line.split_whitespace().skip_while(|word| !["fn", "struct", "trait", "enum"].contains(word));
    let name = words.nth(1).unwrap_or_default();
    &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())]
}
