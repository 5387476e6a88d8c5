//! Checks of the repository's form: every file is declared, begins with its purpose, and is small.
//!
//! Each check takes the root of a workspace and returns its problems in words, so that `cargo test` and `cargo xtask tidy` run
//! the same code and the checks themselves can be tested on a workspace of two files.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use unicode_width::UnicodeWidthStr as _;

use crate::examples::{LIBRARIES, examples, files_of, header, programs};
use crate::names::names_are_placed;
use crate::timeline::players;
use crate::{
    book, cheat_sheet, circles, docs, files, manifests, mutants, publishing, read, relative, rooms, twins, type_names,
};

/// A check of the whole workspace: its problems in words.
pub type Check = fn(&Path) -> Result<Vec<String>>;

/// Every check, by name.
pub const CHECKS: &[(&str, Check)] = &[
    ("examples are declared", examples_are_declared),
    ("examples tell how to run them", examples_tell_their_command),
    ("examples have twins", twins::examples_have_twins),
    ("examples take the steps of their twins", players::steps_are_those_of_the_twins),
    ("examples fit beside their twins", examples_are_narrow),
    ("files tell what they are for", files_tell_their_purpose),
    ("files are small", files_are_small),
    ("the rooms of the runtime look down", rooms::rooms_look_down),
    ("the modules of the runtime import in no circle", circles::modules_are_in_no_circle),
    ("the core is small", rooms::the_core_is_small),
    ("names of types have one meaning", type_names::type_names_have_one_meaning),
    ("tests are under the guard", tests_are_guarded),
    ("packages can be published", publishing::packages_can_be_published),
    ("links lead somewhere", book::links),
    ("names of asyncio are placed", names_are_placed),
    ("documentation imports asyncio alone", docs::examples_import_asyncio_alone),
    ("documentation hides no line of an example", docs::examples_hide_nothing),
    ("documentation has its examples under the guard", docs::examples_are_guarded),
    ("documentation has its examples under a heading", docs::examples_have_their_heading),
    ("the facade is whole", docs::facade_is_whole),
    ("crates do not use the facade", docs::crates_do_not_use_the_facade),
    ("pages are listed", book::pages),
    ("pages show code that exists", book::includes),
    ("pages hold no code of their own", book::fences),
    ("the cheat sheet runs", cheat_sheet::entries_run),
    ("mutants are found", mutants::mutants_are_found),
];

/// A crate with tests has the guard of `asyncio_testing` in the place of the standard `#[test]`.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn tests_are_guarded(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in files(&root.join("crates"), "rs") {
        let name = relative(root, &path);
        let parts: Vec<&str> = name.split('/').collect();
        // `crates/X/src/lib.rs` has the unit tests of a crate, `crates/X/tests/Y.rs` or `crates/X/tests/Y/main.rs` others.
        let folder = match parts[..] {
            [_, krate, "src", "lib.rs"] => root.join("crates").join(krate).join("src"),
            [_, _, "tests", _] => path.clone(),
            [_, krate, "tests", suite, "main.rs"] => root.join("crates").join(krate).join("tests").join(suite),
            _ => continue,
        };
        let tests = if folder.is_file() { vec![folder] } else { files(&folder, "rs") };
        let mut has_tests = false;
        for file in tests {
            has_tests |= read(file)?.lines().any(|line| line.trim() == "#[test]");
        }
        if has_tests && !read(&path)?.contains("extern crate asyncio_testing;") {
            problems.push(format!("{name} does not say `#[macro_use] extern crate asyncio_testing;`"));
        }
    }
    Ok(problems)
}

/// Each example has a name of its own, each file belongs to an example, and the manifests correspond to the files.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn examples_are_declared(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let (mut names, mut known) = (BTreeSet::new(), BTreeSet::new());
    for program in programs(root)? {
        known.extend(files_of(root, &program));
        if !names.insert(program.name.clone()) {
            problems.push(format!("examples/{} is the second program named {:?}", program.path, program.name));
        }
    }
    let folder = root.join("examples");
    for path in files(&folder, "rs") {
        let file = relative(&folder, &path);
        if !LIBRARIES.iter().any(|library| file.starts_with(library)) && !known.contains(&path) {
            problems.push(format!("examples/{file} has no main, and no program beside it has a folder of its own"));
        }
    }
    for (path, text) in manifests::generated(root)? {
        if read(&path)? != text {
            problems
                .push(format!("{} is not as the files make it: `cargo xtask bless --tables`", relative(root, &path)));
        }
    }
    Ok(problems)
}

/// The opening comment of an example holds the command that runs it.
///
/// # Errors
///
/// Fails when an example cannot be read.
pub fn examples_tell_their_command(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for example in examples(root)? {
        let header = header(&read(root.join("examples").join(&example.path))?);
        let command = format!("cargo run --example {}", example.name);
        let follows = |rest: &str| rest.starts_with(['`', ' ', '\n']) || rest.is_empty();
        if !header.split(&command).skip(1).any(follows) {
            problems.push(format!("examples/{}: the opening comment does not say `{command}`", example.path));
        }
    }
    Ok(problems)
}

/// No line of an example or of a twin is wider than 84 columns, so that the book can show both side by side.
///
/// A command that stands alone on its line of a comment is left whole, because it is copied.
///
/// # Errors
///
/// Fails when an example cannot be read.
pub fn examples_are_narrow(root: &Path) -> Result<Vec<String>> {
    const WIDEST: usize = 84;
    let is_command =
        |line: &str| line.starts_with("//! `cargo run ") && line.find('`') != line.rfind('`') && line.ends_with('`');
    let folder = root.join("examples");
    let mut problems = Vec::new();
    for path in [files(&folder, "rs"), files(&folder, "py")].concat() {
        for (index, line) in read(&path)?.lines().enumerate() {
            let width = line.width();
            if width > WIDEST && !is_command(line) {
                let path = relative(root, &path);
                problems.push(format!("{path}:{}: {width} columns are more than {WIDEST}", index + 1));
            }
        }
    }
    Ok(problems)
}

