//! The examples in the documentation of the crates can be pasted into a program that depends on `asyncio`, and are where a
//! reader expects them.
//!
//! The core idea: a walk over the lines of the doc comments that classifies each as prose or as code of an example.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::{files, read, relative};

/// Other crates that an example may import: in which files, and which crates.
const ALSO: &[(&str, &[&str])] = &[
    // This crate is not in the facade, and a program that uses it uses hyper, too.
    ("crates/http/", &["asyncio_http", "http_body_util", "hyper"]),
    // The example shows the adapters of a trait from this crate, and names the command that adds it.
    ("crates/iterators/src/stream.rs", &["futures_lite"]),
    ("crates/streams/src/duplex.rs", &["futures_lite"]),
];

/// What a line of a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    /// Not a comment for the documentation.
    Source(&'a str),
    /// A comment of a module (`//!`) or of an item (`///`), outside of an example.
    Prose { of_item: bool, text: &'a str },
    /// The fence that opens an example.
    Opens { of_item: bool },
    /// A line of an example.
    Example(&'a str),
}

/// Each line of a file, with its number.
fn walk(text: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    // Is a fence open, and is it that of an example?
    let mut open: Option<bool> = None;
    text.lines().enumerate().map(move |(index, line)| {
        let line = line.trim_start();
        let (of_item, text) = match (line.strip_prefix("///"), line.strip_prefix("//!")) {
            (Some(text), _) => (true, text.trim_start()),
            (None, Some(text)) => (false, text.trim_start()),
            (None, None) => {
                open = None;
                return (index + 1, Line::Source(line));
            }
        };
        let kind = match (text.strip_prefix("```"), open) {
            (Some(language), None) => {
                open = Some(is_rust(language));
                if open == Some(true) { Line::Opens { of_item } } else { Line::Prose { of_item, text } }
            }
            (Some(_), Some(_)) => {
                open = None;
                Line::Prose { of_item, text }
            }
            (None, Some(true)) => Line::Example(text),
            (None, _) => Line::Prose { of_item, text },
        };
        (index + 1, kind)
    })
}

/// Is code in a fence with these words a test of rustdoc's?
fn is_rust(words: &str) -> bool {
    let is_ours = |word: &str| word.starts_with("edition") || word.starts_with('E');
    let known = ["", "rust", "no_run", "ignore", "should_panic", "compile_fail"];
    words.split(',').map(str::trim).all(|word| known.contains(&word) || is_ours(word))
}

/// The sources of the crates that are published, with their paths in the repository.
fn sources(root: &Path) -> Result<Vec<(String, String)>> {
    let paths = files(&root.join("crates"), "rs").into_iter().map(|path| (relative(root, &path), path));
    let sources = paths.filter(|(name, _)| name.contains("/src/"));
    sources.map(|(name, path)| Ok((name, read(path)?))).collect()
}

/// An example imports from `asyncio` and `std` and names no other crate of ours: its reader has no other.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn examples_import_asyncio_alone(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (name, text) in sources(root)? {
        let also: Vec<&str> =
            ALSO.iter().filter(|(place, _)| name.starts_with(place)).flat_map(|(_, crates)| *crates).copied().collect();
        for (number, line) in walk(&text) {
            let Line::Example(line) = line else { continue };
            let line = line.strip_prefix("# ").unwrap_or(line).trim_start();
            let imported = line.strip_prefix("use ").map(|path| word(path.trim_start_matches(':')));
            let ours =
                line.match_indices("asyncio_").filter(|(at, _)| line[..*at].chars().next_back().is_none_or(not_a_name));
            let named = ours.map(|(at, _)| word(&line[at..]));
            let known = |krate: &str| matches!(krate, "asyncio" | "std") || is_own(krate) || also.contains(&krate);
            for krate in imported.into_iter().chain(named).filter(|krate| !known(krate)) {
                let problem = format!("{name}:{number}: an example names {krate}, which its reader does not have");
                if problems.last() != Some(&problem) {
                    problems.push(problem);
                }
            }
        }
    }
    Ok(problems)
}

/// Is it a type that the example itself defines? `use Colour::Red`.
fn is_own(name: &str) -> bool {
    name.starts_with(char::is_uppercase) || matches!(name, "crate" | "self" | "super")
}

fn word(text: &str) -> &str {
    &text[..text.find(not_a_name).unwrap_or(text.len())]
}

fn not_a_name(c: char) -> bool {
    !c.is_alphanumeric() && c != '_'
}

/// The examples of an item are under the heading `# Examples`.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn examples_have_their_heading(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (name, text) in sources(root)? {
        let mut heading = "";
        for (number, line) in walk(&text) {
            match line {
                Line::Source(_) => heading = "",
                Line::Prose { of_item: true, text } if text.starts_with("# ") => heading = text,
                Line::Opens { of_item: true } if heading != "# Examples" => {
                    problems.push(format!("{name}:{number}: an example that is not under the heading `# Examples`"));
                }
                _ => {}
            }
        }
    }
    Ok(problems)
}

