//! A type's name has one meaning for its reader.
//!
//! The core idea: a reader of one crate meets all its types, a user meets the public types of all crates, and a reader of the whole
//! remembers a few. So within a crate a type's name occurs once; a public type shares its name with no other type; and a name occurs
//! in at most three crates. Each exception is listed with its reason. Types inside of functions and tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::rooms::code;
use crate::{files, read, relative};

/// The maximum number of crates in which a name may occur.
const CRATES: usize = 3;

/// Names that may occur more often: a reason, and the names.
const SHARED: &[(&str, &[&str])] = &[
    ("what the clones of a handle share, in the handle's own file", &["Inner", "Shared"]),
    ("the keyword arguments that a builder collects, in the builder's own file", &["Options"]),
    ("how far a wait or a job has come: the word list has it", &["Stage"]),
    ("one type in two versions, of which a build has one", &["Interrupt", "Layer", "Settings", "Selector", "Found"]),
    ("the same, of streams with and without a system", &["LentSocket", "System", "SystemDatagrams"]),
    ("a trait, and what implements it in memory", &["Network"]),
    ("of a future, and of a time limit, whose own has CPython's name and values", &["State"]),
];

/// A type: the crate, whether it is public, and where it is.
struct Declared {
    krate: String,
    public: bool,
    at: String,
}

/// No type's name has two meanings.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn type_names_have_one_meaning(root: &Path) -> Result<Vec<String>> {
    let mut types: BTreeMap<String, Vec<Declared>> = BTreeMap::new();
    for path in files(&root.join("crates"), "rs") {
        let file = relative(root, &path);
        let [_, krate, "src", ..] = file.split('/').collect::<Vec<_>>()[..] else { continue };
        for (number, line) in code(&read(&path)?).0 {
            if let Some((public, name)) = declared(&line) {
                let found = Declared { krate: krate.to_owned(), public, at: format!("{file}:{number}") };
                types.entry(name.to_owned()).or_default().push(found);
            }
        }
    }
    let mut problems = Vec::new();
    let mut listed: BTreeSet<&str> = SHARED.iter().flat_map(|(_, names)| *names).copied().collect();
    for (name, places) in &types {
        let crates: BTreeSet<&str> = places.iter().map(|place| &*place.krate).collect();
        let problem = match places.len() {
            1 => continue,
            _ if crates.len() < places.len() => "twice in one crate",
            _ if places.iter().any(|place| place.public) => "a public type and another one",
            _ if crates.len() > CRATES => "in too many crates",
            _ => continue,
        };
        if !listed.remove(name.as_str()) {
            let at: Vec<&str> = places.iter().map(|place| &*place.at).collect();
            problems.push(format!("{name} has more than one meaning ({problem}): {}", at.join(", ")));
        }
    }
    problems.extend(listed.iter().map(|name| format!("{name} need not be listed in tests/src/type_names.rs")));
    Ok(problems)
}

/// Is it public, and the name, if the line declares a type of a module.
fn declared(line: &str) -> Option<(bool, &str)> {
    let (public, rest) = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => (false, rest.split_once(") ")?.1),
        Some(rest) => (true, rest.trim_start()),
        None => (false, line),
    };
    let (word, rest) = rest.strip_prefix("unsafe ").unwrap_or(rest).split_once(' ')?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    matches!(word, "struct" | "enum" | "union" | "trait" | "type").then_some((public, &rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems of these files, without the names that are listed and do not occur.
    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in sources {
            let path = folder.path().join("crates").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let problems = type_names_have_one_meaning(folder.path()).unwrap();
        problems.into_iter().filter(|problem| !problem.contains("need not be listed")).collect()
    }

    #[test]
    fn a_crate_has_a_name_once() {
        let (a, b) = (("locks/src/lock.rs", "struct Turn;\n"), ("locks/src/event.rs", "enum Turn {}\n"));
        assert_eq!(found(&[a, ("locks/src/event.rs", "enum Round {}\n")]), [""; 0]);
        assert_eq!(found(&[a, b]).len(), 1);
        assert_eq!(found(&[a, ("queues/src/queue.rs", b.1)]), [""; 0], "of another crate");
        assert_eq!(found(&[a, ("locks/tests/lock.rs", b.1)]), [""; 0], "of a test");
        let inside = "fn f() {\n    struct Turn;\n}\n\n#[cfg(test)]\nmod tests {\n    struct Turn;\n}\n";
        assert_eq!(found(&[a, ("locks/src/event.rs", inside)]), [""; 0]);
        let inner = ("locks/src/event.rs", "struct Inner;\n");
        assert_eq!(found(&[inner, ("locks/src/lock.rs", "struct Inner;\n")]), [""; 0], "it is listed");
    }

    #[test]
    fn a_public_name_is_shared_with_nothing_and_any_name_with_few() {
        let private = |krate: &str| (format!("{krate}/src/lib.rs"), "pub(crate) struct Turn<T>(T);\n");
        let files: Vec<_> = ["a", "b", "c", "d"].into_iter().map(private).collect();
        let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert_eq!(found(&files[..3]), [""; 0]);
        assert_eq!(found(&files).len(), 1, "in four crates");
        files.truncate(1);
        for public in ["pub trait Turn: Send {}\n", "pub unsafe trait Turn {}\n", "pub type Turn = u8;\n"] {
            assert_eq!(found(&[files[0], ("e/src/lib.rs", public)]).len(), 1, "{public}");
        }
    }

    #[test]
    fn a_name_that_is_not_shared_is_not_listed() {
        let folder = tempfile::tempdir().unwrap();
        let problems = type_names_have_one_meaning(folder.path()).unwrap();
        assert_eq!(problems.len(), SHARED.iter().map(|(_, names)| names.len()).sum::<usize>());
    }
}
