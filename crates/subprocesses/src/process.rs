//! `Process`: what a program holds of a child.

use std::fmt;
use std::io;
use std::panic::Location;
use std::rc::Rc;

use asyncio_runtime::Result;
use asyncio_streams::{StreamReader, StreamWriter};
use futures_lite::future::try_zip;
use rustix::process::Signal;

use crate::child::Child;
use crate::error::ProcessLookupError;

/// A child of this process, running or ended: `asyncio.subprocess.Process`.
///
/// Made by [`create_subprocess_exec`](crate::create_subprocess_exec) and
/// [`create_subprocess_shell`](crate::create_subprocess_shell). It prints as `<Process 50249>`.
///
/// Dropped, it closes its pipes, and the child runs on; the loop takes its status when it ends. A loop that closes kills the
/// children that still run. While one runs, it counts as something outside that the loop waits for: virtual time does not
/// jump.
///
/// # Examples
///
/// ```
/// use asyncio::subprocess::PIPE;
/// use asyncio::{create_subprocess_exec, run};
///
/// run(async {
///     let mut sort = create_subprocess_exec("sort").stdin(PIPE).stdout(PIPE).await?;
///     assert_eq!(sort.returncode(), None);
///     let (sorted, _) = sort.communicate_with(b"pear\nfig\n").await?;
///     assert_eq!(sorted.unwrap(), b"fig\npear\n");
///     assert_eq!(sort.returncode(), Some(0));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Process {
    /// What the child reads, if `stdin` is [`PIPE`](crate::subprocess::PIPE). Dropped or closed, it ends the child's input.
    pub stdin: Option<StreamWriter>,
    /// What the child writes, if `stdout` is [`PIPE`](crate::subprocess::PIPE).
    pub stdout: Option<StreamReader>,
    /// What the child writes to its standard error, if `stderr` is [`PIPE`](crate::subprocess::PIPE).
    pub stderr: Option<StreamReader>,
    pub(crate) child: Rc<Child>,
}

impl Process {
    /// Its number in the system. It is nobody else's as long as [`returncode`](Self::returncode) is `None`.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// `None` until the loop has noticed its end; then its exit status, or minus the number of the signal that ended it. 255
    /// if somebody else took its status, which the exception handler is told.
    #[must_use]
    pub fn returncode(&self) -> Option<i32> {
        self.child.returncode()
    }

    /// Waits until it ends; gives its [`returncode`](Self::returncode). Any number of tasks may wait; the wait does not borrow
    /// the `Process`.
    ///
    /// It waits for the process, not for its pipes, which its own children may hold open for longer; CPython 3.13 waits for
    /// them, too, which later versions have mended (issue 119710). A child that writes more than a pipe holds waits to be
    /// read: with pipes, read them meanwhile, or use [`communicate`](Self::communicate).
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait; the child runs on.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{TimeoutError, create_subprocess_exec, run, wait_for};
    ///
    /// run(async {
    ///     let process = create_subprocess_exec("sleep").arg("3600").await?;
    ///     assert!(wait_for(process.wait(), 0.001).await.unwrap_err().is::<TimeoutError>());
    ///     assert_eq!(process.returncode(), None); // it runs on
    ///     process.kill()?;
    ///     assert_eq!(process.wait().await?, -9);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = Result<i32>> + use<> {
        Rc::clone(&self.child).wait(Location::caller())
    }

    /// Closes its standard input, reads its standard output and error to their ends, and waits for its end. Gives what was
    /// read; `None` where there is no pipe.
    ///
    /// # Errors
    ///
    /// What reading says; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The child runs on. What was read by then stays in the streams, for a second call.
    pub async fn communicate(&mut self) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>)> {
        self.communicate_with([]).await
    }

    /// As [`communicate`](Self::communicate), and sends it bytes first. Sending and reading go on at the same time, so any
    /// amount can pass in both directions.
    ///
    /// A child that does not read all of its input is no error. If its standard input is no pipe, the input goes nowhere.
    ///
    /// # Errors
    ///
    /// As [`communicate`](Self::communicate).
    ///
    /// # Cancellation
    ///
    /// As [`communicate`](Self::communicate). What was not sent by then is kept by `stdin`, and sent as the child reads.
    pub async fn communicate_with(&mut self, input: impl AsRef<[u8]>) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>)> {
        let feed = feed(self.stdin.as_ref(), input.as_ref());
        let read = try_zip(read_all(self.stdout.as_mut()), read_all(self.stderr.as_mut()));
        let ((), output) = try_zip(feed, read).await?;
        self.wait().await?;
        Ok(output)
    }

    /// Sends a signal, such as `SIGHUP` (1), to the child; real-time signals are signals like others, and signal 0 is sent to
    /// nobody. Whether the child ends by it is for the child to say.
    ///
    /// # Errors
    ///
    /// [`ProcessLookupError`] if the loop has noticed its end; the system's `EINVAL` for a number that is no signal;
    /// `PermissionDenied` if the child runs as somebody else.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::subprocess::PIPE;
    /// use asyncio::{create_subprocess_shell, run};
    ///
    /// run(async {
    ///     let script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
    ///     let mut process = create_subprocess_shell(script).stdout(PIPE).await?;
    ///     let mut stdout = process.stdout.take().unwrap();
    ///     assert_eq!(stdout.readline().await?, b"ready\n");
    ///     process.send_signal(15)?; // SIGTERM
    ///     assert_eq!(stdout.readline().await?, b"asked\n");
    ///     assert_eq!(process.wait().await?, 3);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn send_signal(&self, signal: i32) -> Result<()> {
        if self.returncode().is_some() {
            return Err(ProcessLookupError::new(self.pid()).into());
        }
        Ok(self.child.signal(signal)?)
    }

    /// Asks the child to end: sends it SIGTERM.
    ///
    /// # Errors
    ///
    /// As [`send_signal`](Self::send_signal).
    pub fn terminate(&self) -> Result<()> {
        self.send_signal(Signal::TERM.as_raw())
    }

    /// Ends the child, which cannot refuse: sends it SIGKILL.
    ///
    /// # Errors
    ///
    /// As [`send_signal`](Self::send_signal).
    pub fn kill(&self) -> Result<()> {
        self.send_signal(Signal::KILL.as_raw())
    }
}

async fn feed(stdin: Option<&StreamWriter>, input: &[u8]) -> Result<()> {
    let Some(stdin) = stdin else { return Ok(()) };
    if !input.is_empty() {
        stdin.write(input)?;
    }
    let drained = stdin.drain().await;
    match drained {
        Err(error) if !is_gone(&error) => return Err(error),
        _ => stdin.close(),
    }
    Ok(())
}

/// Has the child stopped reading?
fn is_gone(error: &asyncio_runtime::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset))
}

async fn read_all(stream: Option<&mut StreamReader>) -> Result<Option<Vec<u8>>> {
    match stream {
        Some(stream) => Ok(Some(stream.read_to_end().await?)),
        None => Ok(None),
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Process {}>", self.pid())
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
