//! Signals of the operating system as callbacks of the loop, and Ctrl-C.
//!
//! The handler that runs inside the signal only writes a byte to a socket that the loop watches; everything else happens in the
//! loop. Relies on `signal-hook`, which makes handlers safe.

use std::cell::RefCell;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use asyncio_errors::{Result, RuntimeError, ValueError};
use signal_hook::SigId;

use crate::asyncio::events::EventLoop;
use crate::asyncio::handles::Repeated;
use crate::asyncio::io::source::Side;
use crate::kernel::{self, LoopCore, Phase, Tenant};

/// # Unix signals
impl EventLoop {
    /// Calls `f` in the loop whenever the process gets this signal, in place of the signal's default action.
    ///
    /// # Errors
    ///
    /// `ValueError: invalid signal number N` for a number that is none; `RuntimeError: sig N cannot be caught`; `RuntimeError:
    /// Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::process::Command;
    ///
    /// use asyncio::signal::SIGHUP;
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let hung_up = event_loop.create_future();
    ///     let tell = hung_up.clone();
    ///     event_loop.add_signal_handler(SIGHUP, move || tell.set_result(()).expect("it is sent once"))?;
    ///     Command::new("sh").args(["-c", "kill -HUP $PPID"]).status()?;
    ///     hung_up.await?;
    ///     assert!(event_loop.remove_signal_handler(SIGHUP));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_signal_handler<F: FnMut() + 'static>(&self, signal: i32, f: F) -> Result<()> {
        self.core().check_closed()?;
        add(self.core(), signal, f)
    }

    /// Restores the signal's default action; returns false if this loop does not handle the signal.
    pub fn remove_signal_handler(&self, signal: i32) -> bool {
        remove(self.core(), signal)
    }
}

/// The numbers of signals, as Python's `signal` has them.
///
/// # Examples
///
/// ```
/// use asyncio::signal::SIGUSR1;
/// use asyncio::{Event, get_running_loop, run};
///
/// run(async {
///     let reload = Event::new();
///     let told = reload.clone();
///     get_running_loop()?.add_signal_handler(SIGUSR1, move || told.set())?;
///     Ok(())
/// })
/// .unwrap();
/// ```
pub mod signal {
    pub use signal_hook::consts::signal::{
        SIGABRT, SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP,
        SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH,
    };
}

/// The signals that one loop handles.
#[derive(Default)]
pub(crate) struct Signals {
    installed: RefCell<Vec<Installed>>,
}

struct Installed {
    signal: i32,
    id: SigId,
    receiver: UnixStream,
    /// True once the signal must do again what it did before.
    default: Arc<AtomicBool>,
}

/// For each signal that was ever handled: does it have its default action now? signal-hook cannot remove its own handler from
/// the process, so the default is emulated while no loop handles the signal.
fn default_action(signal: i32) -> Result<Arc<AtomicBool>> {
    static FLAGS: Mutex<Vec<(i32, Arc<AtomicBool>)>> = Mutex::new(Vec::new());
    let mut flags = FLAGS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((_, flag)) = flags.iter().find(|(known, _)| *known == signal) {
        return Ok(Arc::clone(flag));
    }
    // True until a handler is in place: a signal that comes in between must not be lost.
    let flag = Arc::new(AtomicBool::new(true));
    if signal_hook::low_level::signal_name(signal).is_some() {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
    } else {
        let ends_the_process = Arc::clone(&flag);
        // SAFETY: what runs inside the signal reads a flag and calls two functions that POSIX allows there. Test:
        // `a_real_time_signal_that_nobody_handles_any_more_ends_the_process`.
        unsafe {
            signal_hook::low_level::register(signal, move || {
                if ends_the_process.load(Ordering::SeqCst) {
                    // The signal is blocked until this handler returns, and then ends the process. (So do all signals for which
                    // signal-hook has no name, above all the real-time ones.)
                    libc::signal(signal, libc::SIG_DFL);
                    libc::raise(signal);
                }
            })?;
        }
    }
    flags.push((signal, Arc::clone(&flag)));
    Ok(flag)
}

/// As long as it lives, signals for this thread are held up. signal-hook installs its handler before it stores what the handler
/// must call, so a signal in between would be lost.
struct HeldUp {
    before: libc::sigset_t,
}

impl HeldUp {
    fn new(signal: i32) -> Self {
        // SAFETY: the sets are plain data, for which zero is a value, and the calls write what they are given pointers to. They
        // change the mask of this thread only. Test: `signals_end_a_server_while_it_starts`.
        unsafe {
            let (mut held_up, mut before) = (std::mem::zeroed(), std::mem::zeroed());
            libc::sigemptyset(&mut held_up);
            libc::sigaddset(&mut held_up, signal);
            libc::pthread_sigmask(libc::SIG_BLOCK, &held_up, &mut before);
            Self { before }
        }
    }
}

