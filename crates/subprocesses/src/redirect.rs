//! `Redirect`: where a standard stream of a child leads.

use std::os::fd::OwnedFd;
use std::process::Stdio;

/// Where the standard input, output or error of a child leads: [`PIPE`], [`DEVNULL`], [`STDOUT`], or a descriptor of one's
/// own, such as a `File` or one end of a [`std::io::pipe`].
///
/// A descriptor is given away: in this process it is closed when the child has started. Whoever needs it further gives a
/// `try_clone`.
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
    /// Where that of this process leads; so it is if nothing is said.
    Inherit,
    /// To this process, as a stream.
    Pipe,
    /// Nowhere: reading is at the end at once, what is written is gone.
    DevNull,
    /// Only for the standard error: where the standard output of the child leads.
    Stdout,
    /// Into this descriptor.
    Descriptor(OwnedFd),
}

/// A new pipe to this process: `asyncio.subprocess.PIPE`.
pub const PIPE: Redirect = Redirect::Pipe;

/// The null device: `asyncio.subprocess.DEVNULL`.
pub const DEVNULL: Redirect = Redirect::DevNull;

/// Of the standard error, the same place as the standard output: `asyncio.subprocess.STDOUT`.
pub const STDOUT: Redirect = Redirect::Stdout;

impl<T: Into<OwnedFd>> From<T> for Redirect {
    fn from(descriptor: T) -> Self {
        Redirect::Descriptor(descriptor.into())
    }
}

impl Redirect {
    /// What the standard library calls it; `Stdout` is resolved before.
    pub(crate) fn stdio(self) -> Stdio {
        match self {
            Redirect::Inherit | Redirect::Stdout => Stdio::inherit(),
            Redirect::Pipe => Stdio::piped(),
            Redirect::DevNull => Stdio::null(),
            Redirect::Descriptor(descriptor) => descriptor.into(),
        }
    }
}
