//! Builds the examples and runs one of them as a whole program.
//!
//! The core idea is that a run depends on the program alone: nothing of the caller's environment, terminal or folder
//! reaches it, its clock is virtual and its random numbers are seeded.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use wait_timeout::ChildExt as _;

use crate::examples::Example;
use crate::root;

/// A program that has not ended by then hangs: even the longest takes some twenty seconds on the real clock.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Which clock a program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Sleeps take as long as they say.
    Real,
    /// Time jumps to the next timer as soon as nothing is left to do.
    Virtual,
}

/// The example binaries by name, as cargo built them.
#[derive(Debug)]
pub struct Programs(BTreeMap<String, PathBuf>);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned or exited with this status.
    Exited(i32),
    /// A signal ended it, or the platform tells no status.
    Killed,
    /// It was still running at the time limit and was killed.
    TimedOut,
}

/// What a program printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How it ended.
    pub end: End,
}

/// Builds every example, since `cargo test` of another package does not, and asks cargo where the binaries are.
///
/// Cargo takes further options, such as `--quiet`; without that its progress is seen.
///
/// # Errors
///
/// Fails when an example does not compile; cargo has said why on standard error.
pub fn build(options: &[&str]) -> Result<Programs> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "examples", "--examples", "--message-format=json-render-diagnostics"])
        .args(options)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the examples do not build");
    }
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>();
    let mut programs = BTreeMap::new();
    for message in messages {
        let message = message.context("cargo printed something that is not JSON")?;
        if let (Some("example"), Some(name), Some(binary)) =
            (message["target"]["kind"][0].as_str(), message["target"]["name"].as_str(), message["executable"].as_str())
        {
            programs.insert(name.to_owned(), PathBuf::from(binary));
        }
    }
    Ok(Programs(programs))
}

impl Programs {
    /// Runs one example and waits for its end.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started. A program that fails or hangs is no error: its output tells.
    pub fn run(&self, example: &Example, clock: Clock) -> Result<Output> {
        let Some(binary) = self.0.get(&example.name) else {
            bail!("cargo built no example named {:?}", example.name);
        };
        let mut command = Command::new(binary);
        command.args(&example.args).env("ASYNCIO_SEED", "1").env("TZ", "UTC");
        if clock == Clock::Virtual {
            command.env("ASYNCIO_CLOCK", "virtual");
        }
        run(command, LIMIT).with_context(|| format!("cannot run {}", example.name))
    }
}

/// Runs a command with what is set on it, the path and the home folder as its whole environment.
pub(crate) fn run(mut command: Command, limit: Duration) -> Result<Output> {
    let chosen: Vec<_> =
        command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
    command.env_clear();
    command.envs(["PATH", "HOME"].iter().filter_map(|key| Some((key, std::env::var_os(key)?))));
    command.envs(chosen.into_iter().filter_map(|(key, value)| Some((key, value?))));

    let folder = tempfile::tempdir()?;
    // Files rather than pipes: a grandchild that outlives the program cannot keep us waiting for the end of a file.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let end = match child.wait_timeout(limit)? {
        Some(status) => status.into(),
        None => {
            child.kill()?;
            child.wait()?;
            End::TimedOut
        }
    };
    Ok(Output { stdout: contents(&mut stdout)?, stderr: contents(&mut stderr)?, end })
}

fn contents(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or(End::Killed, End::Exited)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exited(status) => write!(f, "exit status {status}"),
            End::Killed => f.write_str("killed by a signal"),
            End::TimedOut => write!(f, "still running after {LIMIT:?}"),
        }
    }
}

/// Reads as a terminal shows it: standard output, then, each under a line of its own, what is unusual.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line_end = |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        write!(f, "{}{}", self.stdout, line_end(&self.stdout))?;
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}{}", self.stderr, line_end(&self.stderr))?;
        }
        if self.end != End::Exited(0) {
            writeln!(f, "[{}]", self.end)?;
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("CHOSEN", "yes");
        run(command, limit).unwrap()
    }

    #[test]
    fn a_run_sees_nothing_of_its_caller() {
        let output = shell("echo $CHOSEN ${CARGO_MANIFEST_DIR:-clean}; read line || echo no input; ls", LIMIT);
        assert_eq!(output.stdout, "yes clean\nno input\n");
    }

    #[test]
    fn the_two_streams_and_the_status_are_kept_apart() {
        let output = shell("echo out; echo err >&2; exit 3", LIMIT);
        assert_eq!(output.to_string(), "out\n[stderr]\nerr\n[exit status 3]\n");
    }

    #[test]
    fn a_program_that_hangs_is_killed_and_keeps_what_it_printed() {
        let output = shell("echo begun; exec sleep 600", Duration::from_millis(200));
        assert_eq!((output.stdout.as_str(), output.end), ("begun\n", End::TimedOut));
    }
}
