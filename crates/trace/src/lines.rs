//! Makes the events of the file from the records of one loop.
//!
//! The core idea: the records are processed in order, with the state of everything that is pending: what is running, the tasks,
//! the queued calls. The beginning of a slice is written lazily, when something happens in the slice. If nothing does, as in most
//! steps, the slice is written in one piece at its end. A flow is written in two halves: at its cause, and at the beginning of
//! the step or call that it causes. In between, its number is kept with the task or timer.

use std::hash::BuildHasher as _;
use std::panic::Location;
use std::sync::Arc;

use asyncio_runtime::ScheduledId;

use crate::json::JsonEvent;
use crate::mixed::{Hashed, MixedMap};
use crate::page::{Flow, Page, Slice, SliceKind};
use crate::places::Places;
use crate::record::{End, Label, Record, What};
use crate::recorder::DESCRIPTOR;
use crate::sink::{Sink, nanos_since};

/// Events are handed to the file once they take this many bytes.
const FULL: usize = 60 * 1024;

pub(crate) struct TraceLines {
    sink: Arc<Sink>,
    page: Page,
    places: Places,
    time: Time,
    /// The time of the record, and the time that is written for it.
    noted: u64,
    now: u64,
    details: Details,
    /// What is running, the innermost last: a pass, a callback, a step, and an eager step within it.
    running: Vec<Slice>,
    tasks: MixedMap<usize, Traced>,
    /// The flows to callbacks and timers.
    calls: MixedMap<ScheduledId, Flow>,
    /// The timers that are set, by their numbers in the trace; under the virtual clock only.
    timers: MixedMap<ScheduledId, u64>,
    flows: u64,
}

enum Time {
    Real,
    /// The virtual time at the beginning, and the number of events since, each of which takes a microsecond.
    Virtual(f64, u64),
}

/// The details of the event that follows.
#[derive(Default)]
struct Details {
    name: Option<Label>,
    text: Option<Label>,
    awaits: Option<usize>,
    held_by: Option<usize>,
    /// It holds for this event and all that follow.
    printed: Option<u64>,
}

/// What is known of a task that is not done.
struct Traced {
    track: u32,
    /// The flows that end at its next step.
    flows: Vec<Flow>,
    /// When it was woken, or created.
    ready: Option<u64>,
    /// A hash of the name that was written last.
    name: Option<u64>,
}

const CREATES: &str = r#""cat":"create","name":"creates""#;
const WAKES: &str = r#""cat":"wake","name":"wakes""#;
const CANCELS: &str = r#""cat":"cancel","name":"cancels""#;
const CALLS: &str = r#""cat":"call","name":"calls""#;
const SETS_TIMER: &str = r#""cat":"timer","name":"sets timer""#;

impl TraceLines {
    /// For a loop; `virtual_time` is its time, if it uses the virtual clock.
    pub(crate) fn new(sink: &Arc<Sink>, virtual_time: Option<f64>) -> Self {
        let mut lines = Self {
            sink: Arc::clone(sink),
            page: Page::new(sink.number(), virtual_time.is_none()),
            places: Places::default(),
            time: virtual_time.map_or(Time::Real, |start| Time::Virtual(start, 0)),
            noted: virtual_time.map_or_else(|| nanos_since(sink.start), |_| 0),
            now: 0,
            details: Details::default(),
            running: Vec::new(),
            tasks: MixedMap::default(),
            calls: MixedMap::default(),
            timers: MixedMap::default(),
            flows: 0,
        };
        lines.begin();
        lines
    }

    /// Writes the events of these records, and takes them out.
    pub(crate) fn take(&mut self, records: &mut Vec<Record>) {
        for Record { time, what } in &mut *records {
            if self.sink.is_over() {
                break;
            }
            self.noted = *time;
            self.event(what);
            if self.page.out.len() >= FULL {
                self.hand_over();
            }
        }
        records.clear();
        self.hand_over();
    }

