//! Wrong versions of the crates, each of which some test must notice: `tests/mutants/*.toml`.
//!
//! A mutant is a text of a source file and its replacement, chosen for its meaning: a condition inverted, a call dropped, an
//! order swapped, one too many, an early return. The sources contain nothing of them. `cargo xtask mutate` makes a copy that
//! has them all and runs the tests against each. This module has their data, and the check that none of them is stale, which
//! needs no build.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{files, read, relative};

/// One wrong version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Its name, which is unique.
    pub name: String,
    /// The source file, below the folder of its file of mutants.
    pub file: String,
    /// A text that precedes the replaced one in the source file, for a text that occurs in several places.
    pub after: Option<String>,
    /// The text that is replaced.
    pub find: String,
    /// What takes its place.
    pub put: String,
    /// The error, in words.
    pub means: String,
    /// The test that notices: `BINARY::PATH`, where the binary `lib` has the unit tests, or `PACKAGE/BINARY::PATH` in another
    /// package. Without one, all tests run until one notices, and `--bless` writes its name here.
    pub test: Option<String>,
    /// Why no test can notice.
    pub survives: Option<String>,
    /// The package that it belongs to.
    #[serde(skip)]
    pub package: String,
}

/// A file of mutants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    package: String,
    source: String,
    #[serde(default)]
    mutant: Vec<Mutant>,
}

/// The test that a mutant names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test<'a> {
    /// The package that has it.
    pub package: &'a str,
    /// The test binary: the name of its file or folder, or `lib`.
    pub binary: &'a str,
    /// Its path inside of the binary.
    pub path: &'a str,
}

impl Mutant {
    /// The range of the replaced text in its file.
    ///
    /// # Errors
    ///
    /// Fails when the text is not there, or in more than one place.
    pub fn place(&self, source: &str) -> Result<Range<usize>, String> {
        let only = |text: &str, within: &str| match (within.find(text), within.rfind(text)) {
            (Some(first), Some(last)) if first == last => Ok(first),
            (Some(_), _) => Err(format!("{}: {text:?} is in several places of {}", self.name, self.file)),
            (None, _) => Err(format!("{}: {text:?} is not in {}", self.name, self.file)),
        };
        let start = match &self.after {
            None => only(&self.find, source)?,
            Some(after) => {
                let begin = only(after, source)? + after.len();
                let found = source[begin..].find(&self.find);
                begin + found.ok_or_else(|| format!("{}: {:?} is not behind {after:?}", self.name, self.find))?
            }
        };
        Ok(start..start + self.find.len())
    }

    /// The test that it names.
    #[must_use]
    pub fn test(&self) -> Option<Test<'_>> {
        let (binary, path) = self.test.as_deref()?.split_once("::")?;
        let (package, binary) = binary.split_once('/').unwrap_or((&self.package, binary));
        Some(Test { package, binary, path })
    }

    fn problems(&self, root: &Path) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        let path = root.join(&self.file);
        if path.is_file() {
            problems.extend(self.place(&read(&path)?).err());
        } else {
            problems.push(format!("{}: there is no {}", self.name, self.file));
        }
        if self.find == self.put {
            problems.push(format!("{}: it changes nothing", self.name));
        }
        match (&self.test, &self.survives) {
            (Some(_), None) => match self.test() {
                Some(test) if has_test(root, test)? => {}
                _ => problems.push(format!("{}: there is no test {:?}", self.name, self.test)),
            },
            (Some(_), Some(_)) => problems.push(format!("{}: it has a test, and a reason to have none", self.name)),
            (None, _) => {}
        }
        Ok(problems)
    }
}

/// The folder of a package of this workspace.
#[must_use]
pub fn folder(root: &Path, package: &str) -> PathBuf {
    match package.strip_prefix("asyncio-") {
        Some(name) => root.join("crates").join(name),
        None => root.join(package),
    }
}

