//! How the end of a child is noticed without asking for it again and again: a descriptor that becomes readable then.
//!
//! On Linux the system has such descriptors, pidfds. Where there is none (another system, an old kernel, a sandbox that
//! forbids it) a thread waits for the child and closes the other end of a pipe. Neither takes the status of the child: that
//! is for the loop, so that the number of a child that the loop takes for alive is never another process's.

use std::io;
use std::os::fd::OwnedFd;
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// A descriptor that is readable once the child has ended.
pub(crate) fn descriptor(pid: Pid) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    if let Ok(pidfd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return Ok(pidfd);
    }
    by_thread(pid)
}

pub(crate) fn by_thread(pid: Pid) -> io::Result<OwnedFd> {
    let (ours, of_thread) = io::pipe()?;
    thread::Builder::new().name(format!("asyncio-waitpid-{pid}")).spawn(move || {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), ended), Err(rustix::io::Errno::INTR)) {}
        drop(of_thread);
    })?;
    Ok(ours.into())
}
