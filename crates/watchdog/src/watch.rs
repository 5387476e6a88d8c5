//! The watching thread, and the note in which it sees what runs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use asyncio_runtime::log;

/// The step or callback that runs now, and when it should have ended.
pub(crate) struct Running {
    pub(crate) due: Instant,
    pub(crate) limit: Duration,
    pub(crate) what: What,
}

/// A step or callback, as a message names it.
pub(crate) struct What {
    pub(crate) who: String,
    /// Where its last await was.
    pub(crate) at: String,
}

/// The loop's side of the watch. Dropping it ends the thread.
pub(crate) struct Watch {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    note: Mutex<Note>,
    changed: Condvar,
}

#[derive(Default)]
struct Note {
    running: Option<Running>,
    /// The thread waits for a change, without a timeout.
    sleeps: bool,
    over: bool,
}

impl Watch {
    /// Returns `None` if the thread cannot be started.
    pub(crate) fn start() -> Option<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("asyncio watchdog".to_owned());
        thread.spawn(move || of_thread.watch()).ok()?;
        Some(Self { shared })
    }

    /// Notes what runs from now on; `None` is nothing.
    pub(crate) fn note(&self, running: Option<Running>) {
        let mut note = self.shared.note();
        // A thread that waits for an earlier step's time looks again when that is up. The time of this step is later, so the
        // thread need not be woken.
        let wake = note.sleeps && running.is_some();
        let before = std::mem::replace(&mut note.running, running);
        note.sleeps &= !wake;
        drop(note);
        if wake {
            self.shared.changed.notify_one();
        }
        drop(before);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.note().over = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn note(&self) -> MutexGuard<'_, Note> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut note = self.note();
        while !note.over {
            let now = Instant::now();
            note = match &note.running {
                None => self.sleep(note),
                Some(running) if running.due > now => {
                    let wait = running.due - now;
                    self.changed.wait_timeout(note, wait).unwrap_or_else(PoisonError::into_inner).0
                }
                Some(running) => {
                    let What { who, at } = &running.what;
                    let (seconds, ms) = (running.limit.as_secs(), running.limit.subsec_millis());
                    let text = format!("Executing {who} is taking longer than {seconds}.{ms:03} seconds{at}");
                    // Reported once, without the lock, because writing the log may block.
                    note.running = None;
                    drop(note);
                    log::warning(text);
                    self.note()
                }
            };
        }
    }

    /// Until something runs.
    fn sleep<'a>(&'a self, mut note: MutexGuard<'a, Note>) -> MutexGuard<'a, Note> {
        note.sleeps = true;
        self.changed.wait(note).unwrap_or_else(PoisonError::into_inner)
    }
}
