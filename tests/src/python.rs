//! The CPython on this machine that our programs are compared with.
//!
//! It is searched for in the usual places, and asked for its version. Nothing is downloaded.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::oracle;

/// The oldest version whose behaviour is ours.
const OLDEST: (u32, u32) = (3, 13);

/// A CPython that is new enough.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter itself, not a script that chooses one.
    pub path: PathBuf,
    /// Its version, such as `3.13.0`.
    pub version: String,
}

impl Python {
    /// The interpreter at this path, or the newest on the machine.
    ///
    /// # Errors
    ///
    /// Fails when the chosen one is not CPython 3.13 or newer, or when there is none.
    pub fn find(chosen: Option<&Path>) -> Result<Self> {
        if let Some(path) = chosen {
            return Self::ask(path).with_context(|| format!("cannot use {}", path.display()));
        }
        let (major, minor) = OLDEST;
        newest(candidates().iter().filter_map(|path| Self::ask(path).ok())).with_context(|| {
            format!(
                "there is no CPython {major}.{minor} or newer in PATH, under ~/.pyenv/versions or in the folder of \
                 `cargo xtask conform --fetch-python`"
            )
        })
    }

    /// Asks the interpreter for its kind and version.
    fn ask(path: &Path) -> Result<Self> {
        const QUESTION: &str = "import platform, sys; \
            print(platform.python_implementation(), *sys.version_info[:3], sys.executable, sep='\\n')";
        let output = Command::new(path).args(["-c", QUESTION]).output().context("it cannot be run")?;
        ensure!(output.status.success(), "it does not run a program");
        let answer = String::from_utf8(output.stdout)?;
        let [kind, major, minor, micro, executable] = answer.lines().collect::<Vec<_>>()[..] else {
            bail!("it does not say what it is");
        };
        let version = format!("{major}.{minor}.{micro}");
        ensure!(
            kind == "CPython" && is_new_enough(&version),
            "it is {kind} {version}, and not CPython {OLDEST:?} or newer"
        );
        Ok(Self { path: executable.into(), version })
    }
}

/// Is this version, such as `3.13.0`, new enough to compare with?
#[must_use]
pub fn is_new_enough(version: &str) -> bool {
    number(version).is_some_and(|(major, minor, _)| (major, minor) >= OLDEST)
}

/// The parts of a version, such as `3.13.0`.
#[must_use]
pub fn number(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The newest; among equally new ones, the first.
fn newest(pythons: impl Iterator<Item = Python>) -> Option<Python> {
    pythons.reduce(|best, other| if number(&other.version) > number(&best.version) { other } else { best })
}

/// The candidates: names in PATH, installations of pyenv, and the one that was unpacked into a folder of its own.
fn candidates() -> Vec<PathBuf> {
    let names = ["python3", "python", "python3.16", "python3.15", "python3.14", "python3.13"];
    let mut candidates: Vec<PathBuf> = names.map(PathBuf::from).into();
    if let Some(home) = std::env::var_os("HOME") {
        let versions = std::fs::read_dir(Path::new(&home).join(".pyenv/versions")).into_iter().flatten().flatten();
        let mut installed: Vec<_> = versions.map(|version| version.path().join("bin/python3")).collect();
        installed.sort();
        candidates.extend(installed);
    }
    candidates.extend(oracle::folder().map(|folder| folder.join(oracle::INTERPRETER)));
    candidates
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_newest_is_used_whatever_its_place() {
        let found = |versions: &[&str]| {
            let pythons = versions.iter().enumerate();
            newest(pythons.map(|(i, version)| Python { path: i.to_string().into(), version: (*version).to_owned() }))
        };
        assert_eq!(found(&["3.13.0", "3.15.2", "3.9.20"]).unwrap().version, "3.15.2");
        assert_eq!(found(&["3.15.10", "3.15.9"]).unwrap().version, "3.15.10");
        assert_eq!(found(&["3.15.2", "3.15.2"]).unwrap().path, Path::new("0"));
        assert!(found(&[]).is_none());
    }

    #[test]
    fn an_interpreter_is_asked_and_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python");
        let error_of = |script: &str| {
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            Python::find(Some(&path)).map(|python| python.version).map_err(|error| format!("{error:#}"))
        };
        assert_eq!(error_of("printf 'CPython\\n3\\n14\\n2\\n/usr/bin/python3.14\\n'").unwrap(), "3.14.2");
        assert!(
            error_of("printf 'CPython\\n3\\n9\\n1\\n/usr/bin/python3\\n'").unwrap_err().contains("it is CPython 3.9.1")
        );
        assert!(error_of("printf 'PyPy\\n3\\n13\\n0\\n/usr/bin/pypy\\n'").unwrap_err().contains("it is PyPy 3.13.0"));
        assert!(error_of("exit 1").unwrap_err().contains("does not run a program"));
        assert!(error_of("echo hello").unwrap_err().contains("does not say what it is"));
    }
}