impl Drop for HeldUp {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

/// Is it one of Python's `signal.valid_signals()`? The C library reserves two or three of the numbers in between.
fn is_valid(signal: i32) -> bool {
    #[cfg(target_os = "linux")]
    let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let real_time = 0..0;
    (1..32).contains(&signal) || real_time.contains(&signal)
}

/// Calls `f` in the loop for each arrival of `signal` (several that arrive at once may count as one).
fn add<F: FnMut() + 'static>(core: &Rc<LoopCore>, signal: i32, mut f: F) -> Result<()> {
    if !is_valid(signal) {
        return Err(ValueError::new(format!("invalid signal number {signal}")).into());
    }
    if signal_hook::consts::FORBIDDEN.contains(&signal) {
        return Err(RuntimeError::new(format!("sig {signal} cannot be caught")).into());
    }
    let _held_up = HeldUp::new(signal);
    remove(core, signal);
    if signal == signal_hook::consts::SIGINT {
        // This replaces `run`'s handling of Ctrl-C, as in CPython, unless a Ctrl-C has come that the loop has not seen yet.
        let interrupt = core.interrupt.take();
        if let Some(kernel::Interrupt { arrived, call, _handlers: handlers }) = interrupt {
            drop(handlers);
            if arrived.load(Ordering::SeqCst) {
                call();
            }
        }
    }
    let default = default_action(signal)?;
    let (receiver, sender) = UnixStream::pair()?;
    receiver.set_nonblocking(true)?;
    let drain = receiver.try_clone()?;
    let run = Repeated::new(core, move || {
        let mut bytes = [0; 64];
        while matches!((&drain).read(&mut bytes), Ok(n) if n == bytes.len()) {}
        f();
    });
    core.reactor()?.watch(receiver.as_fd(), Side::Read, run)?;
    let id = signal_hook::low_level::pipe::register(signal, sender)?;
    default.store(false, Ordering::SeqCst);
    core.tenants.of::<Signals>().installed.borrow_mut().push(Installed { signal, id, receiver, default });
    Ok(())
}

/// Restores a signal's default action; returns false if the loop does not handle the signal.
fn remove(core: &LoopCore, signal: i32) -> bool {
    let Some(signals) = core.tenants.find::<Signals>() else { return false };
    let mut all = signals.installed.borrow_mut();
    let Some(index) = all.iter().position(|installed| installed.signal == signal) else { return false };
    let installed = all.swap_remove(index);
    drop(all);
    installed.uninstall();
    // Fails only if the reactor is gone, and its registration with it.
    let _ = core.reactor().and_then(|reactor| reactor.forget(installed.receiver.as_fd(), Side::Read));
    true
}

impl Tenant for Signals {
    fn phase(&self) -> Phase {
        Phase::Signals
    }

    fn close(self: Rc<Self>) {
        self.installed.take().iter().for_each(Installed::uninstall);
    }
}

impl Installed {
    fn uninstall(&self) {
        signal_hook::low_level::unregister(self.id);
        self.default.store(true, Ordering::SeqCst);
    }
}

/// Ctrl-C while a program runs: the first one sets a flag that the loop reads, and a second one ends the process as usual. When
/// dropped, it restores Ctrl-C, unless the program has set a handler of its own.
pub(crate) struct Interrupt {
    core: Rc<LoopCore>,
    receiver: UnixStream,
}

/// The handlers of an [`Interrupt`], which the loop holds. Dropping them removes them.
struct Handlers {
    default: Arc<AtomicBool>,
    ids: [SigId; 3],
}

impl Interrupt {
    /// Runs `on_interrupt` in the loop at the first Ctrl-C. `None` if the loop has a handler of its own for it.
    pub(crate) fn install(core: &Rc<LoopCore>, on_interrupt: impl Fn() + 'static) -> Result<Option<Self>> {
        let signal = signal_hook::consts::SIGINT;
        let is_ours = |signals: Rc<Signals>| signals.installed.borrow().iter().any(|one| one.signal == signal);
        if core.tenants.find().is_some_and(is_ours) {
            return Ok(None);
        }
        let _held_up = HeldUp::new(signal);
        let default = default_action(signal)?;
        let arrived = Arc::new(AtomicBool::new(false));
        let (receiver, sender) = UnixStream::pair()?;
        // Serves only to end the loop's sleep; the flag says why.
        core.selector()?.wake_on(receiver.as_fd())?;
        let ids = [
            signal_hook::flag::register(signal, Arc::clone(&arrived))?,
            signal_hook::low_level::pipe::register(signal, sender)?,
            // Set after the conditional default has read it, so that only the second signal ends the process.
            signal_hook::flag::register(signal, Arc::clone(&default))?,
        ];
        let handlers = Box::new(Handlers { default: Arc::clone(&default), ids });
        let interrupt = kernel::Interrupt { arrived, call: Rc::new(on_interrupt), _handlers: handlers };
        core.interrupt.replace(Some(interrupt));
        default.store(false, Ordering::SeqCst);
        Ok(Some(Self { core: Rc::clone(core), receiver }))
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        let _ = self.ids.map(signal_hook::low_level::unregister);
        self.default.store(true, Ordering::SeqCst);
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        drop(self.core.interrupt.take());
        // Fails only if the selector is gone, and its registration with it.
        let _ = self.core.selector().and_then(|selector| selector.wake_no_more(self.receiver.as_fd()));
    }
}
