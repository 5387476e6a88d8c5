//! Commands that run beside the event loop: `asyncio.subprocess`.
//!
//! [`create_subprocess_exec`] starts a program, [`create_subprocess_shell`] a command line of the shell. Both return a
//! [`Process`](subprocess::Process), whose pipes are streams. The loop itself notices the end of each child and takes
//! its status. So a [`Process`](subprocess::Process) can be dropped at any time, and leaves no zombie.
//!
//! ```
//! use asyncio::subprocess::PIPE;
//! use asyncio::{create_subprocess_exec, run};
//!
//! run(async {
//!     let mut process = create_subprocess_exec("echo").arg("Hello World").stdout(PIPE).await?;
//!     let (stdout, stderr) = process.communicate().await?;
//!     assert_eq!(stdout.as_deref(), Some(&b"Hello World\n"[..]));
//!     assert_eq!(stderr, None);
//!     assert_eq!(process.returncode(), Some(0));
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! In the code, `create` starts a child, `child` is the loop's view of it, and `process` the program's view.

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod child;
mod create;
mod error;
mod exit;
mod process;
mod redirect;

pub use create::{CreateSubprocess, create_subprocess_exec, create_subprocess_shell};
pub use error::ProcessLookupError;

/// The names of Python's `asyncio.subprocess`.
pub mod subprocess {
    pub use crate::process::Process;
    pub use crate::redirect::{DEVNULL, PIPE, Redirect, STDOUT};
}