/// Is there a function with the test's name in the files of its binary? (For the corpus of `conform`, whose trials are files,
/// the harness reports a missing one.)
fn has_test(root: &Path, test: Test<'_>) -> Result<bool> {
    let folder = folder(root, test.package);
    let places = match test.binary {
        "lib" => vec![folder.join("src")],
        binary => vec![folder.join(format!("tests/{binary}.rs")), folder.join("tests").join(binary)],
    };
    let name = test.path.rsplit("::").next().unwrap_or_default();
    let known = [format!("fn {name}("), format!("\"{name}\"")];
    for place in places {
        let sources = if place.is_file() { vec![place] } else { files(&place, "rs") };
        for path in sources {
            let source = read(&path)?;
            if source.contains("libtest_mimic") || known.iter().any(|known| source.contains(known)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// All mutants, in the order of their files.
///
/// # Errors
///
/// Fails when a file of mutants cannot be read.
pub fn all(root: &Path) -> Result<Vec<Mutant>> {
    let mut all = Vec::new();
    for path in files(&root.join("tests/mutants"), "toml") {
        let listed: Listed = toml::from_str(&read(&path)?).with_context(|| relative(root, &path))?;
        all.extend(listed.mutant.into_iter().map(|mutant| Mutant {
            file: format!("{}/{}", listed.source, mutant.file),
            package: listed.package.clone(),
            ..mutant
        }));
    }
    Ok(all)
}

/// The text of every mutant is in its source, once, and its test is there.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn mutants_are_found(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for mutant in all(root)? {
        problems.extend(mutant.problems(root)?);
        if !names.insert(mutant.name.clone()) {
            problems.push(format!("{}: another mutant has this name", mutant.name));
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(after: Option<&str>, find: &str) -> Mutant {
        Mutant {
            name: "one-off".to_owned(),
            file: "src/lib.rs".to_owned(),
            after: after.map(str::to_owned),
            find: find.to_owned(),
            put: "2".to_owned(),
            means: "it counts one more".to_owned(),
            test: Some("suite::counting::counts".to_owned()),
            survives: None,
            package: "asyncio-locks".to_owned(),
        }
    }

    #[test]
    fn a_text_is_found_once_or_behind_another() {
        let source = "fn a() { 1 }\nfn b() { 1 + 3 }";
        assert_eq!(mutant(None, "1 + 3").place(source), Ok(22..27));
        assert_eq!(mutant(Some("fn b"), "1").place(source), Ok(22..23));
        assert!(mutant(None, "1").place(source).unwrap_err().contains("one-off: \"1\" is in several places"));
        assert!(mutant(None, "4").place(source).unwrap_err().contains("one-off: \"4\" is not in src/lib.rs"));
        assert!(mutant(Some("fn b"), "fn a").place(source).unwrap_err().contains("is not behind"));
        assert!(mutant(Some("fn c"), "1").place(source).unwrap_err().contains("\"fn c\" is not in"));
    }

    #[test]
    fn a_test_is_in_the_package_of_its_mutant_if_it_names_no_other() {
        let mut mutant = mutant(None, "1");
        let test = |package, binary, path| Some(Test { package, binary, path });
        assert_eq!(mutant.test(), test("asyncio-locks", "suite", "counting::counts"));
        mutant.test = Some("conform/corpus::random programs from 0".to_owned());
        assert_eq!(mutant.test(), test("conform", "corpus", "random programs from 0"));
    }

    #[test]
    fn a_stale_mutant_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let listed = |name: &str, find: &str, test: &str| {
            format!(
                "[[mutant]]\nname = \"{name}\"\nfile = \"lib.rs\"\nfind = \"{find}\"\nput = \"2\"\nmeans = \"wrong\"\n\
                 test = \"{test}\"\n"
            )
        };
        write("crates/locks/src/lib.rs", "fn one() -> u32 { 1 }");
        write("crates/locks/tests/suite/main.rs", "fn counts() {}");
        let head = "package = \"asyncio-locks\"\nsource = \"crates/locks/src\"\n";
        let good = listed("good", "1", "suite::counts");
        write("tests/mutants/locks.toml", &format!("{head}{good}"));
        assert_eq!(mutants_are_found(root).unwrap(), Vec::<String>::new());
        let others = [listed("gone", "5", "suite::counts"), listed("blind", "1", "suite::looks"), good.clone()];
        write("tests/mutants/locks.toml", &format!("{head}{good}{}", others.concat()));
        let problems = mutants_are_found(root).unwrap().join("\n");
        for part in ["gone: \"5\" is not in", "blind: there is no test", "good: another mutant has this name"] {
            assert!(problems.contains(part), "{problems}");
        }
    }
}
