//! `Process`: the program's view of a child.

use std::fmt;
use std::io;
use std::ops::Deref;
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
/// Returned by [`create_subprocess_exec`](crate::create_subprocess_exec) and
/// [`create_subprocess_shell`](crate::create_subprocess_shell). It prints as `<Process 50249>`.
///
/// Dropping it closes its pipes. The child keeps running, and the loop takes its status when it ends. A loop that
/// closes kills the children that are still running. A running child counts as something outside that the loop waits
/// for: virtual time does not jump meanwhile. Debug mode reports a child that still runs when it is dropped or when its loop closes, as
/// Python's `ResourceWarning`.
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
    /// The pipe to the child's standard input, if `stdin` is [`PIPE`](crate::subprocess::PIPE). Dropping or closing it
    /// ends the child's input.
    pub stdin: Option<StreamWriter>,
    /// The pipe from the child's standard output, if `stdout` is [`PIPE`](crate::subprocess::PIPE).
    pub stdout: Option<StreamReader>,
    /// The pipe from the child's standard error, if `stderr` is [`PIPE`](crate::subprocess::PIPE).
    pub stderr: Option<StreamReader>,
    pub(crate) child: Held,
}

/// The program's hold on its child.
pub(crate) struct Held(pub(crate) Rc<Child>);

impl Deref for Held {
    type Target = Rc<Child>;

    fn deref(&self) -> &Rc<Child> {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.warn_running();
    }
}

impl Process {
    /// The child's process ID. No other process has it as long as [`returncode`](Self::returncode) is `None`.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// `None` until the loop has noticed the child's end. After that, the exit status, or minus the number of the
    /// signal that ended it. 255 if other code took the status; that is also reported to the exception handler.
    #[must_use]
    pub fn returncode(&self) -> Option<i32> {
        self.child.returncode()
    }

    /// Waits until the child ends, and returns its [`returncode`](Self::returncode). Any number of tasks may wait. The
    /// wait does not borrow the `Process`.
    ///
    /// It waits for the process and not for its pipes, which the child's own children may hold open for longer.
    /// (CPython 3.13 waited for those, too; issue 119710.) A child that writes more than a pipe can hold waits for a
    /// reader: with pipes, read them meanwhile, or use [`communicate`](Self::communicate).
    ///
    /// # Errors
    ///
    /// `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// Ends the wait. The child keeps running.
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

    /// Closes the child's standard input, reads its standard output and error to their ends, and waits for its end.
    /// Returns what was read from each, and `None` where there is no pipe.
    ///
    /// # Errors
    ///
    /// Any error of reading; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The child keeps running. What was read so far stays in the streams, for a second call.
    pub async fn communicate(&mut self) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>)> {
        self.communicate_with([]).await
    }

    /// Like [`communicate`](Self::communicate), but writes `input` to the child's standard input first: Python's
    /// `communicate(input)`. Writing and reading go on at the same time, so any amount can pass in both directions.
    ///
    /// It is no error if the child does not read all of the input. If the standard input is not a pipe, the input is
    /// discarded.
    ///
    /// # Errors
    ///
    /// Any error of reading; `CancelledError`.
    ///
    /// # Cancellation
    ///
    /// The child keeps running. What was read so far stays in the streams, and `stdin` keeps what was not written yet
    /// and writes it as the child reads.
    #[doc(alias = "communicate")]
    pub async fn communicate_with(&mut self, input: impl AsRef<[u8]>) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>)> {
        let feed = feed(self.stdin.as_ref(), input.as_ref());
        let (mut stdout, mut stderr) = (Output::of(self.stdout.as_mut()), Output::of(self.stderr.as_mut()));
        try_zip(feed, try_zip(stdout.read(), stderr.read())).await?;
        Rc::clone(&self.child).wait(Location::caller()).await?;
        Ok((stdout.bytes.take(), stderr.bytes.take()))
    }

    /// Sends a signal to the child, such as `signal::SIGHUP` or a real-time signal. Signal 0 is not delivered; it only
    /// checks whether one could be sent. The child decides what it does about a signal.
    ///
    /// # Errors
    ///
    /// [`ProcessLookupError`] if the loop has noticed the child's end; the system's `EINVAL` for a number that is no
    /// signal; `PermissionDenied` if the child runs as another user.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::signal::SIGTERM;
    /// use asyncio::subprocess::PIPE;
    /// use asyncio::{create_subprocess_shell, run};
    ///
    /// run(async {
    ///     let script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
    ///     let mut process = create_subprocess_shell(script).stdout(PIPE).await?;
    ///     let mut stdout = process.stdout.take().unwrap();
    ///     assert_eq!(stdout.readline().await?, b"ready\n");
    ///     process.send_signal(SIGTERM)?;
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

    /// Asks the child to end by sending SIGTERM.
    ///
    /// # Errors
    ///
    /// Those of [`send_signal`](Self::send_signal).
    pub fn terminate(&self) -> Result<()> {
        self.send_signal(Signal::TERM.as_raw())
    }

    /// Ends the child by sending SIGKILL, which a process cannot ignore.
    ///
    /// # Errors
    ///
    /// Those of [`send_signal`](Self::send_signal).
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

/// What was read from one pipe. If it is dropped before it is returned to the caller, it gives the bytes back to the stream.
struct Output<'a> {
    stream: Option<&'a mut StreamReader>,
    bytes: Option<Vec<u8>>,
}

impl<'a> Output<'a> {
    fn of(stream: Option<&'a mut StreamReader>) -> Self {
        Self { stream, bytes: None }
    }

    async fn read(&mut self) -> Result<()> {
        if let Some(stream) = &mut self.stream {
            self.bytes = Some(stream.read_to_end().await?);
        }
        Ok(())
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        if let (Some(stream), Some(bytes)) = (&mut self.stream, self.bytes.take()) {
            stream.put_back(&bytes);
        }
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
