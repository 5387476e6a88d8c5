//! The observer: it notes what happens in one loop, in the loop's own thread.
//!
//! The core idea: it does as little as possible, because it runs in the middle of what it measures. It copies what will be gone
//! later into a [`Record`], reads the clock once a step, and hands full buffers to the [`Outlet`]. It does not interpret the
//! records. It allocates only where a task starts or ends, and where the runtime itself makes a text.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, stdout};
use std::os::fd::AsFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use asyncio_runtime::{AnyTask, Clock, EventLoop, LoopEvent, Observer, Scheduled, ScheduledId, WaitKind, WaitsOn};

use crate::json::cut;
use crate::lines::TraceLines;
use crate::mixed::Hashed;
use crate::outlet::Outlet;
use crate::record::{End, Label, Record, What};
use crate::sink::{Sink, nanos_since};

/// The records of one buffer.
const ROOM: usize = 512;

/// The most records that one event takes.
const MOST: usize = 8;

/// The total time that a loop may spend on handing over its records when it goes idle: this many nanoseconds, plus this
/// fraction of the elapsed time.
const TO_SPEND: (u64, u64) = (1_000_000, 500);

/// The callback by which a descriptor wakes the tasks that wait for it. Their wake-ups are recorded anyway, so the callback is
/// left out.
pub(crate) const DESCRIPTOR: &str = "AsyncFd._ready()";

pub(crate) struct Recorder {
    sink: Arc<Sink>,
    /// Borrowed only while something is noted. No code of the program runs then.
    notes: RefCell<Notes>,
}

struct Notes {
    records: Vec<Record>,
    outlet: Outlet,
    time: TimeSource,
    /// The time when the clock was last read.
    now: u64,
    /// Has no code of the program run since then? Between two steps the loop takes too little time to read the clock again.
    is_now: bool,
    is_idle: bool,
    /// The number of nested steps and callbacks that have started and not ended.
    depth: u32,
    /// The running callback of a descriptor, if it has only woken tasks so far.
    quiet: Option<ScheduledId>,
    /// The tasks that have taken no step. Their names may change until then.
    unnamed: HashSet<usize, Hashed>,
    /// The time spent so far on handing over while the loop was idle.
    spent: u64,
    /// Standard output, if it is a file and the time is virtual.
    printed: Option<File>,
}

enum TimeSource {
    Real(Instant),
    /// The virtual time at the beginning.
    Virtual(f64),
}

impl Recorder {
    pub(crate) fn new(sink: &Arc<Sink>, event_loop: &EventLoop) -> Self {
        let start = (event_loop.clock() == Clock::Virtual).then(|| event_loop.time());
        sink.open();
        let notes = Notes {
            records: Vec::with_capacity(ROOM),
            outlet: Outlet::new(TraceLines::new(sink, start)),
            time: start.map_or(TimeSource::Real(sink.start), TimeSource::Virtual),
            now: 0,
            is_now: false,
            is_idle: false,
            depth: 0,
            quiet: None,
            unnamed: event_loop.all_tasks().iter().map(|task| task.id()).collect(),
            spent: 0,
            printed: if start.is_some() { output_file() } else { None },
        };
        Self { sink: Arc::clone(sink), notes: RefCell::new(notes) }
    }
}

/// What a task waits on.
#[derive(Default)]
struct NotedWait {
    kind: Option<WaitKind>,
    /// What is awaited, and which task holds it. Not asked for if the wait is for something outside of the loop.
    more: Option<WaitsOn>,
}

impl NotedWait {
    fn of(task: &AnyTask) -> Self {
        let kind = task.wait_kind();
        let is_outside =
            matches!(kind, None | Some(WaitKind::Timer | WaitKind::Readable | WaitKind::Writable | WaitKind::Foreign));
        Self { kind, more: if is_outside { None } else { task.waits_on() } }
    }
}

impl Observer for Recorder {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::Closed = event {
            if let Ok(mut notes) = self.notes.try_borrow_mut() {
                notes.close();
                self.sink.close();
            }
            return;
        }
        if self.sink.is_over() {
            return;
        }
        // Obtained before the borrow and dropped after it, because both may run code of the program.
        let wait = match event {
            LoopEvent::StepEnds(task) => NotedWait::of(task),
            _ => NotedWait::default(),
        };
        let end = match event {
            LoopEvent::TaskDone(task) => Some(end_of(task)),
            _ => None,
        };
        if let Ok(mut notes) = self.notes.try_borrow_mut() {
            notes.event(event, &wait, end);
        }
    }
}

