//! The runtime is built in rooms that only look down, and stays small enough to be read in a day.
//!
//! The core idea: the first folder below `crates/runtime/src` is a file's room, and every path that begins with `crate::` names
//! the room that it looks into. Both are read off the text, without tests and comments; no compiler is needed. Below the rooms
//! are crates (`asyncio_errors` and others), for which cargo checks the same. How files of one room import each other is looked at
//! in `circles`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{files, read, relative};

/// The rooms, lowest first. A file may import from its own room and from those in lower rows.
const ROOMS: &[&[&str]] = &[&["base"], &["kernel"], &["asyncio"]];

/// The maximum number of lines of code in a folder of the runtime.
const LINES: &[(&str, usize)] = &[("kernel", 3_600), ("", 9_500)];

/// The maximum number of names that the kernel offers to the rooms above it. ARCHITECTURE.md says which.
const NAMES: usize = 64;

/// The maximum number of places with `unsafe`.
const UNSAFE: usize = 60;

/// A file of the runtime: its path below `src`, and its lines of code with their numbers. No tests, comments and blank lines.
pub(crate) struct Source {
    pub(crate) path: String,
    lines: Vec<(usize, String)>,
}

impl Source {
    /// The modules that the file is in: `kernel/task/mod.rs` is `["kernel", "task"]`.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').filter(|part| *part != "lib").collect()
    }

    /// The lines as one text.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|(_, line)| [line, "\n"]).collect()
    }
}

/// Every file of the runtime that is not a test.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>> {
    let folder = root.join("crates/runtime/src");
    let mut sources = Vec::new();
    let mut tests: BTreeSet<PathBuf> = BTreeSet::new();
    for file in files(&folder, "rs") {
        let (lines, modules) = code(&read(&file)?);
        let own = match file.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs") {
            true => file.with_file_name(""),
            false => file.with_extension(""),
        };
        tests.extend(modules.iter().map(|name| own.join(name).with_extension("rs")));
        sources.push((file, lines));
    }
    sources.retain(|(file, _)| !tests.contains(file));
    Ok(sources.into_iter().map(|(file, lines)| Source { path: relative(&folder, &file), lines }).collect())
}

/// The lines of code outside of tests, with their numbers, and the modules in other files that are tests.
pub(crate) fn code(text: &str) -> (Vec<(usize, String)>, Vec<String>) {
    let (mut code, mut tests) = (Vec::new(), Vec::new());
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[cfg(all(test") {
            // The length of the item, as rustfmt formats it: one line, or up to the closing brace with the same indentation.
            let end = format!("{}}}", &line[..line.len() - trimmed.len()]);
            let item = lines.find(|(_, line)| !line.trim_start().starts_with("#[")).map_or("", |(_, line)| line);
            match item.trim().strip_prefix("mod ").and_then(|name| name.strip_suffix(';')) {
                Some(name) => tests.push(name.to_owned()),
                None if item.ends_with([';', '}']) => {}
                None => drop(lines.find(|(_, line)| line.starts_with(&end))),
            }
        } else if !trimmed.is_empty() && !trimmed.starts_with("//") {
            let comment = line.find(" // ").unwrap_or(line.len());
            code.push((index + 1, line[..comment].to_owned()));
        }
    }
    (code, tests)
}

/// Every path in the runtime looks into the file's own room or a lower one, and into the kernel no deeper than its `mod.rs`.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn rooms_look_down(root: &Path) -> Result<Vec<String>> {
    let row = |room: &str| ROOMS.iter().position(|row| row.contains(&room));
    let mut problems = Vec::new();
    for source in sources(root)?.iter().filter(|source| source.path != "lib.rs") {
        let modules = source.modules();
        let (path, own) = (&source.path, modules[0]);
        let Some(own_row) = row(own) else {
            problems.push(format!("{path} is in no room: add it to the table in tests/src/rooms.rs"));
            continue;
        };
        for (number, seen) in paths(source) {
            let room = seen.split("::").next().unwrap_or_default();
            let problem = match row(room) {
                _ if room == own => continue,
                None => format!("crate::{seen} names no room"),
                Some(row) if row >= own_row => format!("{own} may not look into {room}"),
                Some(_) if room == "kernel" && is_deeper(&seen) => {
                    format!("crate::{seen} is deeper than kernel/mod.rs")
                }
                Some(_) => continue,
            };
            problems.push(format!("crates/runtime/src/{path}:{number}: {problem}"));
        }
    }
    Ok(problems)
}