/// An example hides no line (`# let x = 1;`): without that line, the pasted code would not compile.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn examples_hide_nothing(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (name, text) in sources(root)? {
        for (number, line) in walk(&text) {
            if matches!(line, Line::Example(text) if text == "#" || text.starts_with("# ")) {
                problems.push(format!("{name}:{number}: an example hides this line from its reader"));
            }
        }
    }
    Ok(problems)
}

/// The examples import `asyncio` from the package that puts them under the guard: otherwise a panic in a callback would not fail
/// them, and one that waits for ever would have no time limit.
///
/// # Errors
///
/// Fails when a manifest cannot be read.
pub fn examples_are_guarded(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in files(&root.join("crates"), "toml") {
        let manifest: toml::Table = read(&path)?.parse()?;
        let facade = manifest.get("dev-dependencies").and_then(|all| all.get("asyncio"));
        let package = facade.map(|facade| facade.get("package").and_then(toml::Value::as_str));
        if package.is_some_and(|package| package != Some("asyncio-guarded")) {
            problems.push(format!("{}: the examples import asyncio without the guard", relative(root, &path)));
        }
    }
    Ok(problems)
}

/// The code of a crate, its unit tests included, does not use `asyncio`: the facade is built on the crate as others see it, so
/// the test would contain two runtimes.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn crates_do_not_use_the_facade(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    // If the crate has a module with that name, the facade is not meant.
    let has_its_own = |text: &str| text.lines().any(|line| line.trim() == "mod asyncio;");
    // The attributes generate code that uses the facade.
    let writes_it = |name: &str| name.starts_with("crates/macros/src/");
    for (name, text) in sources(root)?.iter().filter(|(name, text)| !has_its_own(text) && !writes_it(name)) {
        for (number, line) in walk(text) {
            let Line::Source(line) = line else { continue };
            let before = line.match_indices("asyncio::").map(|(at, _)| &line[..at]);
            let of_root = |before: &str| match before.strip_suffix("::") {
                Some(path) => path.chars().next_back().is_none_or(not_a_name),
                None => before.chars().next_back().is_none_or(|c| not_a_name(c) && c != '"' && c != '`'),
            };
            if !line.starts_with("//") && before.into_iter().any(of_root) {
                problems.push(format!("{name}:{number}: asyncio is for examples; here it would be a second runtime"));
            }
        }
    }
    Ok(problems)
}

/// The crates that the facade does not export: itself, and crates for what is not in Python's asyncio either.
const BESIDE: &[&str] = &["crates/asyncio/", "crates/http/"];

/// Every name that the crates of the sections export is in a module of the facade. The facade lists the names one by one,
/// because not all are for its front page.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn facade_is_whole(root: &Path) -> Result<Vec<String>> {
    let sources = sources(root)?;
    let facade = sources.iter().filter(|(name, _)| name.starts_with("crates/asyncio/src/"));
    let offered: BTreeSet<&str> = facade.flat_map(|(_, text)| exports(text)).collect();
    let mut problems = Vec::new();
    for (name, text) in &sources {
        if !name.ends_with("/src/lib.rs") || BESIDE.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        for export in exports(text).filter(|export| !offered.contains(export)) {
            problems.push(format!("{name} exports {export}, which no module of crates/asyncio has"));
        }
    }
    Ok(problems)
}

