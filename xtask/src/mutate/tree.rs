//! The copy in `target/mutants/tree`, with all mutants in it, and its test binaries.
//!
//! A file is written only if it changes, so that cargo rebuilds only what a change affects. The target folder is the copy's own,
//! `target/mutants/build`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::mutants::{Mutant, Test, folder};
use guide_tests::root;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::switch::{Change, SWITCH, switched};

/// The copy.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    /// For each source with mutants the lines of their bodies.
    lines: BTreeMap<PathBuf, Vec<(u32, Range<usize>)>>,
    /// A hash of the sources of each crate, by its folder.
    sources: BTreeMap<String, u64>,
    /// What the tests are.
    pub(super) tests: u64,
}

/// A test binary of the copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Binary {
    pub(super) package: String,
    /// `lib`, or the name of the test.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

impl Tree {
    /// Makes the copy, or brings it up to date. The number of a mutant is its place in the list, from one.
    pub(super) fn make(mutants: &[Mutant]) -> Result<Self> {
        let mut tree = Self {
            root: root().join("target/mutants/tree"),
            lines: BTreeMap::new(),
            sources: BTreeMap::new(),
            tests: 0,
        };
        let mut sources: BTreeMap<String, DefaultHasher> = BTreeMap::new();
        let mut tests = DefaultHasher::new();
        let packages: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.package.as_str()).collect();
        let roots: BTreeSet<PathBuf> =
            packages.iter().map(|package| folder(Path::new(""), package).join("src/lib.rs")).collect();
        let known = listed()?;
        tree.forget_others(&known)?;
        for name in &known {
            let bytes = fs::read(root().join(name)).with_context(|| name.clone())?;
            let hasher = match crate_of(name) {
                Some(folder) => sources.entry(folder.to_owned()).or_default(),
                None => &mut tests,
            };
            (name, &bytes).hash(hasher);
            let mut bytes = bytes;
            let changes: Vec<(u32, &Mutant)> = (1..).zip(mutants).filter(|(_, mutant)| mutant.file == *name).collect();
            if !changes.is_empty() {
                bytes = tree.switched(name, &String::from_utf8(bytes)?, &changes)?.into_bytes();
            }
            if roots.contains(Path::new(name)) {
                bytes.extend_from_slice(SWITCH.as_bytes());
            }
            write(&tree.root.join(name), &bytes)?;
        }
        tree.sources = sources.into_iter().map(|(folder, hasher)| (folder, hasher.finish())).collect();
        tree.tests = tests.finish();
        Ok(tree)
    }

    /// A hash of the sources of the mutant's crate.
    pub(super) fn sources(&self, mutant: &Mutant) -> u64 {
        crate_of(&mutant.file).and_then(|folder| self.sources.get(folder)).copied().unwrap_or(0)
    }

    /// Removes files that were copied before and no longer exist.
    fn forget_others(&self, known: &[String]) -> Result<()> {
        let list = self.root.with_file_name("files.txt");
        let before = fs::read_to_string(&list).unwrap_or_default();
        let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        for gone in before.lines().filter(|name| !known.contains(name)) {
            // The file may never have been written, if the copy was interrupted.
            let _ = fs::remove_file(self.root.join(gone));
        }
        write(&list, Vec::from_iter(known).join("\n").as_bytes())
    }

    fn switched(&mut self, name: &str, source: &str, mutants: &[(u32, &Mutant)]) -> Result<String> {
        let mut changes = Vec::new();
        for (number, mutant) in mutants {
            let place = mutant.place(source).map_err(anyhow::Error::msg)?;
            changes.push(Change { number: *number, place, put: &mutant.put });
        }
        let switched = switched(source, &changes).with_context(|| name.to_owned())?;
        self.lines.insert(PathBuf::from(name), switched.lines);
        Ok(switched.text)
    }

    /// Builds the test binaries of these packages, all or those of the `named` tests.
    pub(super) fn build(
        &self,
        packages: &BTreeSet<String>,
        named: Option<&BTreeSet<Test<'_>>>,
        mutants: &[Mutant],
    ) -> Result<Vec<Binary>> {
        let mut command = self.cargo();
        command.args(["test", "--no-run", "--message-format=json"]);
        match named {
            None => _ = command.args(["--lib", "--tests"]),
            Some(named) => {
                named.iter().map(|test| test.binary).collect::<BTreeSet<_>>().into_iter().for_each(|binary| {
                    match binary {
                        "lib" => command.arg("--lib"),
                        binary => command.args(["--test", binary]),
                    };
                })
            }
        }
        packages.iter().for_each(|package| _ = command.args(["-p", package]));
        let output = command.stderr(Stdio::inherit()).output()?;
        let mut binaries = Vec::new();
        let mut faults = Vec::new();
        for line in String::from_utf8(output.stdout)?.lines() {
            let message: Value = serde_json::from_str(line)?;
            match message["reason"].as_str() {
                Some("compiler-artifact") if !message["executable"].is_null() => {
                    binaries.extend(self.binary(&message));
                }
                Some("compiler-message") if message["message"]["level"] == "error" => {
                    faults.push(self.fault(&message["message"], mutants));
                }
                _ => {}
            }
        }
        faults.dedup();
        ensure!(faults.is_empty(), "mutants that do not compile:\n{}", faults.join("\n"));
        ensure!(output.status.success(), "the copy does not build");
        Ok(binaries)
    }

    fn cargo(&self) -> Command {
        let mut command = guide_tests::program::cargo();
        command.current_dir(&self.root);
        // Not the workspace's own folder: cargo would confuse the crates of the two.
        command.env("CARGO_TARGET_DIR", self.root.with_file_name("build"));
        command
    }

    fn binary(&self, message: &Value) -> Option<Binary> {
        let target = &message["target"];
        let kind = target["kind"][0].as_str()?;
        let name = if kind == "test" { target["name"].as_str()? } else { "lib" };
        if kind == "bin" || message["profile"]["test"] != true {
            return None;
        }
        let manifest = Path::new(message["manifest_path"].as_str()?);
        let text = fs::read_to_string(manifest).ok()?;
        let manifest: toml::Table = text.parse().ok()?;
        let package = manifest["package"]["name"].as_str()?;
        let path = PathBuf::from(message["executable"].as_str()?);
        Some(Binary { package: package.to_owned(), name: name.to_owned(), path })
    }

    /// A message of the compiler, with the mutant that it is about.
    fn fault(&self, message: &Value, mutants: &[Mutant]) -> String {
        let span = message["spans"].as_array().and_then(|spans| spans.iter().find(|span| span["is_primary"] == true));
        let of = span.and_then(|span| {
            let line = span["line_start"].as_u64()? as usize;
            let lines = self.lines.get(Path::new(span["file_name"].as_str()?))?;
            let (number, _) = lines.iter().find(|(_, lines)| lines.contains(&line))?;
            mutants.get(*number as usize - 1)
        });
        let rendered = message["rendered"].as_str().unwrap_or_default();
        format!("{}: {rendered}", of.map_or("(none)", |mutant| &mutant.name))
    }

    /// The command of a test binary, which runs in its package's folder, as with cargo.
    pub(super) fn command(&self, binary: &Binary) -> Command {
        let mut command = Command::new(&binary.path);
        let package = folder(&self.root, &binary.package);
        command.env("CARGO_MANIFEST_DIR", &package).env("RUST_LIB_BACKTRACE", "0").current_dir(package);
        command
    }
}

/// The folder of the crate that this file is a source of.
fn crate_of(name: &str) -> Option<&str> {
    name.strip_prefix("crates/")?.split_once("/src/").map(|(folder, _)| folder)
}

/// The files of the workspace that git tracks or would track.
fn listed() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!("git does not list the files: {}", String::from_utf8_lossy(&output.stderr));
    }
    let names = String::from_utf8(output.stdout)?;
    let is_file = |name: &&str| root().join(name).is_file();
    Ok(names.split_terminator('\0').filter(is_file).map(str::to_owned).collect())
}

/// Writes a file, if that changes it.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// A hash of a mutant, without its source.
pub(super) fn identity(mutant: &Mutant) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&mutant.file, &mutant.after, &mutant.find, &mutant.put).hash(&mut hasher);
    hasher.finish()
}
