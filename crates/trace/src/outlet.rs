//! The way out for a loop's records: a second thread makes lines of the file from them.
//!
//! The core idea: while the thread reads one buffer, the loop fills another. There are two buffers while the thread keeps up, and
//! up to [`MOST`] before the loop waits for it, so a trace takes no more memory than that. The thread is started with the first
//! full buffer, and ends with the loop, so a short program has none. If the thread cannot be started, the loop does its work.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::lines::TraceLines;
use crate::record::Record;

/// The most buffers that are made.
const MOST: usize = 8;

pub(crate) struct Outlet {
    /// Locked once for each buffer, by the thread that reads it.
    lines: Arc<Mutex<TraceLines>>,
    writer: Option<Writer>,
}

struct Writer {
    /// Full buffers for the thread, and empty ones that come back.
    full: Sender<Vec<Record>>,
    empty: Receiver<Vec<Record>>,
    /// How many buffers there are.
    made: usize,
    thread: JoinHandle<()>,
}

impl Outlet {
    pub(crate) fn new(lines: TraceLines) -> Self {
        Self { lines: Arc::new(Mutex::new(lines)), writer: None }
    }

    /// Takes the records of a buffer that is full, and leaves an empty one.
    #[cold]
    pub(crate) fn full(&mut self, records: &mut Vec<Record>) {
        if self.writer.is_none() {
            self.writer = Writer::start(&self.lines);
        }
        let room = records.capacity();
        self.pass_on(records, |writer| writer.next(room));
        // If the thread has panicked, that has been reported.
        records.clear();
    }

    /// Takes the records of a buffer that is not full, unless the thread has others.
    pub(crate) fn early(&mut self, records: &mut Vec<Record>) {
        self.pass_on(records, |writer| writer.empty.try_recv().ok());
    }

    /// Takes the last records, and returns when all are in the file.
    pub(crate) fn close(&mut self, records: &mut Vec<Record>) {
        if let Some(Writer { full, thread, .. }) = self.writer.take() {
            drop(full);
            let _ = thread.join();
        }
        let mut lines = lock(&self.lines);
        lines.take(records);
        lines.close();
    }

    fn pass_on(&mut self, records: &mut Vec<Record>, empty: impl FnOnce(&mut Writer) -> Option<Vec<Record>>) {
        let Some(writer) = &mut self.writer else { return lock(&self.lines).take(records) };
        if let Some(empty) = empty(writer) {
            let _ = writer.full.send(std::mem::replace(records, empty));
        }
    }
}

impl Writer {
    fn start(lines: &Arc<Mutex<TraceLines>>) -> Option<Self> {
        let (full, to_read) = channel::<Vec<Record>>();
        let (back, empty) = channel();
        let lines = Arc::clone(lines);
        let write = move || {
            for mut records in to_read {
                lock(&lines).take(&mut records);
                // Unless the loop was dropped.
                let _ = back.send(records);
            }
        };
        let thread = thread::Builder::new().name("asyncio-trace".to_owned()).spawn(write).ok()?;
        Some(Self { full, empty, made: 1, thread })
    }

    /// An empty buffer: a returned one or, if there are few, a new one.
    fn next(&mut self, room: usize) -> Option<Vec<Record>> {
        if let Ok(empty) = self.empty.try_recv() {
            return Some(empty);
        }
        if self.made == MOST {
            return self.empty.recv().ok();
        }
        self.made += 1;
        Some(Vec::with_capacity(room))
    }
}

fn lock(lines: &Mutex<TraceLines>) -> MutexGuard<'_, TraceLines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
