//! Commands that run beside the event loop.
//!
//! [`create_subprocess_exec`] and [`create_subprocess_shell`] start one. Options are methods of what they return, a
//! [`CreateSubprocess`]; awaiting it returns the [`Process`].

#[doc(inline)]
pub use asyncio_subprocesses::subprocess::{DEVNULL, PIPE, Process, Redirect, STDOUT};
#[doc(inline)]
pub use asyncio_subprocesses::{CreateSubprocess, ProcessLookupError, create_subprocess_exec, create_subprocess_shell};
