//! Pyodide, which is CPython as WebAssembly: used where there is no CPython.
//!
//! It is a self-contained npm package, and runs under Node. Node is asked where it is installed; nothing is downloaded.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use guide_tests::python::is_new_enough;

/// A Pyodide that is new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pyodide {
    /// The folder of the package.
    pub path: PathBuf,
    /// Its version, such as `314.0.7`.
    pub version: String,
    /// The version of CPython in it, such as `3.14.2`.
    pub python: String,
    /// The version of Node.
    pub node: String,
}

impl Pyodide {
    /// The package `pyodide` that Node finds from this folder: in its `node_modules`, or in that of a parent.
    ///
    /// # Errors
    ///
    /// Fails without Node or without the package, and says what to do.
    pub fn find(folder: &Path) -> Result<Self> {
        Self::ask(Path::new("node"), folder)
    }

    fn ask(node: &Path, folder: &Path) -> Result<Self> {
        let mut command = Command::new(node);
        command.arg(script()).arg(folder).arg("--about");
        let output = command.output().with_context(|| format!("Pyodide needs Node, and {node:?} cannot be run"))?;
        let shown = folder.strip_prefix(guide_tests::root()).unwrap_or(folder).display();
        ensure!(
            output.status.success(),
            "Node finds no package `pyodide` in {shown} or above; this installs one: \
             npm install --no-save --prefix {shown} pyodide@314"
        );
        let answer = String::from_utf8(output.stdout)?;
        let [path, version, python, node] = answer.lines().collect::<Vec<_>>()[..] else {
            bail!("pyodide.mjs does not say what it found");
        };
        ensure!(is_new_enough(python), "Pyodide {version} at {path} is CPython {python}, and not 3.13 or newer");
        Ok(Self { path: path.into(), version: version.into(), python: python.into(), node: node.into() })
    }

    /// Runs `interpreter.py` on it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("node");
        command.arg(script()).arg(&self.path);
        command
    }
}

fn script() -> PathBuf {
    crate::root().join("pyodide.mjs")
}

impl fmt::Display for Pyodide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, version, python, node } = self;
        write!(f, "CPython {python}: Pyodide {version} at {}, under Node {node}", path.display())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// The answer if `node` is this shell script.
    fn asked(script: &str) -> Result<Pyodide, String> {
        let folder = tempfile::tempdir().unwrap();
        let node = folder.path().join("node");
        std::fs::write(&node, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&node, std::fs::Permissions::from_mode(0o755)).unwrap();
        Pyodide::ask(&node, &crate::root()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_package_says_what_it_is() {
        let pyodide = asked("printf '/there/pyodide\\n314.0.7\\n3.14.2\\nv20.20.2\\n'").unwrap();
        assert_eq!(pyodide.to_string(), "CPython 3.14.2: Pyodide 314.0.7 at /there/pyodide, under Node v20.20.2");
    }

    #[test]
    fn what_is_missing_is_said_with_the_command_that_helps() {
        let error = asked("exit 1").unwrap_err();
        assert!(error.ends_with("npm install --no-save --prefix conform pyodide@314"), "{error}");
        let error = asked("printf '/there/pyodide\\n0.26.4\\n3.12.7\\nv20.20.2\\n'").unwrap_err();
        assert!(error.contains("is CPython 3.12.7, and not 3.13 or newer"), "{error}");
        let error = Pyodide::ask(Path::new("/no/node"), &crate::root()).unwrap_err();
        assert!(format!("{error:#}").starts_with("Pyodide needs Node, and \"/no/node\" cannot be run: "), "{error:#}");
    }
}
