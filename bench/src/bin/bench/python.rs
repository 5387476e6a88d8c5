//! The Python that runs asyncio's and uvloop's side of the comparison: one that has uvloop.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An environment of our own, which `--make-python` makes.
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv");

/// The given Python, which must have uvloop; otherwise our own environment, which is created if `make` is set; otherwise the
/// first interpreter on this machine that has uvloop.
pub fn find(named: Option<&Path>, make: bool) -> Result<Option<PathBuf>, Box<dyn Error>> {
    if let Some(python) = named {
        return match has(python, "uvloop") {
            true => Ok(Some(python.to_owned())),
            false => Err(format!("{} has no uvloop", python.display()).into()),
        };
    }
    let own = Path::new(ENVIRONMENT).join("bin/python");
    if make && !has(&own, "uvloop") {
        let base = interpreters().into_iter().find(|python| has(python, "venv")).ok_or("there is no Python here")?;
        run(Command::new(base).args(["-m", "venv", ENVIRONMENT]))?;
        run(Command::new(&own).args(["-m", "pip", "install", "--quiet", "uvloop"]))?;
    }
    Ok([own].into_iter().chain(interpreters()).find(|python| has(python, "uvloop")))
}

/// Where an interpreter may be: names in PATH, then what pyenv has installed. Our programs follow CPython 3.13, so that
/// comes first.
fn interpreters() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["python3.13", "python3.14", "python3"].map(PathBuf::from).into();
    if let Some(home) = std::env::var_os("HOME") {
        let versions = std::fs::read_dir(Path::new(&home).join(".pyenv/versions")).into_iter().flatten().flatten();
        let is_3_13 =
            |path: &PathBuf| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("3.13."));
        let paths = versions.map(|version| version.path().join("bin/python3"));
        // A name in PATH may be pyenv's own script, with no version selected.
        found.splice(0..0, paths.filter(is_3_13));
    }
    found
}

/// Whether this Python is 3.11 or newer, as the workloads need it, and can import a module.
fn has(python: &Path, module: &str) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import sys, {module}; sys.exit(sys.version_info < (3, 11))")]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The versions of this Python and of its uvloop.
pub fn versions(python: &Path) -> Result<[(String, String); 2], Box<dyn Error>> {
    const QUESTION: &str = "import platform, uvloop; print(platform.python_version(), uvloop.__version__)";
    let output = Command::new(python).args(["-c", QUESTION]).output()?;
    let said = String::from_utf8(output.stdout)?;
    let (cpython, uvloop) = said.trim().split_once(' ').ok_or("this Python does not tell its version")?;
    Ok([("CPython", cpython), ("uvloop", uvloop)].map(|(name, version)| (name.to_owned(), version.to_owned())))
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    status.success().then_some(()).ok_or_else(|| format!("{command:?}: {status}").into())
}
