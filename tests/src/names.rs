//! Every public name of CPython's asyncio has its place: in `README.md`, which has its name here, or in `NOT-HERE.md`, which
//! says why it is missing. A method may also simply exist under its name, but of the type that its class is here: a free function
//! or a method of another type is a difference, and one of the two pages has it as `Class.method`.
//!
//! The names are those of `tests/cpython/names.txt`, which `names.py` wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::{files, read};

/// The classes of CPython's whose types here have other names, or more than one. `$handle` stands for both handles of a task in a
/// macro.
const TYPES: &[(&str, &[&str])] = &[
    ("loop", &["EventLoop"]),
    ("Queue", &["QueueOf"]),
    ("LifoQueue", &["QueueOf"]),
    ("PriorityQueue", &["QueueOf"]),
    ("Task", &["Task", "$handle"]),
];

/// The names that have no place.
///
/// # Errors
///
/// Fails when one of the files cannot be read.
pub fn names_are_placed(root: &Path) -> Result<Vec<String>> {
    let (readme, not_here) = (read(root.join("README.md"))?, read(root.join("NOT-HERE.md"))?);
    let mut placed: BTreeSet<String> = BTreeSet::new();
    for line in readme.lines().chain(not_here.lines()) {
        placed.extend(placed_by(line));
    }
    let mut methods = Methods::default();
    for file in files(&root.join("crates"), "rs") {
        methods.read(&read(file)?);
    }
    let names = read(root.join("tests/cpython/names.txt"))?;
    let is_placed = |name: &str| {
        let exists = name.split_once('.').is_some_and(|(class, method)| {
            let own = [class];
            let types = TYPES.iter().find(|(name, _)| *name == class).map_or(&own[..], |(_, types)| types);
            types.iter().any(|owner| methods.has(owner, method))
        });
        exists || placed.contains(name)
    };
    let missing = names.lines().filter(|name| !name.starts_with('#') && !is_placed(name));
    Ok(missing.map(|name| format!("asyncio's {name} stands neither in README.md nor in NOT-HERE.md")).collect())
}

/// The names that a line places: words within backticks, as they are or as `Class.method`. In a cell that begins with *the loop's*
/// the words are the loop's methods.
fn placed_by(line: &str) -> Vec<String> {
    let mut placed = Vec::new();
    for cell in line.split('|') {
        let of_the_loop = cell.trim_start().starts_with("the loop's ");
        for span in cell.split('`').skip(1).step_by(2) {
            for words in span.split(|c: char| !c.is_alphanumeric() && !['_', '.'].contains(&c)) {
                placed.extend(words.split('.').map(str::to_owned));
                placed.push(words.to_owned());
                if of_the_loop {
                    placed.push(format!("loop.{words}"));
                }
            }
        }
    }
    placed
}

/// The public methods of each type, and the type that it dereferences to.
#[derive(Default)]
struct Methods {
    of: BTreeMap<String, BTreeSet<String>>,
    target: BTreeMap<String, String>,
}

impl Methods {
    /// Reads a source as rustfmt formats it: a block ends at the brace with the indentation of its head.
    fn read(&mut self, source: &str) {
        let mut blocks: Vec<(usize, String)> = Vec::new();
        for line in source.lines() {
            let text = line.trim_start();
            let indentation = line.len() - text.len();
            if let Some(head) = text.strip_prefix("impl").filter(|_| text.ends_with('{')) {
                blocks.push((indentation, owner(head)));
            } else if let Some((_, owner)) = blocks.last() {
                if let Some(target) = text.strip_prefix("type Target = ") {
                    self.target.insert(owner.clone(), name(target));
                } else if let Some(method) = public_function(text) {
                    self.of.entry(owner.clone()).or_default().insert(method.to_owned());
                }
            }
            if text == "}" && blocks.last().is_some_and(|(block, _)| *block == indentation) {
                blocks.pop();
            }
        }
    }

    fn has(&self, owner: &str, method: &str) -> bool {
        let of = |owner: &str| self.of.get(owner).is_some_and(|methods| methods.contains(method));
        std::iter::successors(Some(owner), |owner| self.target.get(*owner).map(String::as_str)).take(9).any(of)
    }
}

/// The type of an `impl`, without its parameters.
fn owner(head: &str) -> String {
    let mut depth = 0;
    let end = head.char_indices().find(|&(at, c)| {
        match c {
            '<' => depth += 1,
            '>' if !head[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let rest = end.filter(|_| head.starts_with('<')).map_or(head, |(at, _)| &head[at + 1..]);
    name(rest.rsplit_once(" for ").map_or(rest, |(_, of)| of))
}

/// The first word, or the last part of a path.
fn name(text: &str) -> String {
    let path = text.trim().split(|c: char| !c.is_alphanumeric() && !['_', ':', '$'].contains(&c)).next();
    path.and_then(|path| path.rsplit("::").next()).unwrap_or_default().to_owned()
}

fn public_function(line: &str) -> Option<&str> {
    let head = line.strip_prefix("pub ")?;
    let head = head.strip_prefix("const ").unwrap_or(head);
    head.strip_prefix("async ").unwrap_or(head).strip_prefix("fn ")?.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_on_a_page_or_is_a_method_of_the_type() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("README.md", "| `gather(*aws)`, `Task` | and wait |\n| `Server.get_loop()` | `get_running_loop()` |\n");
        write("NOT-HERE.md", "| the loop's `sendfile`, `sock_recv` | `close` |");
        write(
            "crates/runtime/src/events.rs",
            "impl EventLoop {\n    pub async fn stop<T>(&self) {\n        impl Drop for Undo {\n            fn drop() {}\n        \
             }\n    }\n    fn close() {}\n    pub const fn time() {}\n}\n\npub fn start_tls() {}\n\n\
             impl<T: Fn() -> i32> Future<T> {\n    pub fn done() {}\n}\n\n\
             impl<T> Deref for Task<T> {\n    type Target = Future<T>;\n}\n",
        );
        write(
            "tests/cpython/names.txt",
            "# made by a script\ngather\nTask\nwait\nloop.sendfile\nloop.sock_recv\nloop.stop\nloop.time\nloop.close\n\
             loop.start_tls\nServer.get_loop\nTask.done\nTask.stop\n",
        );
        let missing = names_are_placed(folder.path()).unwrap();
        let missing: Vec<_> = missing.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(missing, ["wait", "loop.close", "loop.start_tls", "Task.stop"]);
    }
}
