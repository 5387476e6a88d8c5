//! `create_subprocess_exec` and `create_subprocess_shell`: from a command to a running child.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{Result, ValueError, get_running_loop, sleep};
use asyncio_streams::{DEFAULT_LIMIT, connect_read_pipe, connect_write_pipe};
use rustix::process::Pid;

use crate::child::Child;
use crate::error::cannot_start;
use crate::process::Process;
use crate::redirect::Redirect;

/// Starts a program: `asyncio.create_subprocess_exec`. It has started, not ended, when this is done.
///
/// The program is looked for in `PATH`, unless its name contains a slash. There is no shell: each argument reaches the
/// program as it is.
///
/// # Errors
///
/// `std::io::Error` that names the program, or the working directory if that is at fault:
/// `[Errno 2] No such file or directory: 'nope'`. `ValueError` for a null byte in what the child is given, a variable whose
/// name contains `=`, or a limit of 0. `RuntimeError` outside a loop. `CancelledError`.
///
/// # Cancellation
///
/// Kills the child, and ends when it has ended.
///
/// # Examples
///
/// ```
/// use asyncio::subprocess::PIPE;
/// use asyncio::{create_subprocess_exec, run};
///
/// run(async {
///     let mut process = create_subprocess_exec("echo").args(["$HOME", "*"]).stdout(PIPE).await?;
///     assert_eq!(process.communicate().await?.0.as_deref(), Some(&b"$HOME *\n"[..]));
///     let error = create_subprocess_exec("no-such-program").await.unwrap_err();
///     assert_eq!(error.to_string(), "[Errno 2] No such file or directory: 'no-such-program'");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn create_subprocess_exec(program: impl AsRef<OsStr>) -> CreateSubprocess {
    Command::new(program).into()
}

/// Runs a command line by the shell, `/bin/sh`: `asyncio.create_subprocess_shell`.
///
/// The shell has variables, wildcards, pipes and redirections. Never put text from elsewhere into a command line: give it as
/// an argument, which the command line knows as `"$0"`, `"$1"` and so on. A command that does not exist is no error here:
/// the shell ends with 127.
///
/// # Errors
///
/// As [`create_subprocess_exec`].
///
/// # Cancellation
///
/// As there. Only the shell is killed, not what it has started.
///
/// # Examples
///
/// ```
/// use asyncio::subprocess::PIPE;
/// use asyncio::{create_subprocess_shell, run};
///
/// run(async {
///     let mut process = create_subprocess_shell("echo \"$0\" | wc -w").arg("one; two").stdout(PIPE).await?;
///     let (stdout, _) = process.communicate().await?;
///     assert_eq!(String::from_utf8(stdout.unwrap())?.trim(), "2");
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn create_subprocess_shell(command: impl AsRef<OsStr>) -> CreateSubprocess {
    create_subprocess_exec("/bin/sh").arg("-c").arg(command)
}

/// A child to be started, with what can be said of it beforehand, under the names of [`std::process::Command`]; to be
/// awaited.
///
/// It can be made from such a `Command`, too, which has settings that are missing here. What was said to the `Command` about
/// the standard streams holds as long as nothing else is said here.
///
/// # Examples
///
/// ```
/// use std::process::Command;
///
/// use asyncio::subprocess::{CreateSubprocess, PIPE};
/// use asyncio::{create_subprocess_shell, run};
///
/// run(async {
///     let create = create_subprocess_shell("echo $GREETING from $(pwd)");
///     let mut process = create.env("GREETING", "hello").current_dir("/").stdout(PIPE).await?;
///     assert_eq!(process.communicate().await?.0.unwrap(), b"hello from /\n");
///
///     let mut command = Command::new("sh");
///     command.args(["-c", "exit 7"]);
///     assert_eq!(CreateSubprocess::from(command).await?.wait().await?, 7);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct CreateSubprocess {
    /// Until it is first polled.
    options: Option<Options>,
    starting: Option<Starting>,
}

type Starting = Pin<Box<dyn Future<Output = Result<Process>>>>;

struct Options {
    command: Command,
    stdin: Option<Redirect>,
    stdout: Option<Redirect>,
    stderr: Option<Redirect>,
    limit: usize,
}

impl From<Command> for CreateSubprocess {
    fn from(command: Command) -> Self {
        let (stdin, stdout, stderr) = (None, None, None);
        let options = Options { command, stdin, stdout, stderr, limit: DEFAULT_LIMIT };
        Self { options: Some(options), starting: None }
    }
}

