//! The Python that runs asyncio's and uvloop's side of the comparison.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv");

/// A Python that has uvloop, if there is one. With `make` an environment is made that has it.
pub fn find(make: bool) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let own = Path::new(ENVIRONMENT).join("bin/python");
    if make && !has_uvloop(&own) {
        run(Command::new("python3").args(["-m", "venv", ENVIRONMENT]))?;
        run(Command::new(&own).args(["-m", "pip", "install", "--quiet", "uvloop"]))?;
    }
    Ok([own, "python3".into()].into_iter().find(|python| has_uvloop(python)))
}

fn has_uvloop(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import uvloop"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    status.success().then_some(()).ok_or_else(|| format!("{command:?}: {status}").into())
}
