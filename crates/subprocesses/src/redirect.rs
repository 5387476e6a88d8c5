//! `Redirect`: where a standard stream of a child leads.

use std::os::fd::OwnedFd;
use std::process::Stdio;

/// Where the standard input, output or error of a child leads: [`PIPE`], [`DEVNULL`], [`STDOUT`], or a descriptor, such
/// as a `File` or one end of a [`std::io::pipe`].
///
/// The descriptor is moved in, and closed in this process when the child has started. Pass a `try_clone` if you still
/// need it.
///
/// # Examples
///
/// ```
/// use std::io::Read;
///
/// use asyncio::subprocess::{DEVNULL, PIPE, STDOUT};
/// use asyncio::{create_subprocess_shell, run};
///
/// run(async {
///     let both = create_subprocess_shell("echo out; echo err >&2");
///     let mut process = both.stdin(DEVNULL).stdout(PIPE).stderr(STDOUT).await?;
///     assert_eq!(process.communicate().await?, (Some(b"out\nerr\n".to_vec()), None));
///
///     let (mut near, far) = std::io::pipe()?;
///     create_subprocess_shell("echo into a pipe of ours").stdout(far).await?.wait().await?;
///     let mut read = String::new();
///     near.read_to_string(&mut read)?;
///     assert_eq!(read, "into a pipe of ours\n");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Debug)]
pub enum Redirect {
    /// The same as in this process; the default.
    Inherit,
    /// A pipe to this process, which becomes a stream.
    Pipe,
    /// The null device: reading is at the end at once, and what is written is discarded.
    DevNull,
    /// Only for the standard error: wherever the standard output of the child goes.
    Stdout,
    /// This descriptor.
    Descriptor(OwnedFd),
}

/// A new pipe to this process: `asyncio.subprocess.PIPE`.
pub const PIPE: Redirect = Redirect::Pipe;

/// The null device: `asyncio.subprocess.DEVNULL`.
pub const DEVNULL: Redirect = Redirect::DevNull;

/// Only for the standard error: wherever the standard output goes, `asyncio.subprocess.STDOUT`.
pub const STDOUT: Redirect = Redirect::Stdout;

impl<T: Into<OwnedFd>> From<T> for Redirect {
    fn from(descriptor: T) -> Self {
        Redirect::Descriptor(descriptor.into())
    }
}

impl Redirect {
    /// The standard library's form; `Stdout` has been resolved before.
    pub(crate) fn stdio(self) -> Stdio {
        match self {
            Redirect::Inherit | Redirect::Stdout => Stdio::inherit(),
            Redirect::Pipe => Stdio::piped(),
            Redirect::DevNull => Stdio::null(),
            Redirect::Descriptor(descriptor) => descriptor.into(),
        }
    }
}