    /// The loop is closed.
    pub(crate) fn close(&mut self) {
        // The loop keeps this value, but the memory is no longer needed.
        self.page.out = Vec::new();
        self.tasks = MixedMap::default();
        self.calls = MixedMap::default();
        self.timers = MixedMap::default();
    }

    fn hand_over(&mut self) {
        self.page.begin_all(&mut self.running);
        self.sink.write(&self.page.out);
        self.page.out.clear();
    }

    /// The record is borrowed, because moving it takes longer. Only its text is taken out.
    fn event(&mut self, what: &mut What) {
        match *what {
            What::Name(ref mut name) => self.details.name = Some(std::mem::take(name)),
            What::Text(ref mut text) => self.details.text = Some(std::mem::take(text)),
            What::Awaits(future) => self.details.awaits = Some(future),
            What::HeldBy(task) => self.details.held_by = Some(task),
            What::Printed(length) => self.details.printed = Some(length),
            What::TaskCreated { task, at } => self.created(task, at),
            What::StepBegins(task) => self.step_begins(task),
            What::StepEnds { waits_on, at } => self.step_ends(waits_on, at),
            What::Woken { task, by_descriptor } => self.woken(task, by_descriptor),
            What::CancelRequested { task, through } => self.cancel_requested(task, through),
            What::TaskDone(task, end) => self.done(task, end),
            What::FutureDone => {
                self.tick();
                let track = self.track();
                drop(self.line(b'i', track).fixed(r#""s":"t","name":"future done""#));
            }
            What::Queued(call) => self.scheduled(call, CALLS),
            What::TimerSet { timer, when } => self.timer_set(timer, when),
            What::CallCancelled => self.call_cancelled(None),
            What::TimerCancelled(timer) => {
                self.calls.remove(&timer);
                let number = self.timers.remove(&timer);
                self.call_cancelled(number);
            }
            What::CallBegins(call) => self.call_begins(call),
            What::CallEnds => self.ends(SliceKind::Call),
            What::Idle(timeout) => {
                self.tick();
                self.running.push(Slice {
                    measure: timeout.map(f64::to_bits),
                    ..Slice::new(self.page.pid, SliceKind::Idle, self.now)
                });
            }
            What::IdleEnds => self.ends(SliceKind::Idle),
            What::TimeJumps { from, to } => {
                self.tick();
                let start = if let Time::Virtual(start, _) = self.time { start } else { 0.0 };
                let line = self.line(b'i', self.page.pid).fixed(r#""s":"p","name":"time jumps""#);
                drop(line.seconds("from", since(start, from)).seconds("to", since(start, to)));
            }
            What::PassBegins(ready) => {
                // A panic may have unwound the previous pass.
                self.end_all();
                self.tick();
                self.running.push(Slice {
                    measure: Some(ready as u64),
                    ..Slice::new(self.page.pid, SliceKind::Pass, self.now)
                });
            }
            What::PassEnds => self.ends(SliceKind::Pass),
            What::Closed => {
                self.tick();
                self.end_all();
            }
        }
    }

    /// The next event is later than the last one.
    fn tick(&mut self) {
        self.now = match &mut self.time {
            Time::Real => self.noted,
            Time::Virtual(_, events) => {
                *events += 1;
                self.noted + *events * 1000
            }
        };
    }

    /// An event that happens now, inside what is running.
    fn line(&mut self, phase: u8, track: u32) -> JsonEvent<'_> {
        self.page.begin_all(&mut self.running);
        self.page.event(phase, track, self.now)
    }

    /// Describes the loop, before any event.
    fn begin(&mut self) {
        self.tick();
        let name = if self.page.is_real { "event loop" } else { "event loop, virtual clock" };
        let pid = self.page.pid;
        drop(self.line(b'M', pid).fixed(r#""name":"process_name""#).text("name", name));
        drop(self.line(b'M', pid).fixed(r#""name":"thread_name""#).text("name", "passes and callbacks"));
    }

    fn end_all(&mut self) {
        while let Some(kind) = self.running.last().map(|slice| slice.kind) {
            self.ends(kind);
        }
    }

    /// The track of what is running: a task's, or the loop's.
    fn track(&self) -> u32 {
        self.running.last().map_or(self.page.pid, |slice| slice.track)
    }

    /// The first half of a flow from what is running, if anything is.
    fn flow(&mut self, fields: &'static str) -> Option<Flow> {
        let slice = self.running.last().filter(|slice| slice.kind != SliceKind::Pass)?;
        let from = slice.track;
        self.flows += 1;
        let id = (u64::from(self.page.pid) << 32) | self.flows;
        drop(self.line(b's', from).fixed(fields).flow(id));
        Some(Flow { id, fields })
    }

    /// Ends the slice of this kind, and the slices inside it.
    fn ends(&mut self, kind: SliceKind) {
        self.tick();
        while let Some(mut slice) = self.running.pop() {
            let is_last = slice.kind == kind;
            // A pass in which nothing was written is not worth a line.
            if slice.is_written || slice.kind != SliceKind::Pass {
                drop(self.page.end(&mut self.running, &slice, self.now, self.details.printed));
                self.page.end_flows(&mut slice);
            }
            if is_last {
                break;
            }
        }
    }

    /// The record of a task, even of one that was made before the trace began.
    fn task(&mut self, task: usize) -> &mut Traced {
        self.tasks.entry(task).or_insert_with(|| Traced::new(self.sink.number()))
    }

    fn created(&mut self, task: usize, at: &'static Location<'static>) {
        self.tick();
        let track = self.sink.number();
        let by = self.running.last().map(|slice| slice.track);
        let coroutine = self.details.text.take().unwrap_or_default();
        self.page.begin_all(&mut self.running);
        let line = self.page.event(b'i', track, self.now).fixed(r#""s":"t","name":"created""#);
        let line = line.text("coroutine", &coroutine).json(self.places.of(None, at));
        drop(match by {
            Some(by) => line.number("by", by.into()),
            None => line,
        });
        let mut traced = Traced::new(track);
        traced.ready = Some(self.now);
        traced.flows.extend(self.flow(CREATES));
        self.tasks.insert(task, traced);
    }

    /// Writes the name of the track, if one was noted and differs from the last.
    fn name(&mut self, task: usize) {
        let Some(name) = self.details.name.take() else { return };
        let traced = self.task(task);
        let hash = Hashed::default().hash_one(&name);
        if traced.name.replace(hash) != Some(hash) {
            let track = traced.track;
            drop(self.line(b'M', track).fixed(r#""name":"thread_name""#).text("name", &name));
        }
    }

    fn step_begins(&mut self, task: usize) {
        self.tick();
        self.name(task);
        let now = self.now;
        let traced = self.task(task);
        let measure = traced.ready.take().map(|ready| now.saturating_sub(ready));
        let (track, flows) = (traced.track, std::mem::take(&mut traced.flows));
        self.running.push(Slice { measure, flows, task: Some(task), ..Slice::new(track, SliceKind::Step, now) });
    }

    fn step_ends(&mut self, waits_on: Option<&'static str>, at: Option<&'static Location<'static>>) {
        self.tick();
        while self.running.last().is_some_and(|slice| slice.kind != SliceKind::Step) {
            self.ends(SliceKind::Call);
        }
        let (text, awaits, held_by) =
            (self.details.text.take(), self.details.awaits.take(), self.details.held_by.take());
        let Some(mut slice) = self.running.pop() else { return };
        let traced = |task: Option<usize>| self.tasks.get(&task?);
        let track = |task| traced(task).map(|traced| traced.track);
        let (awaits, held_by) = (track(awaits), track(held_by));
        let is_ready = || traced(slice.task).is_some_and(|traced| traced.ready.is_some());
        let unknown = || if is_ready() { "nothing" } else { "a future of another crate" };
        // A task that is done waits nowhere.
        let waits_on = at.map(|_| waits_on.unwrap_or_else(unknown));
        let mut line = self.page.end(&mut self.running, &slice, self.now, self.details.printed);
        if let Some(at) = at {
            line = line.json(self.places.of(waits_on, at));
            if let Some(group) = text {
                line = line.text("group", &group);
            }
            if let Some(track) = awaits {
                line = line.number("task", track.into());
            }
            if let Some(track) = held_by {
                line = line.number("held_by", track.into());
            }
        }
        drop(line);
        self.page.end_flows(&mut slice);
    }

    fn woken(&mut self, task: usize, by_descriptor: bool) {
        if matches!(self.time, Time::Virtual(..)) {
            self.tick();
        }
        let now = self.now;
        let traced = self.task(task);
        let track = traced.track;
        traced.ready = Some(now);
        // The task gave way to others, or a descriptor is ready, whose callback is left out.
        let runs = self.running.last();
        let is_left_out = |slice: &Slice| slice.track == track || slice.name.as_deref() == Some(DESCRIPTOR);
        if by_descriptor || runs.is_some_and(is_left_out) {
            return;
        }
        match self.flow(WAKES) {
            Some(flow) => self.task(task).flows.push(flow),
            None => drop(self.line(b'i', track).fixed(r#""s":"t","name":"woken""#)),
        }
    }

    fn cancel_requested(&mut self, task: usize, through: Option<usize>) {
        self.tick();
        let through = through.map(|future| self.tasks.get(&future).map(|traced| traced.track));
        let by = self.running.last().filter(|slice| slice.kind != SliceKind::Pass).map(|slice| slice.track);
        let track = self.task(task).track;
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
            self.task(task).flows.push(flow);
        }
    }

    fn done(&mut self, task: usize, end: End) {
        self.name(task);
        let error = self.details.text.take().unwrap_or_default();
        let track = self.task(task).track;
        let line = self.line(b'i', track);
        drop(match end {
            End::Failed => line.fixed(r#""s":"t","name":"failed""#).text("error", &error),
            End::Cancelled => line.fixed(r#""s":"t","name":"cancelled""#),
            End::Finished => line.fixed(r#""s":"t","name":"finished""#),
        });
        self.tasks.remove(&task);
    }

    /// A callback was queued or a timer was set.
    fn scheduled(&mut self, call: ScheduledId, fields: &'static str) {
        if self.running.last().is_some_and(|slice| slice.kind != SliceKind::Pass) {
            self.tick();
            if let Some(flow) = self.flow(fields) {
                self.calls.insert(call, flow);
            }
        }
    }

    fn timer_set(&mut self, timer: ScheduledId, when: f64) {
        self.scheduled(timer, SETS_TIMER);
        if let Time::Virtual(start, _) = self.time {
            self.flows += 1;
            let (track, number) = (self.track(), self.flows);
            self.timers.insert(timer, number);
            let does = self.details.text.take().unwrap_or_default();
            let line = self.line(b'i', track).fixed(r#""s":"t","name":"timer set""#);
            drop(line.text("timer", &does).seconds("due", since(start, when)).number("number", number));
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

    fn call_begins(&mut self, call: ScheduledId) {
        let name = self.details.text.take();
        // A descriptor's callback is recorded late, only if it did more than wake tasks.
        if name.as_deref() != Some(DESCRIPTOR) {
            self.tick();
        }
        let flows: Vec<Flow> = self.calls.remove(&call).into_iter().collect();
        let measure = self.timers.remove(&call);
        self.running.push(Slice { measure, name, flows, ..Slice::new(self.page.pid, SliceKind::Call, self.now) });
    }
}

impl Traced {
    fn new(track: u32) -> Self {
        Self { track, flows: Vec::new(), ready: None, name: None }
    }
}

/// The elapsed time, rounded to a nanosecond, because both numbers are inexact.
fn since(start: f64, now: f64) -> f64 {
    ((now - start) * 1e9).round() / 1e9
}
