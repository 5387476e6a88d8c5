//! The other interpreter: CPython, with `interpreter.py`.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, anyhow, ensure};
use guide_tests::oracle::Oracle;
use guide_tests::python::{Python, number};
use serde::{Serialize, de::DeserializeOwned};

use crate::language::Program;
use crate::pyodide::Pyodide;

/// What our runtime is compared with.
#[derive(Clone, Debug)]
pub enum Reference {
    /// A CPython of this machine.
    Machine(Python),
    /// This CPython, with `reference` in the place of asyncio: a program that models the order of steps.
    Model(Python),
    /// A CPython under Node.
    Pyodide(Pyodide),
}

impl Reference {
    /// The Python with this path, or the Pyodide in this folder; if neither is given, the newest Python on the machine. If that
    /// is missing or too old, a Pyodide that Node finds from the folder of this package is used instead.
    ///
    /// # Errors
    ///
    /// Fails if the given one is unsuitable, or if there is none; the error says how to get one.
    pub fn find(python: Option<&Path>, pyodide: Option<&Path>) -> Result<Self> {
        match pyodide {
            Some(folder) => Pyodide::find(folder).map(Self::Pyodide),
            None if python.is_some() => Python::find(python).map(Self::Machine),
            None => Self::choose(&Oracle::load()?, Python::find(None), || Pyodide::find(&crate::root())),
        }
    }

    fn choose(oracle: &Oracle, python: Result<Python>, pyodide: impl FnOnce() -> Result<Pyodide>) -> Result<Self> {
        let no_python = match python {
            Ok(python) if oracle.is_new_enough(&python.version) => return Ok(Self::Machine(python)),
            Ok(python) => {
                let newer = |pyodide: &Pyodide| number(&pyodide.python) > number(&python.version);
                return Ok(pyodide().ok().filter(newer).map_or(Self::Machine(python), Self::Pyodide));
            }
            Err(error) => error,
        };
        pyodide().map(Self::Pyodide).map_err(|no_pyodide| anyhow!("{no_python:#}, and no Pyodide: {no_pyodide:#}"))
    }

    /// The version of CPython, such as `3.15.2`.
    #[must_use]
    pub fn version(&self) -> &str {
        match self {
            Self::Machine(python) | Self::Model(python) => &python.version,
            Self::Pyodide(pyodide) => &pyodide.python,
        }
    }

    /// Runs `interpreter.py`.
    fn command(&self) -> Command {
        match self {
            Self::Pyodide(pyodide) => pyodide.command(),
            Self::Machine(python) => script(python, "interpreter.py"),
            Self::Model(python) => {
                let mut command = script(python, "accepts.py");
                command.arg("--programs");
                command
            }
        }
    }
}

/// The command that runs a script in this folder.
pub fn script(python: &Python, name: &str) -> Command {
    let mut command = Command::new(&python.path);
    command.args(["-E", "-s", "-B"]).arg(crate::root().join(name));
    command
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(python) => write!(f, "CPython {} at {}", python.version, python.path.display()),
            Self::Model(python) => write!(f, "conform/reference on CPython {}", python.version),
            Self::Pyodide(pyodide) => pyodide.fmt(f),
        }
    }
}

/// A process that answers lines: each question is a line of JSON, and so is its answer.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("it does not start")?;
        let questions = child.stdin.take().context("no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Self { child, questions, answers })
    }

    /// Fails if the process has ended; its own words are on standard error.
    pub(crate) fn ask<A: DeserializeOwned>(&mut self, question: &impl Serialize) -> Result<A> {
        let mut line = serde_json::to_string(question)?;
        line.push('\n');
        self.questions.write_all(line.as_bytes())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("the process of the other interpreter has ended")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that runs programs, one after the other.
#[derive(Debug)]
pub struct Interpreter(Process);

impl Interpreter {
    /// Starts a process, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start(python: &Reference) -> Result<Self> {
        let process = Process::start(python.command()).with_context(|| format!("cannot start {python}"))?;
        let mut interpreter = Self(process);
        // An empty program: the time that Pyodide takes to start must not count for the first program.
        interpreter.trace(&Program { functions: vec![Vec::new()], ..Program::default() })?;
        Ok(interpreter)
    }

    /// The trace of a program; none if it never ends on CPython.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended; its own words are on standard error.
    pub fn trace(&mut self, program: &Program) -> Result<Option<String>> {
        self.0.ask(program)
    }
}

/// The Python code that a program stands for.
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
    fn pyodide_stands_in_only_where_no_python_is_as_new() {
        let oracle = Oracle { version: "3.15.2".to_owned(), ..Oracle::load().unwrap() };
        let python = |version: &str| Ok(Python { path: "python3".into(), version: version.to_owned() });
        let pyodide = || Pyodide {
            path: "pyodide".into(),
            version: "314.0.7".into(),
            python: "3.14.2".into(),
            node: "v20.20.2".into(),
        };
        let chosen = Reference::choose(&oracle, python("3.15.0"), || panic!("nobody asks for it")).unwrap();
        assert_eq!(chosen.to_string(), "CPython 3.15.0 at python3");
        let chosen = Reference::choose(&oracle, Err(anyhow!("no CPython")), || Ok(pyodide())).unwrap();
        assert!(matches!(chosen, Reference::Pyodide(chosen) if chosen == pyodide()));
        let chosen = Reference::choose(&oracle, python("3.13.0"), || Ok(pyodide())).unwrap();
        assert_eq!(chosen.version(), "3.14.2");
        let chosen = Reference::choose(&oracle, python("3.14.4"), || Ok(pyodide())).unwrap();
        assert_eq!(chosen.version(), "3.14.4");
        let chosen = Reference::choose(&oracle, python("3.13.0"), || Err(anyhow!("no package"))).unwrap();
        assert_eq!(chosen.version(), "3.13.0");
        let error = Reference::choose(&oracle, Err(anyhow!("no CPython")), || Err(anyhow!("no package"))).unwrap_err();
        assert_eq!(error.to_string(), "no CPython, and no Pyodide: no package");
    }

    #[test]
    #[cfg(unix)]
    fn a_program_without_an_end_has_no_trace_and_the_next_one_has() {
        // The answers of `interpreter.py` to two programs, one after the other.
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python3");
        let script = "#!/bin/sh\nread p; echo '\"\"'; read p; echo null; read p; echo '\"t1\"'\n";
        std::fs::write(&python, script).unwrap();
        std::fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let python = Reference::Machine(Python { path: python, version: "3.15.2".to_owned() });
        let mut interpreter = Interpreter::start(&python).unwrap();
        assert_eq!(interpreter.trace(&Program::default()).unwrap(), None);
        assert_eq!(interpreter.trace(&Program::default()).unwrap().as_deref(), Some("t1"));
        assert!(interpreter.trace(&Program::default()).is_err());
    }
}
