//! The observer that writes the events of one loop.
//!
//! The core idea: events are written in the order in which they happen. A slice is begun lazily: it is written when something
//! happens in it, and else in one piece at its end, which is what most steps take. A flow is written in two halves: where something
//! is caused, and at the beginning of the step or call that it causes; between the two, its number is kept with the task or
//! timer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{Seek as _, stdout};
use std::os::fd::AsFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use asyncio_runtime::{
    AnyFuture, AnyTask, Clock, EventLoop, LoopEvent, Observer, Scheduled, ScheduledId, WaitKind, WaitsOn,
};

use crate::json::Event;
use crate::sink::Sink;

/// Events are handed to the file when there are so many bytes of them.
const FULL: usize = 60 * 1024;

/// What a loop that goes idle may spend on handing over what it has, in all: this many nanoseconds, and this part of the time.
const TO_SPEND: (u64, u64) = (1_000_000, 200);

pub(crate) struct Tracer {
    sink: Arc<Sink>,
    /// Borrowed only while an event is written, which calls nothing of the program.
    lines: RefCell<Lines>,
}

/// The events that are not in the file yet, and what is known of what is pending.
struct Lines {
    out: Vec<u8>,
    /// The number of the loop, and of its own track.
    pid: u32,
    time: Time,
    /// The time of the last event.
    now: u64,
    /// Has the program not run since then? Between two steps the loop takes no time that is worth a look at the clock.
    is_now: bool,
    /// What runs, the innermost last: a pass, a callback, a step, and a step that was begun eagerly within it.
    running: Vec<Slice>,
    is_idle: bool,
    tasks: HashMap<usize, Traced, BuildHasherDefault<Mixed>>,
    /// The flows to callbacks and timers.
    calls: HashMap<ScheduledId, Flow, BuildHasherDefault<Mixed>>,
    /// The timers that are set, by their numbers in the trace; under the virtual clock only.
    timers: HashMap<ScheduledId, u64, BuildHasherDefault<Mixed>>,
    flows: u64,
    /// The time that the file has taken while the loop was idle.
    spent: u64,
    /// Standard output, if it is a file and the time is virtual.
    printed: Option<File>,
}

enum Time {
    Real(Instant),
    /// The virtual time at the beginning, and the number of events since.
    Virtual(f64, u64),
}

struct Slice {
    track: u32,
    kind: Kind,
    /// When it began.
    since: u64,
    /// Has its beginning been written?
    is_written: bool,
    /// How long it was queued, how many entries a pass runs, or the number of the timer.
    measure: Option<u64>,
    /// What a callback runs, if that is known already.
    name: Option<String>,
    /// The flows that end at its beginning.
    flows: Vec<Flow>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pass,
    Call,
    Step,
}

/// What is known of a task that is not done.
struct Traced {
    track: u32,
    /// The flows that end at its next step.
    flows: Vec<Flow>,
    /// When it was woken, or created.
    ready: Option<u64>,
    /// The name that was written, as a hash.
    name: Option<u64>,
}

#[derive(Clone, Copy)]
struct Flow {
    id: u64,
    /// The fields that say what it is.
    fields: &'static str,
}

/// The callback by which a descriptor wakes the tasks that wait for it. They say so themselves, so it is left out.
const DESCRIPTOR: &str = "AsyncFd._ready()";

const CREATES: &str = r#""cat":"create","name":"creates""#;
const WAKES: &str = r#""cat":"wake","name":"wakes""#;
const CANCELS: &str = r#""cat":"cancel","name":"cancels""#;
const CALLS: &str = r#""cat":"call","name":"calls""#;
const SETS_TIMER: &str = r#""cat":"timer","name":"sets timer""#;

