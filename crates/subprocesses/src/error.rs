//! The errors of children: signals to a process that has ended, and starts that fail, in CPython's words.

use std::error::Error as StdError;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::process::Command;

use asyncio_runtime::{Error, ValueError};

/// The error of a signal to a process that has ended: Python's `ProcessLookupError`.
///
/// # Examples
///
/// ```
/// use asyncio::{ProcessLookupError, create_subprocess_exec, run};
///
/// run(async {
///     let process = create_subprocess_exec("true").await?;
///     assert_eq!(process.wait().await?, 0);
///     let error = process.terminate().unwrap_err();
///     assert!(error.is::<ProcessLookupError>());
///     assert_eq!(error.to_string(), format!("process {} has ended", process.pid()));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ProcessLookupError {
    pid: u32,
}

impl ProcessLookupError {
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid }
    }
}

impl fmt::Display for ProcessLookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} has ended", self.pid)
    }
}

impl fmt::Debug for ProcessLookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProcessLookupError('{self}')")
    }
}

impl StdError for ProcessLookupError {}

/// The error of a command that could not be started. It names the cause: `[Errno 2] No such file or directory: 'nope'`.
pub(crate) fn cannot_start(command: &Command, error: io::Error) -> Error {
    let Some(errno) = error.raw_os_error() else {
        // The standard library finds these before the system call.
        return match error.kind() {
            io::ErrorKind::InvalidInput => ValueError::new("embedded null byte").into(),
            _ => error.into(),
        };
    };
    let text = error.to_string();
    let reason = text.split(" (os error ").next().unwrap_or(&text);
    let name = at_fault(command).to_string_lossy();
    io::Error::new(error.kind(), format!("[Errno {errno}] {reason}: '{name}'")).into()
}

/// The working directory if it cannot be entered, otherwise the program.
fn at_fault(command: &Command) -> &OsStr {
    match command.get_current_dir() {
        Some(cwd) if cwd.as_os_str().is_empty() || cwd.join(".").metadata().is_err() => cwd.as_os_str(),
        _ => command.get_program(),
    }
}