/// Does this path lead below a module of the kernel?
fn is_deeper(path: &str) -> bool {
    path.split("::").nth(1).is_some_and(|name| name.starts_with(char::is_lowercase)) && path.split("::").count() > 2
}

/// The paths from the root of the crate that a file names, without the `crate::`, each with the number of its line.
///
/// A `super` that leads to the root is one, too.
fn paths(source: &Source) -> Vec<(usize, String)> {
    let text = source.text();
    let to_root = format!("{}::", vec!["super"; source.modules().len()].join("::"));
    let mut paths = Vec::new();
    for start in ["crate::", &to_root] {
        for (at, _) in text.match_indices(start) {
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || "_$:".contains(c)) {
                continue;
            }
            let number = source.lines[text[..at].matches('\n').count()].0;
            let mut found = Vec::new();
            tree(&text[at + start.len()..], "", &mut found);
            paths.extend(found.into_iter().map(|path| (number, path)));
        }
    }
    paths
}

/// Reads a path, or the tree of a `use`, from the beginning of `text`, and returns what follows it.
pub(crate) fn tree<'a>(text: &'a str, before: &str, found: &mut Vec<String>) -> &'a str {
    let Some(mut rest) = text.strip_prefix('{') else {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').unwrap_or(text.len());
        let path = format!("{before}{}", &text[..end]);
        return match text[end..].strip_prefix("::") {
            Some(rest) if !rest.starts_with('<') => tree(rest, &format!("{path}::"), found),
            _ => {
                found.push(path);
                &text[end..]
            }
        };
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        match rest.strip_prefix('}') {
            Some(after) => return after,
            None if rest.is_empty() => return rest,
            None => rest = tree(rest, before, found),
        }
        // The rest of `name as other`.
        rest = rest.trim_start_matches(|c: char| c != ',' && c != '}');
    }
}

