//! The file of a trace, which the loops of a process share.
//!
//! The core idea: each loop collects whole events and hands them over in one piece, so that at any time the file is a list of
//! events that lacks only its closing bracket. The bracket is written when the last open loop closes, and the next piece
//! overwrites it. The first error ends the trace with a warning.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use asyncio_runtime::log;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, OFlags, flock};

/// How long a full pipe may block the program.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

const END: &[u8] = b"\n]\n";

pub(crate) struct Sink {
    path: PathBuf,
    /// When the trace began. The times of all loops count from here.
    pub(crate) start: Instant,
    /// The next number for a loop or task.
    next: AtomicU32,
    /// Has an error ended the trace?
    over: AtomicBool,
    file: Mutex<Target>,
}

struct Target {
    file: File,
    /// Is it a regular file, whose end can be overwritten?
    is_regular: bool,
    is_empty: bool,
    /// The loops that are not closed.
    open: usize,
}

impl Sink {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        // A named pipe without a reader is an error instead of a wait.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).custom_flags(flags.cast_signed()).open(path)?;
        let is_regular = file.metadata()?.is_file();
        if is_regular {
            flock(&file, FlockOperation::NonBlockingLockExclusive)
                .map_err(|_| io::Error::other("another process or loop writes its trace there"))?;
            file.set_len(0)?;
        }
        Ok(Self {
            path: path.to_owned(),
            start: Instant::now(),
            next: AtomicU32::new(1),
            over: AtomicBool::new(false),
            file: Mutex::new(Target { file, is_regular, is_empty: true, open: 0 }),
        })
    }

    /// Returns a number for a loop or task, unique in this trace.
    pub(crate) fn number(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Has the trace ended early?
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Target> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self) {
        self.lock().open += 1;
    }

    /// Writes events, each with a comma before it.
    pub(crate) fn write(&self, events: &[u8]) {
        if events.is_empty() || self.is_over() {
            return;
        }
        let written = self.lock().write(events);
        self.check(written);
    }

    /// A loop is closed. After the last one the file is complete.
    pub(crate) fn close(&self) {
        let mut target = self.lock();
        target.open -= 1;
        if target.open > 0 || !target.is_regular || self.is_over() {
            return;
        }
        let ended = target.end();
        drop(target);
        self.check(ended);
    }

    /// Only the first error is reported, because it ends the trace.
    fn check(&self, done: io::Result<()>) {
        if let Err(error) = done
            && !self.over.swap(true, Ordering::Relaxed)
        {
            log::warning(format_args!("the trace in {} ends early: {error}", self.path.display()));
        }
    }
}

/// The nanoseconds since `start`.
pub(crate) fn nanos_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sink").field(&self.path).finish()
    }
}

impl Target {
    fn write(&mut self, events: &[u8]) -> io::Result<()> {
        if !self.is_empty {
            return self.write_all(events);
        }
        self.is_empty = false;
        let mut list = events.to_owned();
        list[0] = b'[';
        self.write_all(&list)
    }

    fn end(&mut self) -> io::Result<()> {
        if self.is_empty {
            return Ok(());
        }
        self.write_all(END)?;
        self.file.seek(SeekFrom::Current(-(END.len() as i64))).map(drop)
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut waits = [PollFd::new(&self.file, PollFlags::OUT)];
                    if poll(&mut waits, Some(&PATIENCE)).is_ok_and(|ready| ready == 0) {
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it"));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
