//! Signals to other processes, by number, for crates above this one, which have no other way without `unsafe`.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Sends a signal to the process of a pidfd: `signal.pidfd_send_signal(pidfd, signal)`. Signal 0 only checks that there is one.
///
/// # Errors
///
/// What the system says: `ESRCH` if the process is gone, `EINVAL` for a number that is no signal, `EPERM` if it may not be
/// signalled; [`Unsupported`](io::ErrorKind::Unsupported) where there are no pidfds.
pub fn pidfd_send_signal(pidfd: impl AsFd, signal: i32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let pidfd = pidfd.as_fd().as_raw_fd();
        let no_info = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the system takes numbers, which may be any, and no pointer but null. Test: `any_signal_can_be_sent`, in
        // `crates/subprocesses`.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, no_info, 0) };
        if sent == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (pidfd.as_fd().as_raw_fd(), signal);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Sends a signal to the process of this number: `os.kill(pid, signal)`, without its groups. Signal 0 only checks that there is
/// one.
///
/// The number may meanwhile belong to another process, unless it is that of a child whose status has not been taken.
///
/// # Errors
///
/// What the system says: `ESRCH` if there is no such process, `EINVAL` for a number that is no signal, `EPERM` if it may not be
/// signalled.
pub fn kill(pid: u32, signal: i32) -> io::Result<()> {
    // 0 and negative numbers would be groups.
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    let pid = pid.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
    // SAFETY: the system takes numbers, which may be any. Test: `real_time_signals_are_signals`.
    if unsafe { libc::kill(pid, signal) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