/// The runtime and its kernel have no more lines of code, names for others, and `unsafe`, than they may have.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn the_core_is_small(root: &Path) -> Result<Vec<String>> {
    let sources = sources(root)?;
    let mut problems = Vec::new();
    for (folder, most) in LINES {
        let own = sources.iter().filter(|source| Path::new(&source.path).starts_with(folder));
        let lines: usize = own.map(|source| source.lines.len()).sum();
        if lines > *most {
            let folder = Path::new("crates/runtime/src").join(folder);
            problems.push(format!("{} has {lines} lines of code, more than {most}", folder.display()));
        }
    }
    let door = sources.iter().find(|source| source.path == "kernel/mod.rs").map(Source::text).unwrap_or_default();
    let (mut names, exports) = (Vec::new(), door.split("\npub").filter_map(|export| export.split_once("use ")));
    for (_, export) in exports {
        tree(export, "", &mut names);
    }
    if names.len() > NAMES {
        problems.push(format!("the kernel offers {} names, more than {NAMES}", names.len()));
    }
    let lines = sources.iter().flat_map(|source| &source.lines);
    let words = lines.flat_map(|(_, line)| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let places = words.filter(|word| *word == "unsafe").count();
    if places > UNSAFE {
        problems.push(format!("crates/runtime/src says `unsafe` in {places} places, more than {UNSAFE}"));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Check;

    fn found(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join("crates/runtime/src").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        check(folder.path()).unwrap()
    }

    fn looks(path: &str, text: &str) -> usize {
        found(rooms_look_down, &[(path, text)]).len()
    }

    #[test]
    fn a_room_looks_down_and_not_up() {
        assert_eq!(looks("kernel/line.rs", "use crate::base::ordered::Ordered;\n"), 0);
        assert_eq!(looks("kernel/line.rs", "use crate::kernel::memory::cell::Cell;\n"), 0, "its own room");
        assert_eq!(looks("kernel/line.rs", "use crate::asyncio::tasks;\n"), 1);
        assert_eq!(looks("kernel/task/mod.rs", "fn f() -> crate::asyncio::Step {}\n"), 1, "no import");
        assert_eq!(looks("kernel/line.rs", "use crate::{base::names, asyncio::{io, tasks::sleep}};\n"), 2);
        assert_eq!(
            looks(
                "kernel/line.rs",
                "use crate::{\n    base::names as asyncio,\n    kernel::{AnyTask, LoopCore},\n};\n"
            ),
            0
        );
        assert_eq!(looks("base.rs", "use crate::kernel::AnyTask;\n"), 1, "a file");
        assert_eq!(looks("base.rs", "use super::kernel::AnyTask;\n"), 1, "by another name");
        assert_eq!(looks("asyncio/io/mod.rs", "use super::tasks::sleep;\nuse super::super::kernel::AnyTask;\n"), 0);
        assert_eq!(looks("base/names.rs", "use super::super::kernel::{LoopCore, AnyTask};\n"), 2);
        assert_eq!(looks("asyncio/events.rs", "use crate::Sleep;\n"), 1, "the root is for users");
        assert_eq!(looks("attic.rs", ""), 1, "no room");
        assert_eq!(
            looks("lib.rs", "pub use asyncio::tasks::Task;\nfn f() { crate::kernel::line::f() }\n"),
            0,
            "the door"
        );
    }

    #[test]
    fn the_kernel_is_known_by_its_door() {
        assert_eq!(looks("asyncio/events.rs", "use crate::kernel::{AnyTask, repr};\n"), 0);
        assert_eq!(looks("asyncio/events.rs", "fn f() { crate::kernel::AnyTask::new(crate::kernel::repr(1)) }\n"), 0);
        assert_eq!(looks("asyncio/events.rs", "use crate::kernel::{AnyTask, line::Line};\n"), 1);
        assert_eq!(looks("asyncio/events.rs", "fn f() { crate::kernel::line::f() }\n"), 1);
    }

    #[test]
    fn tests_and_comments_look_where_they_want() {
        let test = "#[cfg(test)]\nmod tests {\n    use crate::Sleep;\n\n    fn f() {}\n}\n";
        assert_eq!(looks("base.rs", test), 0);
        assert_eq!(looks("base.rs", &format!("{test}use crate::Sleep;\n")), 1, "after the tests");
        assert_eq!(looks("base.rs", "/// [`Sleep`](crate::Sleep)\nfn f() {} // crate::Sleep\n"), 0);
        assert_eq!(looks("base.rs", "#[cfg(all(test, loom))]\nuse crate::{\n    Sleep,\n};\n"), 0);
        assert_eq!(looks("base.rs", "#[cfg(not(all(test, loom)))]\nuse crate::Sleep;\n"), 1);
        let files = |module: &str| {
            let test = format!("{module}mod model;\n");
            found(
                rooms_look_down,
                &[("kernel/remote/mod.rs", &test), ("kernel/remote/model.rs", "use crate::Sleep;\n")],
            )
            .len()
        };
        assert_eq!(files("#[cfg(all(test, loom))]\n"), 0);
        assert_eq!(files(""), 1);
    }

    #[test]
    fn lines_names_and_unsafe_places_are_counted() {
        let count = |kernel: usize, rest: usize, more: &str| {
            let (kernel, rest) = ("f();\n".repeat(kernel), "f();\n// Why.\n\n".repeat(rest) + more);
            found(the_core_is_small, &[("kernel/line.rs", &kernel), ("asyncio/time.rs", &rest)])
        };
        let [(_, kernel), (_, all)] = LINES else { panic!("there are two limits") };
        assert_eq!(count(*kernel, all - kernel, ""), [""; 0]);
        assert_eq!(count(kernel + 1, 0, "").len(), 1);
        assert_eq!(count(0, all + 1, "").len(), 1);
        assert_eq!(count(kernel + 1, all - kernel, "").len(), 2);
        assert_eq!(count(0, *all, "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n"), [""; 0], "tests do not count");
        let names = |n: usize| {
            let (first, rest) = ("mod line;\n", "pub(crate) use line::Line;\n".repeat(n - 3));
            let door = format!("{first}{rest}pub use handle::{{AnyFuture, AnyTask as Task,\n    Any}};\n");
            found(the_core_is_small, &[("kernel/mod.rs", &door)]).len()
        };
        assert_eq!((names(NAMES), names(NAMES + 1)), (0, 1));
        let places = |n: usize| count(0, 0, &"// unsafe\n#[unsafe(no_mangle)] fn not_unsafe() {}\n".repeat(n)).len();
        assert_eq!((places(UNSAFE), places(UNSAFE + 1)), (0, 1));
    }
}