/// The names of all `pub use`s.
fn exports(text: &str) -> impl Iterator<Item = &str> {
    let uses = text.split("pub use ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(path, _)| path);
    let names = uses.flat_map(|path| path.split(['{', '}', ',']));
    // The last part of a path; the part before a brace does not count.
    names
        .filter(|part| !part.ends_with("::"))
        .filter_map(|part| part.rsplit("::").next())
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Check;

    fn found(check: Check, path: &str, text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        check(folder.path()).unwrap()
    }

    fn example(code: &str) -> String {
        format!("/// Wakes.\n///\n/// # Examples\n///\n/// ```\n/// {code}\n/// ```\npub fn wake() {{}}\n")
    }

    #[test]
    fn an_example_imports_what_its_reader_has() {
        let check = |path: &str, code: &str| found(examples_import_asyncio_alone, path, &example(code)).len();
        let imports = |code: &str| check("crates/locks/src/lock.rs", code);
        assert_eq!(imports("use asyncio::{Lock, run};"), 0);
        assert_eq!(imports("use std::rc::Rc;"), 0);
        assert_eq!(imports("use Colour::Red;"), 0, "its own");
        assert_eq!(imports("use asyncio_locks::Lock;"), 1);
        assert_eq!(imports("# use asyncio_locks::Lock;"), 1, "a hidden line is pasted, too");
        assert_eq!(imports("#     use ::hyper::Request;"), 1);
        assert_eq!(imports("# asyncio_runtime::run(async { asyncio_runtime::sleep(1).await });"), 1);
        assert_eq!(imports("let my_asyncio_locks = 1;"), 0, "a name of its own");
        assert_eq!(check("crates/http/src/lib.rs", "use hyper::Request;"), 0);
        assert_eq!(check("crates/http/src/lib.rs", "use asyncio_streams::Server;"), 1);
        assert_eq!(check("crates/locks/tests/lock.rs", "use asyncio_locks::Lock;"), 0, "not documentation");
    }

    #[test]
    fn an_example_hides_no_line() {
        let check = |code: &str| found(examples_hide_nothing, "crates/locks/src/lock.rs", &example(code)).len();
        assert_eq!(check("wake();"), 0);
        assert_eq!(check("#[derive(Clone)]"), 0, "an attribute");
        assert_eq!(check("# wake();"), 1);
        assert_eq!(check("#"), 1);
    }

    #[test]
    fn an_example_imports_the_facade_under_the_guard() {
        let check = |dependency: &str| {
            let manifest = format!("[dev-dependencies]\n{dependency}\n");
            found(examples_are_guarded, "crates/locks/Cargo.toml", &manifest).len()
        };
        assert_eq!(check(r#"asyncio = { path = "../../testing/guarded", package = "asyncio-guarded" }"#), 0);
        assert_eq!(check(r#"libc = "0.2""#), 0, "no example");
        assert_eq!(check(r#"asyncio = { path = "../asyncio" }"#), 1);
        assert_eq!(check("asyncio.workspace = true"), 1);
    }

    #[test]
    fn what_is_no_example_is_passed_over() {
        let check = |text: &str| found(examples_import_asyncio_alone, "crates/locks/src/lock.rs", text).len();
        assert_eq!(check("/// [`run`](asyncio_runtime::run)\nuse asyncio_runtime::run;\n"), 0);
        assert_eq!(check("/// ```text\n/// use hyper::Request;\n/// ```\n"), 0);
        assert_eq!(check("//! ```compile_fail,E0277\n//! use hyper::Request;\n//! ```\n"), 1);
        assert_eq!(
            check("/// ```python\n/// import this\n/// ```\n///\n/// ```\n/// use hyper::Request;\n/// ```\n"),
            1
        );
    }

    #[test]
    fn an_example_of_an_item_has_its_heading() {
        let check = |text: &str| found(examples_have_their_heading, "crates/locks/src/lock.rs", text).len();
        let good = example("wake();");
        assert_eq!(check(&good), 0);
        assert_eq!(check(&good.replace("# Examples", "# Errors")), 1);
        assert_eq!(check(&format!("{good}{}", good.replace("/// # Examples\n", ""))), 1, "the heading of another item");
        assert_eq!(check("/// Waits.\n///\n/// ```text\n/// a\n/// ```\n"), 0);
        assert_eq!(check("//! All about it.\n//!\n//! ```\n//! wake();\n//! ```\n"), 0, "the head of a module");
    }

    #[test]
    fn what_crates_export_is_in_the_facade() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join("crates").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("locks/src/lib.rs", "pub use lock::{Lock, LockGuard};\npub use event::Event;\nmod hidden;\n");
        write("http/src/lib.rs", "pub use server::HttpServer;\n");
        write("asyncio/src/locks.rs", "pub use asyncio_locks::{\n    Event, LockGuard,\n};\n");
        assert_eq!(
            facade_is_whole(folder.path()).unwrap(),
            ["crates/locks/src/lib.rs exports Lock, which no module of crates/asyncio has"]
        );
        write("asyncio/src/lib.rs", "pub use asyncio_locks::Lock;\n");
        assert_eq!(facade_is_whole(folder.path()).unwrap(), [""; 0]);
    }

    #[test]
    fn code_does_not_use_the_facade() {
        let check = |text: &str| found(crates_do_not_use_the_facade, "crates/locks/src/lock.rs", text).len();
        assert_eq!(check("    use asyncio::run;\n"), 1);
        assert_eq!(check("let now = ::asyncio::run(program());\n"), 1);
        assert_eq!(check("// asyncio::run\nlet name = \"asyncio::run\";\nuse pyasyncio::run;\n"), 0);
        assert_eq!(check("mod asyncio;\npub use asyncio::run;\n"), 0, "a module");
        assert_eq!(check("use crate::asyncio::run;\n"), 0, "a module");
        assert_eq!(check(&example("use asyncio::run;")), 0);
    }
}
