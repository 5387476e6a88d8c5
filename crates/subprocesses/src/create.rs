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
use asyncio_streams::{DEFAULT_LIMIT, StreamWriter, connect_read_pipe, connect_write_pipe};
use rustix::process::Pid;

use crate::child::Child;
use crate::error::cannot_start;
use crate::process::{Held, Process};
use crate::redirect::Redirect;

/// Starts a program: `asyncio.create_subprocess_exec`. The call completes when the program has started;
/// [`wait`](crate::subprocess::Process::wait) for its end.
///
/// The program is searched in `PATH`, unless its name contains a slash. There is no shell: each argument reaches the
/// program as it is.
///
/// # Errors
///
/// `std::io::Error` that names the program, or the working directory if that is the cause:
/// `[Errno 2] No such file or directory: 'nope'`. `ValueError` for a null byte in a name, an argument or the
/// environment, for a variable whose name contains `=`, or for a limit of 0. `RuntimeError` outside of a loop.
/// `CancelledError`.
///
/// # Cancellation
///
/// Kills the child, and completes when the child has ended.
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

/// Runs a command line in the shell, `/bin/sh`: `asyncio.create_subprocess_shell`.
///
/// The shell expands variables and wildcards, and has pipes and redirections. Never put untrusted text into a command
/// line: pass it as an argument, which the command line can use as `"$0"`, `"$1"` and so on. A command that does not
/// exist is no error here; the shell exits with 127.
///
/// # Errors
///
/// Those of [`create_subprocess_exec`].
///
/// # Cancellation
///
/// Kills the shell, and completes when the shell has ended. Processes that the shell has started are not killed.
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

/// A child to be started: options are methods, under the names of [`std::process::Command`], and `await` starts it.
///
/// It can also be made from a `Command`, which has settings that are missing here. The standard streams that were set
/// on the `Command` are kept unless they are set here, too.
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
    /// `None` after the first poll.
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

    /// Adds an argument.
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.arg(arg))
    }

    /// Adds arguments.
    pub fn args(self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command(|command| command.args(args))
    }

    /// Sets a variable of the child's environment, in addition to those of this process.
    pub fn env(self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.env(name, value))
    }

    /// Sets variables of the child's environment, in addition to those of this process. After
    /// [`env_clear`](Self::env_clear) they are the whole environment: Python's `env=…`.
    #[doc(alias = "env")]
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(self, variables: impl IntoIterator<Item = (K, V)>) -> Self {
        self.command(|command| command.envs(variables))
    }

    /// Removes a variable from the child's environment.
    pub fn env_remove(self, name: impl AsRef<OsStr>) -> Self {
        self.command(|command| command.env_remove(name))
    }

    /// Starts the child with an empty environment.
    pub fn env_clear(self) -> Self {
        self.command(|command| command.env_clear())
    }

    /// Sets the child's working directory: `cwd=…`.
    #[doc(alias = "cwd")]
    pub fn current_dir(self, directory: impl AsRef<Path>) -> Self {
        self.command(|command| command.current_dir(directory))
    }

    /// Sets the child's process group. 0 makes a new one, so that Ctrl-C at the terminal does not reach the child.
    #[doc(alias = "start_new_session")]
    pub fn process_group(self, group: i32) -> Self {
        self.command(|command| command.process_group(group))
    }

    /// Sets where the child's standard input comes from.
    pub fn stdin(self, from: impl Into<Redirect>) -> Self {
        self.set(|options| options.stdin = Some(from.into()))
    }

    /// Sets where the child's standard output goes.
    pub fn stdout(self, to: impl Into<Redirect>) -> Self {
        self.set(|options| options.stdout = Some(to.into()))
    }

    /// Sets where the child's standard error goes.
    pub fn stderr(self, to: impl Into<Redirect>) -> Self {
        self.set(|options| options.stderr = Some(to.into()))
    }

    /// Sets the longest line that can be read from the child's output; 64 KiB by default.
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
        // No other process uses our ends, so they can be non-blocking for good. Then no operation has to check first.
        rustix::io::ioctl_fionbio(pipe, true).map_err(io::Error::from)?;
    }
    let iterations = 2 + 2 * pipes.iter().flatten().count();
    let [stdin, stdout, stderr] = pipes;
    let reader = |pipe| connect_read_pipe(pipe, Some(limit));
    let process = Process {
        stdin: stdin.map(connect_write_pipe).transpose()?,
        stdout: stdout.map(reader).transpose()?,
        stderr: stderr.map(reader).transpose()?,
        child: Held(child),
    };
    process.stdin.iter().for_each(StreamWriter::expect_drop);
    // asyncio needs this many iterations to connect the pipes. Waiting for as many keeps the order of tasks the same.
    for _ in 0..iterations {
        if let Err(error) = sleep(0).await {
            unfinished.kill();
            process.wait().await?;
            return Err(error);
        }
    }
    unfinished.0 = None;
    process.child.expect_end();
    Ok(process)
}

/// A child that has not been returned to the program yet. Dropping this kills the child, because the program will never get it.
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
    /// Starts the child, and returns our ends of the pipes to its standard input, output and error.
    fn spawn(mut self) -> Result<(Pid, [Option<OwnedFd>; 3])> {
        self.check()?;
        self.try_spawn().map_err(|error| cannot_start(&self.command, error))
    }

    /// Checks what the standard library and the system would accept silently.
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

    /// Connects the standard error to wherever the standard output goes. If that is a pipe, returns our end of it: the
    /// standard library would create the pipe too late.
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