impl CreateSubprocess {
    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(self.options.as_mut().expect("options are set before it is awaited"));
        self
    }

    fn command(self, set: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        self.set(|options| _ = set(&mut options.command))
    }

    /// One more argument.
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.arg(arg))
    }

    /// More arguments.
    pub fn args(self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command(|command| command.args(args))
    }

    /// A variable of its environment, besides those of this process.
    pub fn env(self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.env(name, value))
    }

    /// Variables of its environment, besides those of this process; instead of them after an
    /// [`env_clear`](Self::env_clear): `env=…`.
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(self, variables: impl IntoIterator<Item = (K, V)>) -> Self {
        self.command(|command| command.envs(variables))
    }

    /// Takes a variable out of its environment.
    pub fn env_remove(self, name: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.env_remove(name))
    }

    /// Starts it with an empty environment.
    pub fn env_clear(self) -> Self {
        self.command(|command| command.env_clear())
    }

    /// Its working directory: `cwd=…`.
    pub fn current_dir(self, directory: impl AsRef<Path>) -> Self {
        self.command(|command| command.current_dir(directory))
    }

    /// Its process group; 0 is a new one, so that Ctrl-C at the terminal does not reach it.
    pub fn process_group(self, group: i32) -> Self {
        self.command(|command| command.process_group(group))
    }

    /// Where its standard input comes from.
    pub fn stdin(self, from: impl Into<Redirect>) -> Self {
        self.set(|options| options.stdin = Some(from.into()))
    }

    /// Where its standard output goes.
    pub fn stdout(self, to: impl Into<Redirect>) -> Self {
        self.set(|options| options.stdout = Some(to.into()))
    }

    /// Where its standard error goes.
    pub fn stderr(self, to: impl Into<Redirect>) -> Self {
        self.set(|options| options.stderr = Some(to.into()))
    }

    /// How long a line may be that is read from its output; 64 KiB if not set.
    pub fn limit(self, limit: usize) -> Self {
        self.set(|options| options.limit = limit)
    }
}

impl Future for CreateSubprocess {
    type Output = Result<Process>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Process>> {
        if let Some(options) = self.options.take() {
            self.starting = Some(Box::pin(start(options)));
        }
        self.starting.as_mut().expect("set by the first poll").as_mut().poll(cx)
    }
}

async fn start(options: Options) -> Result<Process> {
    get_running_loop()?;
    let limit = options.limit;
    let (pid, pipes) = options.spawn()?;
    let child = Child::watch(pid)?;
    let mut unfinished = Unfinished(Some(Rc::clone(&child)));
    for pipe in pipes.iter().flatten() {
        // Our ends are ours alone: what never blocks need not be asked before each operation.
        rustix::io::ioctl_fionbio(pipe, true).map_err(io::Error::from)?;
    }
    let iterations = 2 + 2 * pipes.iter().flatten().count();
    let [stdin, stdout, stderr] = pipes;
    let reader = |pipe| connect_read_pipe(pipe, Some(limit));
    let process = Process {
        stdin: stdin.map(connect_write_pipe).transpose()?,
        stdout: stdout.map(reader).transpose()?,
        stderr: stderr.map(reader).transpose()?,
        child,
    };
    // As long as asyncio needs to connect the pipes, so that the order of tasks is the same.
    for _ in 0..iterations {
        if let Err(error) = sleep(0).await {
            unfinished.kill();
            process.wait().await?;
            return Err(error);
        }
    }
    unfinished.0 = None;
    Ok(process)
}

/// A child that the program does not have yet; dropped, because it will never have it, it kills the child.
struct Unfinished(Option<Rc<Child>>);

impl Unfinished {
    fn kill(&self) {
        self.0.iter().for_each(|child| child.kill());
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Options {
    /// Starts the child; gives our ends of the pipes to its standard input, output and error.
    fn spawn(mut self) -> Result<(Pid, [Option<OwnedFd>; 3])> {
        self.check()?;
        self.try_spawn().map_err(|error| cannot_start(&self.command, error))
    }

    /// What the standard library or the system would not notice.
    fn check(&self) -> Result<(), ValueError> {
        if self.limit == 0 {
            return Err(ValueError::new("Limit cannot be <= 0"));
        }
        if self.command.get_envs().any(|(name, _)| name.as_bytes().contains(&b'=')) {
            return Err(ValueError::new("illegal environment variable name"));
        }
        if [&self.stdin, &self.stdout].iter().any(|redirect| matches!(redirect, Some(Redirect::Stdout))) {
            return Err(ValueError::new("STDOUT is only for the standard error"));
        }
        Ok(())
    }

    fn try_spawn(&mut self) -> io::Result<(Pid, [Option<OwnedFd>; 3])> {
        let joined = if let Some(Redirect::Stdout) = self.stderr { self.join_stderr()? } else { None };
        let command = &mut self.command;
        if let Some(stdin) = self.stdin.take() {
            command.stdin(stdin.stdio());
        }
        if let Some(stdout) = self.stdout.take() {
            command.stdout(stdout.stdio());
        }
        if let Some(stderr) = self.stderr.take() {
            command.stderr(stderr.stdio());
        }
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let stdout = joined.or_else(|| child.stdout.take().map(Into::into));
        Ok((pid, [child.stdin.take().map(Into::into), stdout, child.stderr.take().map(Into::into)]))
    }

    /// Leads the standard error to where the standard output goes. If that is a pipe, gives our end of it: the standard
    /// library would make it too late.
    fn join_stderr(&mut self) -> io::Result<Option<OwnedFd>> {
        let (ours, stdout, stderr) = match self.stdout.take() {
            Some(Redirect::Pipe) => {
                let (ours, theirs) = io::pipe()?;
                (Some(ours.into()), theirs.try_clone()?.into(), theirs.into())
            }
            Some(Redirect::Descriptor(stdout)) => (None, stdout.try_clone()?.into(), stdout.into()),
            Some(Redirect::DevNull) => (None, Redirect::DevNull, Redirect::DevNull),
            Some(Redirect::Inherit | Redirect::Stdout) | None => {
                (None, Redirect::Inherit, io::stdout().as_fd().try_clone_to_owned()?.into())
            }
        };
        (self.stdout, self.stderr) = (Some(stdout), Some(stderr));
        Ok(ours)
    }
}
