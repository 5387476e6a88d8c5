//! Every public name of CPython's asyncio has its place: in `README.md`, which has its name here, or in `NOT-HERE.md`, which
//! says why it is missing. A method may also simply exist under its name.
//!
//! The names are those of `tests/cpython/names.txt`, which `names.py` wrote.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::{files, read};

/// The names that have no place.
///
/// # Errors
///
/// Fails when one of the files cannot be read.
pub fn names_are_placed(root: &Path) -> Result<Vec<String>> {
    let (readme, not_here) = (read(root.join("README.md"))?, read(root.join("NOT-HERE.md"))?);
    let placed: BTreeSet<&str> = [&readme, &not_here].into_iter().flat_map(|page| code(page)).collect();
    let mut methods = BTreeSet::new();
    for file in files(&root.join("crates"), "rs") {
        methods.extend(public_functions(&read(file)?).map(str::to_owned));
    }
    let names = read(root.join("tests/cpython/names.txt"))?;
    let is_placed = |name: &str| match name.split_once('.') {
        Some((_, method)) => placed.contains(method) || methods.contains(method),
        None => placed.contains(name),
    };
    let missing = names.lines().filter(|name| !name.starts_with('#') && !is_placed(name));
    Ok(missing.map(|name| format!("asyncio's {name} stands neither in README.md nor in NOT-HERE.md")).collect())
}

/// The words within backticks.
fn code(page: &str) -> impl Iterator<Item = &str> {
    let spans = page.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.flat_map(|span| span.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

fn public_functions(source: &str) -> impl Iterator<Item = &str> {
    let heads = source.lines().filter_map(|line| line.trim_start().strip_prefix("pub "));
    let names = heads.filter_map(|head| head.strip_prefix("async ").unwrap_or(head).strip_prefix("fn "));
    names.filter_map(|rest| rest.split(['(', '<']).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_on_a_page_or_is_a_method() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("README.md", "| `gather(*aws)`, `Task` | and wait |\n");
        write("NOT-HERE.md", "the loop's `sendfile`");
        write(
            "crates/runtime/src/events.rs",
            "impl EventLoop {\n    pub async fn stop<T>(&self) {}\n    fn close() {}\n}\n",
        );
        write(
            "tests/cpython/names.txt",
            "# made by a script\ngather\nTask\nwait\nloop.sendfile\nloop.stop\nTask.stop\nTask.close\n",
        );
        let missing = names_are_placed(folder.path()).unwrap();
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[0].contains("wait") && missing[1].contains("Task.close"), "{missing:?}");
    }
}
