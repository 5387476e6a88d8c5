//! Builds examples and runs one of them as a whole program.
//!
//! The core idea is that a run depends only on the program: nothing of the caller's environment, terminal or folder reaches it,
//! its clock is virtual, and its random numbers are seeded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use wait_timeout::ChildExt as _;

use crate::company::{run_in_company, servers};
use crate::examples::Example;
use crate::root;

/// A program that has not ended after this time hangs: even the longest takes only some twenty seconds on the real clock.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Which clock a program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Sleeps take as long as they say.
    Real,
    /// Time jumps to the next timer as soon as nothing is left to do.
    Virtual,
}

/// The example binaries by name, as cargo built them.
#[derive(Debug, Default)]
pub struct Programs(BTreeMap<String, PathBuf>);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned or exited with this status.
    Exited(i32),
    /// A signal ended it, or the platform has no status.
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

/// Builds these examples and the programs that they need, because `cargo test` of another package does not, and asks cargo for
/// the paths of the binaries.
///
/// Cargo gets further options, such as `--quiet`; without that its progress is visible.
///
/// # Errors
///
/// Fails when an example does not compile; cargo has said why on standard error.
pub fn build(examples: &[Example], options: &[&str]) -> Result<Programs> {
    let servers = servers(examples)?;
    let names: BTreeSet<&str> =
        examples.iter().map(|example| &example.name).chain(&servers).map(String::as_str).collect();
    let output = cargo()
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(names.iter().flat_map(|name| ["--example", name]))
        .args(options)
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

/// A command of cargo at the root of the workspace.
///
/// It does not inherit the variables that cargo sets for this program's package: build scripts that read such variables, like
/// that of `ring`, would run again each time, and everything that depends on them would be recompiled.
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    command.current_dir(root());
    command
}

impl Programs {
    /// Was an example of this name built?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Runs one example and waits for its end.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started. A program that fails or hangs is not an error here: its output shows it.
    pub fn run(&self, example: &Example, clock: Clock) -> Result<Output> {
        let command = |name: &str| self.command(name, clock);
        run_in_company(example, &command).with_context(|| format!("cannot run {}", example.name))
    }

    /// The command that starts an example, still without arguments.
    ///
    /// # Errors
    ///
    /// Fails when cargo built none of this name.
    pub fn command(&self, name: &str, clock: Clock) -> Result<Command> {
        let binary = self.0.get(name).with_context(|| format!("cargo built no example named {name:?}"))?;
        let mut command = Command::new(binary);
        command.env("ASYNCIO_SEED", "1").env("TZ", "UTC");
        if clock == Clock::Virtual {
            command.env("ASYNCIO_CLOCK", "virtual");
        }
        Ok(command)
    }
}

/// Runs a command whose whole environment is the variables set on it, the path and the home folder.
pub(crate) fn run(command: Command, limit: Duration) -> Result<Output> {
    Running::start(command)?.end(limit)
}

/// A program that was started. Dropping this kills it, so that no program outlives a failed test.
pub struct Running {
    child: Child,
    // Files rather than pipes: a grandchild that outlives the program cannot keep us waiting for the end of a file.
    stdout: File,
    stderr: File,
    _folder: TempDir,
}

impl Running {
    /// Starts a command in an empty folder. Its whole environment is the variables set on it, the path and the home folder.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let chosen: Vec<_> =
            command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
        command.env_clear();
        command.envs(["PATH", "HOME"].iter().filter_map(|key| Some((key, std::env::var_os(key)?))));
        command.envs(chosen.into_iter().filter_map(|(key, value)| Some((key, value?))));

        let folder = tempfile::tempdir()?;
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            .spawn()?;
        Ok(Self { child, stdout, stderr, _folder: folder })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it ended by itself?
    ///
    /// # Errors
    ///
    /// Fails when the system cannot tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// What it has written to standard output so far.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn stdout(&self) -> Result<String> {
        contents(&self.stdout)
    }

    /// What it has written to standard error so far.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn stderr(&self) -> Result<String> {
        contents(&self.stderr)
    }

    /// Waits for its end, and kills it at the limit.
    ///
    /// # Errors
    ///
    /// Fails when the system cannot tell how it ended.
    pub fn end(mut self, limit: Duration) -> Result<Output> {
        let end = self.child.wait_timeout(limit)?.map_or(End::TimedOut, End::from);
        self.kill()?;
        Ok(Output { stdout: contents(&self.stdout)?, stderr: contents(&self.stderr)?, end })
    }

    fn kill(&mut self) -> Result<()> {
        // If it has ended already, this does nothing.
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The whole content of a file, without moving the file's offset, which the writing program shares.
fn contents(file: &File) -> Result<String> {
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len())?];
    file.read_exact_at(&mut bytes, 0)?;
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

/// The output as a terminal shows it: standard output and then, each under a heading, everything unusual.
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
