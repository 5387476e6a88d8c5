//! `Child`: the loop's view of a process, from its start until its status is taken.
//!
//! The core idea: the loop holds every running child (`Watch`), whether or not the program still does. That hold is
//! owned by a callback on the descriptor that becomes readable when the child ends. When the callback runs, it takes
//! the status and wakes the waiting tasks. If it is dropped without having run, because the loop closes, it kills the
//! child. So no child outlives its loop, and none remains as a zombie.

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::Location;
use std::rc::Rc;
use std::thread;

use asyncio_runtime::io::{self as system, AsyncFd};
use asyncio_runtime::{ExceptionContext, Result, WaitQueue, get_running_loop, log};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, waitpid};

use crate::exit::{self, Exit};

pub(crate) struct Child {
    pid: Pid,
    /// Becomes readable when the child ends; `None` after that.
    exit: RefCell<Option<AsyncFd<Exit>>>,
    returncode: Cell<Option<i32>>,
    /// Set in debug mode: if the program drops the child, or closes its loop, while the child runs, that is reported.
    is_expected: Cell<bool>,
    line: WaitQueue,
}

/// The return code of a child whose status was taken by other code.
const UNKNOWN: i32 = 255;

impl Child {
    /// Puts a child that was just started under the watch of the running loop. If that fails, the child is killed.
    pub(crate) fn watch(pid: Pid) -> Result<Rc<Self>> {
        Self::watch_through(pid, exit::descriptor)
    }

