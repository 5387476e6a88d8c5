//! The other interpreter: CPython on this machine, with `interpreter.py`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use guide_tests::python::Python;

use crate::language::Program;

/// A process that runs programs, one after the other.
#[derive(Debug)]
pub struct Interpreter {
    process: Child,
    programs: ChildStdin,
    traces: BufReader<ChildStdout>,
}

impl Interpreter {
    /// Starts a process.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start(python: &Python) -> Result<Self> {
        let mut process = Command::new(&python.path)
            .args(["-E", "-s", "-B"])
            .arg(crate::root().join("interpreter.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", python.path.display()))?;
        let programs = process.stdin.take().context("no standard input")?;
        let traces = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, programs, traces })
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
pub fn source(python: &Python, program: &Program) -> Result<String> {
    let mut process = Command::new(&python.path)
        .args(["-E", "-s", "-B"])
        .arg(crate::root().join("interpreter.py"))
        .arg("--show")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    process.stdin.take().context("no standard input")?.write_all(&serde_json::to_vec(program)?)?;
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "Python has failed");
    Ok(String::from_utf8(output.stdout)?)
}