/// Every Rust file of ours opens with `//!`.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn files_tell_their_purpose(root: &Path) -> Result<Vec<String>> {
    let silent = |text: &str| !text.starts_with("//!");
    sources(root, |path, text| silent(text).then(|| format!("{path} does not open with what it is for (//!)")))
}

/// No file has more than 600 lines of code: a longer one has more than one idea.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn files_are_small(root: &Path) -> Result<Vec<String>> {
    const MOST: usize = 600;
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    sources(root, |path, text| {
        let lines = text.lines().filter(code).count();
        (lines > MOST).then(|| format!("{path} has {lines} lines of code: which second idea has moved in?"))
    })
}

/// The results of `check` for each Rust file of the workspace.
fn sources(root: &Path, check: impl Fn(&str, &str) -> Option<String>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in files(root, "rs") {
        problems.extend(check(&relative(root, &path), &read(&path)?));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems that a check finds in a workspace of these files.
    fn found(check: Check, files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        check(folder.path()).unwrap()
    }

    const MARK: &str = "# The programs, from their files: made by `cargo xtask bless --tables`.\n";
    const NAP: &str = "\n[[example]]\nname = \"nap\"\npath = \"05-sleep/nap.rs\"\n";
    const MAIN: &str = "//! A nap.\n\nfn main() {}\n";

    /// The problems if the first package declares this and these files exist.
    fn declared(tables: &str, files: &[(&str, &str)]) -> Vec<String> {
        let manifests = [format!("{MARK}{tables}"), format!("[lib]\nname = \"more\"\n{MARK}")];
        let manifests = [("examples/Cargo.toml", &*manifests[0]), ("examples/extra/Cargo.toml", &*manifests[1])];
        found(examples_are_declared, &[&manifests[..], files].concat())
    }

    #[test]
    fn examples_are_declared_as_the_files_make_them() {
        let files = [("examples/05-sleep/nap.rs", MAIN)];
        assert_eq!(declared(NAP, &files), [""; 0]);
        for stale in ["", &NAP.repeat(2), &NAP.replace("nap\"", "nip\"")] {
            let problems = declared(stale, &files);
            assert!(problems.len() == 1 && problems[0].starts_with("examples/Cargo.toml is not"), "{problems:?}");
        }
        let needs_more = MAIN.replace("fn", "use more::time;\n\nfn");
        assert_eq!(declared(NAP, &[("examples/05-sleep/nap.rs", &needs_more)]).len(), 2, "it belongs to the other");
    }

    #[test]
    fn two_examples_do_not_share_a_name() {
        let both = format!("{NAP}{}", NAP.replace("05", "06"));
        let problems = declared(&both, &[("examples/05-sleep/nap.rs", MAIN), ("examples/06-sleep/nap.rs", MAIN)]);
        assert_eq!(problems, ["examples/06-sleep/nap.rs is the second program named \"nap\""]);
    }

    #[test]
    fn a_program_of_several_files_has_a_folder_of_its_own() {
        let tables = NAP.replace("nap.rs", "nap/main.rs");
        let check = |module: &str| declared(&tables, &[("examples/05-sleep/nap/main.rs", MAIN), (module, "")]);
        assert_eq!(check("examples/05-sleep/nap/dream.rs"), [""; 0]);
        assert_eq!(check("examples/src/dream.rs"), [""; 0]);
        assert_eq!(check("examples/05-sleep/dream.rs").len(), 1, "a file beside the folder is none of its modules");
    }

    #[test]
    fn an_example_tells_its_command() {
        let check = |text: &str| {
            found(examples_tell_their_command, &[("examples/05-sleep/nap.rs", &format!("{text}\nfn main() {{}}\n"))])
        };
        assert_eq!(check("//! Run `cargo run --example nap -- 9`.\n"), [""; 0]);
        assert_eq!(check("//! Run `cargo run --example naps`.\n").len(), 1);
    }

    #[test]
    fn an_example_is_at_most_84_columns_wide() {
        let check = |file: &str, line: &str| found(examples_are_narrow, &[(&format!("examples/{file}"), line)]).len();
        assert_eq!(check("nap.rs", &"x".repeat(84)), 0);
        assert_eq!(check("nap.rs", &"x".repeat(85)), 1);
        assert_eq!(check("nap.py", &"x".repeat(85)), 1);
        assert_eq!(check("nap.py", &"睡".repeat(42)), 0);
        assert_eq!(check("nap.py", &"睡".repeat(43)), 1, "it takes two columns");
        let command = format!("//! `cargo run --example nap -- {}`", "x".repeat(84));
        assert_eq!(check("nap.rs", &command), 0);
        assert_eq!(check("nap.rs", &format!("//! Run {}", &command[4..])), 1, "it could have a line of its own");
    }

    #[test]
    fn files_open_with_a_purpose_and_stay_small() {
        assert_eq!(
            found(files_tell_their_purpose, &[("a.rs", "//! For this.\n"), ("b.rs", "fn main() {}\n")]).len(),
            1
        );
        let (long, longer) = ("a();\n// Why.\n\n".repeat(600), "a();\n".repeat(601));
        assert_eq!(found(files_are_small, &[("a.rs", &long), ("b.rs", &longer)]).len(), 1);
    }
}