    fn watch_through(pid: Pid, descriptor: fn(Pid) -> io::Result<Exit>) -> Result<Rc<Self>> {
        // It is never read, so it need not be non-blocking.
        let exit = match descriptor(pid).map_err(Into::into).and_then(AsyncFd::unchanged) {
            Ok(exit) => exit,
            Err(error) => {
                kill_and_reap(pid, None);
                return Err(error);
            }
        };
        // If the child has already ended, the registration reports that now. An earlier check would mostly be in vain.
        exit.short_read();
        let child = Rc::new(Self {
            pid,
            exit: RefCell::new(Some(exit)),
            returncode: Cell::new(None),
            is_expected: Cell::new(false),
            line: WaitQueue::new("Process.wait"),
        });
        Watch(Rc::clone(&child)).look();
        Ok(child)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(crate) fn returncode(&self) -> Option<i32> {
        self.returncode.get()
    }

    pub(crate) async fn wait(self: Rc<Self>, at: &'static Location<'static>) -> Result<i32> {
        loop {
            if let Some(returncode) = self.returncode.get() {
                return Ok(returncode);
            }
            self.line.wait_at(at).await?;
        }
    }

    /// Sends a signal to a child whose end has not been noticed yet. A child that is just ending ignores it.
    pub(crate) fn signal(&self, signal: i32) -> io::Result<()> {
        let exit = self.exit.borrow();
        match send(self.pid, exit.as_ref().map(AsyncFd::get_ref), signal) {
            // Other code has taken its status.
            Err(error) if is_gone(&error) => Ok(()),
            sent => sent,
        }
    }

    /// Kills the child unless it has ended.
    pub(crate) fn kill(&self) {
        if self.returncode.get().is_none() {
            // Refused only if the child runs as another user. It is then left to end by itself.
            let _ = self.signal(Signal::KILL.as_raw());
        }
    }

    /// From now on the program owns the child.
    pub(crate) fn expect_end(&self) {
        self.is_expected.set(get_running_loop().is_ok_and(|event_loop| event_loop.get_debug()));
    }

    /// In debug mode, reports that the child is left running: Python's `ResourceWarning`.
    pub(crate) fn warn_running(&self) {
        if self.is_expected.take() && self.returncode.get().is_none() && !thread::panicking() {
            log::warning(format_args!("ResourceWarning: unclosed transport <Process {} running>", self.pid()));
        }
    }

    /// Takes the status of the child if it has ended; `None` if other code has taken it. Fails with `WouldBlock` if the
    /// child is still running.
    fn try_reap(&self) -> io::Result<Option<i32>> {
        match waitpid(Some(self.pid), WaitOptions::NOHANG) {
            Ok(Some((_, status))) => Ok(Some(returncode(status))),
            Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Errno::CHILD) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn report_unknown(&self) {
        if let Ok(event_loop) = get_running_loop() {
            let pid = self.pid;
            let message = format!("child process pid {pid} exit status already read: will report returncode {UNKNOWN}");
            event_loop.call_exception_handler(&ExceptionContext::new(message));
        }
    }

    fn ended(&self, returncode: i32) {
        self.returncode.set(Some(returncode));
        let exit = self.exit.take();
        drop(exit);
        self.line.wake_all();
    }
}

/// The loop's hold on a running child.
struct Watch(Rc<Child>);

impl Watch {
    /// Takes the status if the child has ended. Otherwise it registers itself again for the next readiness.
    fn look(self) {
        let exit = self.0.exit.borrow();
        let Some(exit_descriptor) = exit.as_ref() else { return };
        let looked = exit_descriptor.try_read_with(|_| self.0.try_reap());
        let registration = exit_descriptor.registration().clone();
        drop(exit);
        match looked {
            Ok(Some(returncode)) => self.0.ended(returncode),
            Ok(None) => {
                self.0.ended(UNKNOWN);
                // Comes last, because an exception handler may do anything with the child.
                self.0.report_unknown();
            }
            // Fails only when the loop is closed. Then the callback is dropped, and this hold with it.
            Err(_) => drop(registration.call_when_readable(move || self.look())),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.0.returncode.get().is_none() {
            self.0.warn_running();
            let exit = self.0.exit.take();
            let returncode = kill_and_reap(self.0.pid, exit.as_ref().map(AsyncFd::get_ref));
            drop(exit);
            self.0.ended(returncode);
        }
    }
}

/// Kills a child whose status was not taken, and takes it.
fn kill_and_reap(pid: Pid, exit: Option<&Exit>) -> i32 {
    match send(pid, exit, Signal::KILL.as_raw()) {
        // SIGKILL cannot be ignored, so this does not take long.
        Ok(()) => reap(pid),
        Err(error) if is_gone(&error) => UNKNOWN,
        // The child runs as another user. It keeps running, and a thread takes its status when it ends.
        Err(_) => {
            let _ = thread::Builder::new().name(format!("asyncio-waitpid-{pid}")).spawn(move || reap(pid));
            UNKNOWN
        }
    }
}

/// Sends a signal through the child's pidfd. Without a pidfd the process ID is used. It belongs to the child as long as
/// the status was not taken, which is checked first.
fn send(pid: Pid, exit: Option<&Exit>, signal: i32) -> io::Result<()> {
    if let Some(Exit::Pidfd(pidfd)) = exit {
        return system::pidfd_send_signal(pidfd, signal);
    }
    exit::is_ours(pid)?;
    system::kill(pid.as_raw_nonzero().get().unsigned_abs(), signal)
}

/// Has other code taken the status of the child?
fn is_gone(error: &io::Error) -> bool {
    [Errno::SRCH, Errno::CHILD].iter().any(|gone| error.raw_os_error() == Some(gone.raw_os_error()))
}

/// Waits for the end of a child, in the calling thread.
fn reap(pid: Pid) -> i32 {
    loop {
        match waitpid(Some(pid), WaitOptions::empty()) {
            Ok(Some((_, status))) => return returncode(status),
            Ok(None) | Err(Errno::INTR) => {}
            Err(_) => return UNKNOWN,
        }
    }
}

/// The exit status, or minus the number of the signal that ended it.
fn returncode(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| -signal)).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use asyncio_runtime::{Clock, Runner, create_task, sleep};

    use super::*;

    /// A child that is watched as it would be on a system without pidfds.
    fn watched(program: &str, args: &[&str]) -> Result<Rc<Child>> {
        let child = Command::new(program).args(args).stdin(Stdio::null()).spawn()?;
        Child::watch_through(Pid::from_child(&child), exit::by_thread)
    }

    fn run<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> T {
        Runner::new().clock(Clock::Real).run(main).unwrap()
    }

    #[test]
    fn a_thread_notices_the_end_where_there_is_no_pidfd() {
        run(async {
            let at = Location::caller();
            let children = (0..20).map(|i| watched("sh", &["-c", &format!("exit {i}")])).collect::<Result<Vec<_>>>()?;
            for (i, child) in children.into_iter().enumerate() {
                assert_eq!(child.wait(at).await?, i as i32);
            }
            let child = watched("sleep", &["3600"])?;
            let waiting = create_task(Rc::clone(&child).wait(at));
            sleep(0.001).await?;
            assert!(!waiting.done());
            child.kill();
            assert_eq!(waiting.await?, -9);
            Ok(())
        });
    }

    #[test]
    fn a_loop_that_closes_kills_its_children_there_too() {
        let child = run(async { watched("sleep", &["3600"]) });
        assert_eq!(child.returncode(), Some(-9));
        assert_eq!(waitpid(Some(child.pid), WaitOptions::NOHANG).unwrap_err(), Errno::CHILD);
    }

    #[test]
    fn a_child_that_cannot_be_watched_is_ended() {
        run(async {
            let child = Command::new("sleep").arg("3600").spawn()?;
            let pid = Pid::from_child(&child);
            let refused = Child::watch_through(pid, |_| Err(io::ErrorKind::OutOfMemory.into()));
            assert!(refused.is_err());
            assert_eq!(waitpid(Some(pid), WaitOptions::NOHANG).unwrap_err(), Errno::CHILD);
            Ok(())
        });
    }
}
