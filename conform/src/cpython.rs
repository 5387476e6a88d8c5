//! The other interpreter: CPython, with `interpreter.py`.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, anyhow, ensure};
use guide_tests::python::Python;

use crate::language::Program;
use crate::pyodide::Pyodide;

/// The CPython that runs the programs.
#[derive(Clone, Debug)]
pub enum Reference {
    /// One of this machine.
    Machine(Python),
    /// One under Node.
    Pyodide(Pyodide),
}

impl Reference {
    /// The Python of this path, or the Pyodide in this folder; if none is named, the first Python on the machine that will
    /// do, and else the Pyodide that Node finds from the folder of this package.
    ///
    /// # Errors
    ///
    /// Fails when what is named will not do, or when there is neither; the error says how to get one.
    pub fn find(python: Option<&Path>, pyodide: Option<&Path>) -> Result<Self> {
        match pyodide {
            Some(folder) => Pyodide::find(folder).map(Self::Pyodide),
            None if python.is_some() => Python::find(python).map(Self::Machine),
            None => Self::choose(Python::find(None), || Pyodide::find(&crate::root())),
        }
    }

    fn choose(python: Result<Python>, pyodide: impl FnOnce() -> Result<Pyodide>) -> Result<Self> {
        python.map(Self::Machine).or_else(|no_python| {
            pyodide().map(Self::Pyodide).map_err(|no_pyodide| anyhow!("{no_python:#}, and no Pyodide: {no_pyodide:#}"))
        })
    }

    /// Runs `interpreter.py`.
    fn command(&self) -> Command {
        match self {
            Self::Pyodide(pyodide) => pyodide.command(),
            Self::Machine(python) => {
                let mut command = Command::new(&python.path);
                command.args(["-E", "-s", "-B"]).arg(crate::root().join("interpreter.py"));
                command
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(python) => write!(f, "CPython {} at {}", python.version, python.path.display()),
            Self::Pyodide(pyodide) => pyodide.fmt(f),
        }
    }
}

/// A process that runs programs, one after the other.
#[derive(Debug)]
pub struct Interpreter {
    process: Child,
    programs: ChildStdin,
    traces: BufReader<ChildStdout>,
}

impl Interpreter {
    /// Starts a process, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start(python: &Reference) -> Result<Self> {
        let mut command = python.command();
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.with_context(|| format!("cannot start {python}"))?;
        let programs = process.stdin.take().context("no standard input")?;
        let traces = BufReader::new(process.stdout.take().context("no standard output")?);
        let mut interpreter = Self { process, programs, traces };
        // A program of nothing: Pyodide takes its time to start, which is no part of the first program.
        interpreter.trace(&Program { functions: vec![Vec::new()], ..Program::default() })?;
        Ok(interpreter)
    }

    /// The trace of a program.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended; its own words are on standard error.
    pub fn trace(&mut self, program: &Program) -> Result<String> {
        let mut line = serde_json::to_string(program)?;
        line.push('\n');
        self.programs.write_all(line.as_bytes())?;
        let mut answer = String::new();
        self.traces.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("interpreter.py has ended")
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python that a program stands for.
///
/// # Errors
///
/// Fails if Python does.
pub fn source(python: &Reference, program: &Program) -> Result<String> {
    let mut process = python.command().arg("--show").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    process.stdin.take().context("no standard input")?.write_all(&serde_json::to_vec(program)?)?;
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "Python has failed");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pyodide_stands_in_only_where_no_python_is_found() {
        let python = || Python { path: "python3".into(), version: "3.13.0".into() };
        let pyodide = || Pyodide {
            path: "pyodide".into(),
            version: "314.0.7".into(),
            python: "3.14.2".into(),
            node: "v20.20.2".into(),
        };
        let chosen = Reference::choose(Ok(python()), || panic!("nobody asks for it")).unwrap();
        assert_eq!(chosen.to_string(), "CPython 3.13.0 at python3");
        let chosen = Reference::choose(Err(anyhow!("no CPython")), || Ok(pyodide())).unwrap();
        assert!(matches!(chosen, Reference::Pyodide(chosen) if chosen == pyodide()));
        let error = Reference::choose(Err(anyhow!("no CPython")), || Err(anyhow!("no package"))).unwrap_err();
        assert_eq!(error.to_string(), "no CPython, and no Pyodide: no package");
    }
}
