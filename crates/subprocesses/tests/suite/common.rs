//! What several of the files need.

use asyncio_runtime::{Clock, Result, Runner};
use asyncio_subprocesses::subprocess::{PIPE, Process};
use asyncio_subprocesses::{CreateSubprocess, create_subprocess_exec, create_subprocess_shell};

/// Children are outside of the loop, where time is real.
pub(crate) fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> T {
    Runner::new().clock(Clock::Real).run(main).unwrap()
}

/// A program that does not end by itself.
pub(crate) fn blocked() -> CreateSubprocess {
    create_subprocess_exec("sleep").arg("3600")
}

/// A program that copies its input to its output, with a pipe to each.
pub(crate) async fn cat() -> Result<Process> {
    create_subprocess_exec("cat").stdin(PIPE).stdout(PIPE).await
}

/// The output of a command line.
pub(crate) async fn output(command: CreateSubprocess) -> Result<String> {
    let (stdout, _) = command.stdout(PIPE).await?.communicate().await?;
    Ok(String::from_utf8(stdout.unwrap_or_default())?)
}

pub(crate) async fn shell_output(line: &str) -> Result<String> {
    output(create_subprocess_shell(line)).await
}
