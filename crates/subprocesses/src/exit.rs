//! How the end of a child is noticed without asking for it again and again: a descriptor that becomes readable then.
//!
//! On Linux the system has such descriptors, pidfds. Where there is none (another system, an old kernel, a sandbox that
//! forbids it) a thread waits for the child and closes the other end of a pipe. Neither takes the status of the child: that
//! is for the loop, so that the number of a child that the loop takes for alive is never another process's.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// A descriptor that is readable once the child has ended.
pub(crate) enum Exit {
    /// It stands for the child, also when its number is another's.
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

/// An error (`ECHILD`) if the number is no child of ours, because somebody has taken its status.
pub(crate) fn is_ours(pid: Pid) -> io::Result<()> {
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG)?;
    Ok(())
}