impl Tracer {
    pub(crate) fn new(sink: &Arc<Sink>, event_loop: &EventLoop) -> Self {
        // Of the two clocks one shows this time; the machine's never shows that of the other, which begins at zero.
        let is_virtual = event_loop.time().to_bits() == Clock::Virtual.now().to_bits();
        let mut lines = Lines {
            out: Vec::new(),
            pid: sink.number(),
            time: if is_virtual { Time::Virtual(event_loop.time(), 0) } else { Time::Real(sink.start) },
            now: 0,
            is_now: false,
            running: Vec::new(),
            is_idle: false,
            tasks: HashMap::default(),
            calls: HashMap::default(),
            timers: HashMap::default(),
            flows: 0,
            spent: 0,
            printed: if is_virtual { output_file() } else { None },
        };
        sink.open();
        lines.begin(is_virtual);
        Self { sink: Arc::clone(sink), lines: RefCell::new(lines) }
    }

    /// Hands over what there is if that is much, or if the loop has nothing better to do.
    fn hand_over(&self, is_idle: bool) {
        let Ok(mut lines) = self.lines.try_borrow_mut() else { return };
        let may_spend = TO_SPEND.0 + lines.now / TO_SPEND.1;
        if lines.out.len() < FULL && !(is_idle && lines.spent < may_spend) {
            return;
        }
        let open = lines.running.len();
        lines.write_beginnings(open);
        let start = Instant::now();
        self.sink.write(&lines.out);
        lines.out.clear();
        if is_idle {
            lines.spent += nanos_since(start);
        }
    }

    fn close(&self) {
        let Ok(mut lines) = self.lines.try_borrow_mut() else { return };
        lines.finish();
        self.sink.write(&lines.out);
        // Its memory is not needed any more, but the loop keeps this.
        lines.out = Vec::new();
        lines.tasks = HashMap::default();
        lines.calls = HashMap::default();
        lines.timers = HashMap::default();
        drop(lines);
        self.sink.close();
    }
}

impl Observer for Tracer {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::Closed = event {
            return self.close();
        }
        if self.sink.is_over() {
            return;
        }
        // Asked before, and dropped after, because that may run code of the program.
        let wait = match event {
            LoopEvent::StepEnds(task) if !task.done() => task.waits_on(),
            _ => None,
        };
        let ended = match event {
            LoopEvent::TaskDone(task) => Some(End::of(task)),
            _ => None,
        };
        if let Ok(mut lines) = self.lines.try_borrow_mut() {
            lines.event(event, wait.as_ref(), ended.as_ref(), &self.sink);
        }
        self.hand_over(matches!(event, LoopEvent::Idle(_)));
    }
}

