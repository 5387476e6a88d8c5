//! A descriptor that becomes readable when a child ends, so that the loop need not poll for it.
//!
//! On Linux these are pidfds. Where there is none (another system, an old kernel, a sandbox that forbids it), a thread
//! waits for the child and then closes the other end of a pipe. Neither takes the status of the child; the loop does
//! that. So a process ID that the loop takes for a living child is never another process's.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// A descriptor that becomes readable when the child has ended.
pub(crate) enum Exit {
    /// It refers to the child even if the process ID belongs to another process by now.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has them"))]
    Pidfd(OwnedFd),
    Pipe(OwnedFd),
}

impl AsFd for Exit {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pidfd(fd) | Self::Pipe(fd) => fd.as_fd(),
        }
    }
}

pub(crate) fn descriptor(pid: Pid) -> io::Result<Exit> {
    #[cfg(target_os = "linux")]
    if let Ok(pidfd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return Ok(Exit::Pidfd(pidfd));
    }
    by_thread(pid)
}

pub(crate) fn by_thread(pid: Pid) -> io::Result<Exit> {
    let (ours, of_thread) = io::pipe()?;
    thread::Builder::new().name(format!("asyncio-waitpid-{pid}")).spawn(move || {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), ended), Err(rustix::io::Errno::INTR)) {}
        drop(of_thread);
    })?;
    Ok(Exit::Pipe(ours.into()))
}

/// Fails with `ECHILD` if the process ID is not that of a child of ours, because other code has taken its status.
pub(crate) fn is_ours(pid: Pid) -> io::Result<()> {
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG)?;
    Ok(())
}