impl Notes {
    fn event(&mut self, event: LoopEvent<'_>, wait: &NotedWait, end: Option<(End, String)>) {
        if let TimeSource::Virtual(_) = self.time {
            self.look();
        }
        if self.is_idle {
            self.is_idle = false;
            self.look();
            self.is_now = true;
            self.note(What::IdleEnds);
        }
        if !matches!(event, LoopEvent::Woken(_) | LoopEvent::CallEnds(_))
            && let Some(call) = self.quiet.take()
        {
            self.note(What::Text(DESCRIPTOR.into()));
            self.note(What::CallBegins(call));
        }
        match event {
            LoopEvent::StepBegins(task) => self.step_begins(task),
            LoopEvent::StepEnds(task) => self.step_ends(task, wait),
            LoopEvent::Woken(task) => {
                self.note(What::Woken { task: task.id(), by_descriptor: self.quiet.is_some() });
            }
            LoopEvent::CallBegins(call) => self.call_begins(call),
            LoopEvent::CallEnds(_) if self.quiet.take().is_some() => self.depth = self.depth.saturating_sub(1),
            LoopEvent::CallEnds(_) => self.ends(What::CallEnds),
            LoopEvent::PassBegins(ready) => {
                self.look_if_late();
                self.is_now = true;
                // A panic may have unwound the previous pass.
                self.depth = 0;
                self.note_printed();
                self.note(What::PassBegins(ready));
            }
            LoopEvent::PassEnds => {
                self.look_if_late();
                self.is_now = false;
                self.note_printed();
                self.note(What::PassEnds);
            }
            LoopEvent::Idle(timeout) => {
                self.look();
                self.is_idle = true;
                self.note(What::Idle(timeout));
                self.hand_over_idle();
            }
            LoopEvent::TaskCreated(task) => {
                let coroutine = task.get_coro();
                self.unnamed.insert(task.id());
                self.note(What::Text(coroutine.name().into()));
                self.note_now(What::TaskCreated { task: task.id(), at: coroutine.location() });
            }
            LoopEvent::TaskDone(task) => self.done(task, end),
            LoopEvent::CancelRequested { task, through, .. } => {
                let through = through.map(|future| future.id());
                self.note_now(What::CancelRequested { task: task.id(), through });
            }
            LoopEvent::FutureDone(_) => self.note_now(What::FutureDone),
            // An entry that the loop itself has queued, such as the event of a descriptor, has no cause inside the loop.
            LoopEvent::Queued(call) if self.depth > 0 => self.note_now(What::Queued(call.id())),
            LoopEvent::TimerSet { timer, when, .. } => self.timer_set(timer, when),
            LoopEvent::CallCancelled(_) => self.note_now(What::CallCancelled),
            LoopEvent::TimerCancelled(timer) => self.note_now(What::TimerCancelled(timer.id())),
            LoopEvent::TimeJumps { from, to, .. } => self.note_now(What::TimeJumps { from, to }),
            _ => {}
        }
        if self.records.len() > ROOM - MOST {
            self.outlet.full(&mut self.records);
        }
    }

    #[inline]
    fn note(&mut self, what: What) {
        self.records.push(Record { time: self.now, what });
    }

    fn note_now(&mut self, what: What) {
        self.look();
        self.note(what);
    }

    /// Looks at the clock.
    fn look(&mut self) {
        self.now = match self.time {
            TimeSource::Real(start) => nanos_since(start),
            TimeSource::Virtual(start) => ((Clock::Virtual.now() - start) * 1e9).round() as u64,
        };
    }

    /// Reads the clock if code of the program has run since it was last read.
    fn look_if_late(&mut self) {
        if !self.is_now {
            self.look();
        }
    }

    fn step_begins(&mut self, task: &AnyTask) {
        self.look_if_late();
        self.is_now = false;
        self.depth += 1;
        if !self.unnamed.is_empty() && self.unnamed.remove(&task.id()) {
            self.note(What::Name(name_of(task)));
        }
        self.note(What::StepBegins(task.id()));
    }