impl Lines {
    fn event(&mut self, event: LoopEvent<'_>, wait: Option<&WaitsOn>, ended: Option<&End>, sink: &Sink) {
        if self.is_idle {
            self.is_idle = false;
            self.tick();
            self.line(b'E', self.pid);
        }
        match event {
            LoopEvent::TaskCreated(task) => self.created(task, sink.number()),
            LoopEvent::StepBegins(task) => self.step_begins(task, sink),
            LoopEvent::StepEnds(task) => self.step_ends(task, wait),
            LoopEvent::Woken(task) => self.woken(task, sink),
            LoopEvent::CancelRequested { task, through, .. } => self.cancel_requested(task, through, sink),
            LoopEvent::TaskDone(task) => self.done(task, ended, sink),
            LoopEvent::FutureDone(_) => {
                self.tick();
                let track = self.track();
                drop(self.line(b'i', track).fixed(r#""s":"t","name":"future done""#));
            }
            LoopEvent::Queued(call) => self.scheduled(call, CALLS),
            LoopEvent::TimerSet { timer, when, .. } => {
                self.scheduled(timer, SETS_TIMER);
                if let Time::Virtual(start, _) = self.time {
                    self.flows += 1;
                    let (track, number) = (self.track(), self.flows);
                    self.timers.insert(timer.id(), number);
                    let line = self.line(b'i', track).fixed(r#""s":"t","name":"timer set""#);
                    let line = line.text("timer", &timer.describe()).seconds("due", since(start, when));
                    drop(line.number("number", number));
                }
            }
            LoopEvent::CallCancelled(_) => self.call_cancelled(None),
            LoopEvent::TimerCancelled(timer) => {
                self.calls.remove(&timer.id());
                let number = self.timers.remove(&timer.id());
                self.call_cancelled(number);
            }
            LoopEvent::CallBegins(call) => self.call_begins(call),
            LoopEvent::CallEnds(_) => self.call_ends(),
            LoopEvent::Idle(timeout) => {
                self.tick();
                self.is_idle = true;
                let line = self.line(b'B', self.pid).fixed(r#""name":"idle""#);
                drop(match timeout {
                    Some(timeout) => line.seconds("at_most", timeout),
                    None => line,
                });
            }
            LoopEvent::TimeJumps { from, to, .. } => {
                self.tick();
                let start = if let Time::Virtual(start, _) = self.time { start } else { 0.0 };
                let line = self.line(b'i', self.pid).fixed(r#""s":"p","name":"time jumps""#);
                drop(line.seconds("from", since(start, from)).seconds("to", since(start, to)));
            }
            LoopEvent::PassBegins(ready) => {
                // A panic may have unwound the one before.
                while let Some(kind) = self.running.last().map(|slice| slice.kind) {
                    self.ends(kind);
                }
                self.tick();
                self.is_now = true;
                self.running.push(Slice { measure: Some(ready as u64), ..Slice::new(self.pid, Kind::Pass, self.now) });
            }
            LoopEvent::PassEnds => self.ends(Kind::Pass),
            _ => {}
        }
    }

    /// A step or a callback begins.
    fn tick_if_late(&mut self) {
        if !self.is_now || matches!(self.time, Time::Virtual(..)) {
            self.tick();
        }
        self.is_now = false;
    }

    /// The next event is later than the last one.
    fn tick(&mut self) {
        self.now = match &mut self.time {
            Time::Real(start) => nanos_since(*start),
            Time::Virtual(start, events) => {
                *events += 1;
                let seconds = Clock::Virtual.now() - *start;
                (seconds * 1e9).round() as u64 + *events * 1000
            }
        };
    }

    /// An event that happens now, in what runs.
    fn line(&mut self, phase: u8, track: u32) -> Event<'_> {
        self.write_beginnings(self.running.len());
        Event::new(&mut self.out, phase, self.pid, track, self.now)
    }

    /// Writes the beginnings of so many slices, as far as they have not been written.
    fn write_beginnings(&mut self, count: usize) {
        let is_real = matches!(self.time, Time::Real(_));
        for slice in self.running[..count].iter_mut().filter(|slice| !slice.is_written) {
            slice.is_written = true;
            let line = Event::new(&mut self.out, b'B', self.pid, slice.track, slice.since);
            slice.describe(line, is_real);
            slice.end_flows(&mut self.out, self.pid);
        }
    }

    /// The innermost slice, of this many, ends now; it has been taken out. Returns the event, to which arguments can be added.
    fn end_of(&mut self, slice: &mut Slice) -> Event<'_> {
        if slice.is_written {
            return Event::new(&mut self.out, b'E', self.pid, slice.track, self.now);
        }
        self.write_beginnings(self.running.len());
        let is_real = matches!(self.time, Time::Real(_));
        let line = Event::new(&mut self.out, b'X', self.pid, slice.track, slice.since);
        slice.describe(line.duration(self.now - slice.since), is_real)
    }

    /// What the loop is, before all else.
    fn begin(&mut self, is_virtual: bool) {
        self.tick();
        let name = if is_virtual { "event loop, virtual clock" } else { "event loop" };
        let pid = self.pid;
        drop(self.line(b'M', pid).fixed(r#""name":"process_name""#).text("name", name));
        drop(self.line(b'M', pid).fixed(r#""name":"thread_name""#).text("name", "passes and callbacks"));
    }

    fn finish(&mut self) {
        self.tick();
        if std::mem::take(&mut self.is_idle) {
            drop(self.line(b'E', self.pid));
        }
        while let Some(kind) = self.running.last().map(|slice| slice.kind) {
            self.ends(kind);
        }
    }

    /// The track of what runs: a task's, or the loop's.
    fn track(&self) -> u32 {
        self.running.last().map_or(self.pid, |slice| slice.track)
    }

    /// The first half of a flow from what runs, if anything does.
    fn flow(&mut self, fields: &'static str) -> Option<Flow> {
        let slice = self.running.last().filter(|slice| slice.kind != Kind::Pass)?;
        let from = slice.track;
        self.flows += 1;
        let id = (u64::from(self.pid) << 32) | self.flows;
        drop(self.line(b's', from).fixed(fields).flow(id));
        Some(Flow { id, fields })
    }

    /// The slice of this kind ends, with what has begun in it.
    fn ends(&mut self, kind: Kind) {
        self.tick();
        self.is_now = true;
        while let Some(mut slice) = self.running.pop() {
            let is_last = slice.kind == kind;
            // A pass in which nothing was written is not worth a line.
            if slice.is_written || slice.kind != Kind::Pass {
                let printed = self.printed();
                let line = self.end_of(&mut slice);
                drop(match printed {
                    Some(printed) => line.number("printed", printed),
                    None => line,
                });
                slice.end_flows(&mut self.out, self.pid);
            }
            if is_last {
                break;
            }
        }
    }

    fn printed(&mut self) -> Option<u64> {
        self.printed.as_mut()?.stream_position().ok()
    }

    /// What is known of a task, also of one that was made before the trace began.
    fn task(&mut self, task: &AnyTask, sink: &Sink) -> &mut Traced {
        self.tasks.entry(task.id()).or_insert_with(|| Traced::new(sink.number()))
    }

    fn created(&mut self, task: &AnyTask, track: u32) {
        self.tick();
        let by = self.running.last().map(|slice| slice.track);
        let coroutine = task.get_coro();
        let at = coroutine.location();
        let line = self.line(b'i', track).fixed(r#""s":"t","name":"created""#).text("coroutine", coroutine.name());
        let line = line.place("at", at.file(), at.line());
        drop(match by {
            Some(by) => line.number("by", by.into()),
            None => line,
        });
        let mut traced = Traced::new(track);
        traced.ready = Some(self.now);
        traced.flows.extend(self.flow(CREATES));
        self.tasks.insert(task.id(), traced);
    }

    /// Writes the name of the track, if the task has another one by now.
    fn name(&mut self, task: &AnyTask, sink: &Sink) {
        let name = task.get_name();
        let traced = self.task(task, sink);
        let hash = hash(name.as_bytes());
        if traced.name.replace(hash) != Some(hash) {
            let track = traced.track;
            let name = format!("{name} {}", task.get_coro().name());
            drop(self.line(b'M', track).fixed(r#""name":"thread_name""#).text("name", &name));
        }
    }

    fn step_begins(&mut self, task: &AnyTask, sink: &Sink) {
        self.tick_if_late();
        if self.task(task, sink).name.is_none() {
            self.name(task, sink);
        }
        let traced = self.task(task, sink);
        let (track, ready, flows) = (traced.track, traced.ready.take(), std::mem::take(&mut traced.flows));
        let measure = ready.map(|ready| self.now.saturating_sub(ready));
        self.running.push(Slice { measure, flows, ..Slice::new(track, Kind::Step, self.now) });
    }

    fn step_ends(&mut self, task: &AnyTask, wait: Option<&WaitsOn>) {
        self.tick();
        self.is_now = true;
        while self.running.last().is_some_and(|slice| slice.kind != Kind::Step) {
            self.ends(Kind::Call);
        }
        let Some(mut slice) = self.running.pop() else { return };
        let printed = self.printed();
        let track = |future: Option<&AnyFuture>| Some(self.tasks.get(&future?.id())?.track);
        let on = wait.and_then(|wait| track(wait.future.as_ref()));
        let held_by = wait.and_then(|wait| track(wait.held_by.as_ref().map(|task| task.as_any())));
        let gave_way = wait.is_none() && self.tasks.get(&task.id()).and_then(|traced| traced.ready).is_some();
        let mut line = self.end_of(&mut slice);
        if let Some(printed) = printed {
            line = line.number("printed", printed);
        }
        match wait {
            Some(wait) => drop(waiting(line, wait, on, held_by)),
            None if task.done() => drop(line),
            None => {
                line = line.text("waits_on", if gave_way { "nothing" } else { "a future of another crate" });
                drop(match task.get_stack().first() {
                    Some(at) => line.place("at", at.file, at.line),
                    None => line,
                });
            }
        }
        slice.end_flows(&mut self.out, self.pid);
    }

    fn woken(&mut self, task: &AnyTask, sink: &Sink) {
        if matches!(self.time, Time::Virtual(..)) {
            self.tick();
        }
        let now = self.now;
        let traced = self.task(task, sink);
        let track = traced.track;
        traced.ready = Some(now);
        // It gave way to others, or a descriptor is ready. (Of such a callback nothing is written.)
        let runs = self.running.last();
        if runs.is_some_and(|slice| slice.track == track || slice.name.as_deref() == Some(DESCRIPTOR)) {
            return;
        }
        match self.flow(WAKES) {
            Some(flow) => self.task(task, sink).flows.push(flow),
            None => drop(self.line(b'i', track).fixed(r#""s":"t","name":"woken""#)),
        }
    }

    fn cancel_requested(&mut self, task: &AnyTask, through: Option<&AnyFuture>, sink: &Sink) {
        self.tick();
        let through = through.map(|future| self.tasks.get(&future.id()).map(|traced| traced.track));
        let by = self.running.last().filter(|slice| slice.kind != Kind::Pass).map(|slice| slice.track);
        let track = self.task(task, sink).track;
        let mut line = self.line(b'i', track).fixed(r#""s":"t","name":"cancel requested""#);
        if let Some(by) = by {
            line = line.number("by", by.into());
        }
        match through {
            None => drop(line),
            Some(None) => drop(line.text("through", "a group")),
            Some(Some(track)) => drop(line.number("through", track.into())),
        }
        if by != Some(track)
            && let Some(flow) = self.flow(CANCELS)
        {
            self.task(task, sink).flows.push(flow);
        }
    }

    fn done(&mut self, task: &AnyTask, ended: Option<&End>, sink: &Sink) {
        self.name(task, sink);
        let track = self.task(task, sink).track;
        let line = self.line(b'i', track);
        match ended {
            Some(End::Failed(error)) => drop(line.fixed(r#""s":"t","name":"failed""#).text("error", error)),
            Some(End::Cancelled) => drop(line.fixed(r#""s":"t","name":"cancelled""#)),
            Some(End::Finished) | None => drop(line.fixed(r#""s":"t","name":"finished""#)),
        }
        self.tasks.remove(&task.id());
    }

    /// A callback was queued or a timer was set.
    fn scheduled(&mut self, call: &Scheduled, fields: &'static str) {
        // What was queued by the loop itself, such as the event of a descriptor, has no cause in it.
        if self.running.last().is_some_and(|slice| slice.kind != Kind::Pass) {
            self.tick();
            if let Some(flow) = self.flow(fields) {
                self.calls.insert(call.id(), flow);
            }
        }
    }

    fn call_cancelled(&mut self, timer: Option<u64>) {
        self.tick();
        let track = self.track();
        let line = self.line(b'i', track).fixed(r#""s":"t","name":"callback cancelled""#);
        drop(match timer {
            Some(number) => line.number("number", number),
            None => line,
        });
    }

    fn call_begins(&mut self, call: &Scheduled) {
        let name = call.describe();
        if name != DESCRIPTOR {
            self.tick_if_late();
        }
        let flows: Vec<Flow> = self.calls.remove(&call.id()).into_iter().collect();
        let measure = self.timers.remove(&call.id());
        self.running.push(Slice { measure, name: Some(name), flows, ..Slice::new(self.pid, Kind::Call, self.now) });
    }

    fn call_ends(&mut self) {
        let is_quiet = |slice: &Slice| !slice.is_written && slice.name.as_deref() == Some(DESCRIPTOR);
        if self.running.last().is_some_and(is_quiet) {
            self.running.pop();
        } else {
            self.ends(Kind::Call);
        }
    }
}

impl Slice {
    fn new(track: u32, kind: Kind, since: u64) -> Self {
        Self { track, kind, since, is_written: false, measure: None, name: None, flows: Vec::new() }
    }

    /// Adds what it is.
    fn describe<'a>(&self, line: Event<'a>, is_real: bool) -> Event<'a> {
        match (self.kind, self.measure) {
            (Kind::Pass, ready) => line.fixed(r#""name":"pass""#).number("ready", ready.unwrap_or(0)),
            (Kind::Call, timer) => {
                let line = line.name(self.name.as_deref().unwrap_or_default());
                match timer {
                    Some(number) => line.number("number", number),
                    None => line,
                }
            }
            (Kind::Step, Some(queued)) if is_real => line.fixed(r#""name":"step""#).micros("ready_us", queued),
            (Kind::Step, _) => line.fixed(r#""name":"step""#),
        }
    }

    /// The second halves of the flows that lead here.
    fn end_flows(&mut self, out: &mut Vec<u8>, pid: u32) {
        for flow in self.flows.drain(..) {
            let line = Event::new(out, b'f', pid, self.track, self.since);
            drop(line.fixed(r#""bp":"e""#).fixed(flow.fields).flow(flow.id));
        }
    }
}

/// Adds what a task waits on.
fn waiting<'a>(line: Event<'a>, wait: &WaitsOn, on: Option<u32>, held_by: Option<u32>) -> Event<'a> {
    let mut line = line.text("waits_on", kind(wait));
    if wait.kind == WaitKind::Group {
        line = line.text("group", &wait.text);
    }
    if let Some(track) = on {
        line = line.number("task", track.into());
    }
    if let Some(track) = held_by {
        line = line.number("held_by", track.into());
    }
    line.place("at", wait.at.file, wait.at.line)
}

impl Traced {
    fn new(track: u32) -> Self {
        Self { track, flows: Vec::new(), ready: None, name: None }
    }
}

/// How a task ended.
enum End {
    Finished,
    Failed(String),
    Cancelled,
}

impl End {
    /// Only its `repr` tells the error without marking it as seen.
    fn of(task: &AnyTask) -> Self {
        if task.cancelled() {
            return Self::Cancelled;
        }
        let mut text = String::new();
        // How an error prints may be up to the program.
        let _ = catch_unwind(AssertUnwindSafe(|| write!(text, "{task:?}")));
        match text.split_once("> exception=") {
            Some((_, error)) => Self::Failed(error.strip_suffix('>').unwrap_or(error).to_owned()),
            None => Self::Finished,
        }
    }
}

/// What is waited on, in a word or two.
fn kind(wait: &WaitsOn) -> &str {
    match wait.kind {
        WaitKind::Timer => "a timer",
        WaitKind::Task => "a task",
        WaitKind::Future => "a future",
        WaitKind::Group => "a group",
        WaitKind::Line(name) => name,
        WaitKind::Readable => "input",
        WaitKind::Writable => "room for output",
        WaitKind::Foreign => "a future of another crate",
        _ => &wait.text,
    }
}

fn nanos_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The time that has passed, to the nanosecond: the difference of two numbers that are not exact.
fn since(start: f64, now: f64) -> f64 {
    ((now - start) * 1e9).round() / 1e9
}

/// Standard output, if it is a regular file: its length says what has been printed.
fn output_file() -> Option<File> {
    let file = File::from(stdout().as_fd().try_clone_to_owned().ok()?);
    file.metadata().ok()?.is_file().then_some(file)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = Mixed::default();
    hasher.write(bytes);
    hasher.finish()
}

/// A hash for numbers that the program does not choose: addresses, indices. The standard one takes as long as writing an event.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        // The table looks at the highest bits and the lowest ones.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}