    fn step_ends(&mut self, task: &AnyTask, wait: &NotedWait) {
        let waits_on = wait.kind.map(|kind| match kind {
            WaitKind::Timer => "a timer",
            WaitKind::Task => "a task",
            WaitKind::Future => "a future",
            WaitKind::Group => "a group",
            WaitKind::Line(name) => name,
            WaitKind::Readable => "input",
            WaitKind::Writable => "room for output",
            WaitKind::Foreign => "a future of another crate",
            _ => "something else",
        });
        if let Some(wait) = &wait.more {
            if wait.kind == WaitKind::Group {
                self.note(What::Text(cut(wait.text()).into()));
            }
            if let Some(future) = &wait.future {
                self.note(What::Awaits(future.id()));
            }
            if let Some(holder) = &wait.held_by {
                self.note(What::HeldBy(holder.id()));
            }
        }
        let at = (!task.done()).then(|| task.get_coro().suspended_at());
        self.ends(What::StepEnds { waits_on, at });
    }

    fn call_begins(&mut self, call: &Scheduled) {
        let name = call.describe();
        self.depth += 1;
        if name == DESCRIPTOR {
            self.quiet = Some(call.id());
            return;
        }
        self.look_if_late();
        self.is_now = false;
        self.note(What::Text(name));
        self.note(What::CallBegins(call.id()));
    }

    /// A step or a callback ends.
    fn ends(&mut self, what: What) {
        self.look();
        self.is_now = true;
        self.depth = self.depth.saturating_sub(1);
        self.note_printed();
        self.note(what);
    }

    fn timer_set(&mut self, timer: &Scheduled, when: f64) {
        if self.depth > 0 {
            self.look();
        }
        if let TimeSource::Virtual(_) = self.time {
            self.note(What::Text(timer.describe()));
        } else if self.depth == 0 {
            return;
        }
        self.note(What::TimerSet { timer: timer.id(), when });
    }

    fn done(&mut self, task: &AnyTask, end: Option<(End, String)>) {
        let (end, error) = end.unwrap_or((End::Finished, String::new()));
        self.unnamed.remove(&task.id());
        self.note(What::Name(name_of(task)));
        if let End::Failed = end {
            self.note(What::Text(cut(error).into()));
        }
        self.note(What::TaskDone(task.id(), end));
    }

    fn note_printed(&mut self) {
        let length = self.printed.as_mut().and_then(|printed| printed.stream_position().ok());
        if let Some(length) = length {
            self.note(What::Printed(length));
        }
    }

    /// The loop is about to go idle, so it can hand over its records.
    fn hand_over_idle(&mut self) {
        if self.spent < TO_SPEND.0 + self.now / TO_SPEND.1 {
            let start = Instant::now();
            self.outlet.early(&mut self.records);
            self.spent += nanos_since(start);
        }
    }

    fn close(&mut self) {
        self.note_printed();
        self.note_now(What::Closed);
        self.outlet.close(&mut self.records);
        // The loop keeps this recorder, but the memory is no longer needed.
        self.records = Vec::new();
        self.unnamed = HashSet::default();
    }
}

/// The name of a task, and that of its coroutine.
fn name_of(task: &AnyTask) -> Label {
    cut(format!("{} {}", task.get_name(), task.get_coro().name())).into()
}

/// How a task ended. Only the `repr` shows the error without marking it as retrieved.
fn end_of(task: &AnyTask) -> (End, String) {
    if task.cancelled() {
        return (End::Cancelled, String::new());
    }
    let mut text = String::new();
    // The `Debug` of the error may be the program's.
    let _ = catch_unwind(AssertUnwindSafe(|| write!(text, "{task:?}")));
    match text.split_once("> exception=") {
        Some((_, error)) => {
            let error = error.strip_suffix('>').unwrap_or(error);
            // In debug mode the `repr` also says where the task was created.
            let at = task.get_coro().location();
            let created = format!(" created at {}:{}", at.file(), at.line());
            (End::Failed, error.strip_suffix(&*created).unwrap_or(error).to_owned())
        }
        None => (End::Finished, String::new()),
    }
}

/// Standard output, if it is a regular file: its length shows how much has been printed.
fn output_file() -> Option<File> {
    let file = File::from(stdout().as_fd().try_clone_to_owned().ok()?);
    file.metadata().ok()?.is_file().then_some(file)
}
