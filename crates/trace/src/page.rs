//! The events that are not in the file yet, and how their slices are written.

use crate::json::{JsonEvent, LoopNumber};
use crate::record::Label;

pub(crate) struct Page {
    pub(crate) out: Vec<u8>,
    /// The number of the loop, and of the loop's own track.
    pub(crate) pid: u32,
    /// Does the loop use the real clock?
    pub(crate) is_real: bool,
    process: LoopNumber,
}

pub(crate) struct Slice {
    pub(crate) track: u32,
    pub(crate) kind: SliceKind,
    /// When it began.
    pub(crate) since: u64,
    /// Has the beginning of the slice been written?
    pub(crate) is_written: bool,
    /// The time in the queue, the number of entries that a pass runs, the number of the timer, or the seconds for which the loop
    /// may be idle, as bits.
    pub(crate) measure: Option<u64>,
    /// What a callback runs.
    pub(crate) name: Option<Label>,
    /// The task that takes the step.
    pub(crate) task: Option<usize>,
    /// The flows that end where the slice begins.
    pub(crate) flows: Vec<Flow>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum SliceKind {
    Pass,
    Call,
    Step,
    Idle,
}

#[derive(Clone, Copy)]
pub(crate) struct Flow {
    pub(crate) id: u64,
    /// The fields that describe the flow.
    pub(crate) fields: &'static str,
}

impl Page {
    pub(crate) fn new(pid: u32, is_real: bool) -> Self {
        Self { out: Vec::new(), pid, is_real, process: LoopNumber::new(pid) }
    }

    /// Begins an event.
    #[inline]
    pub(crate) fn event(&mut self, phase: u8, track: u32, time: u64) -> JsonEvent<'_> {
        JsonEvent::new(&mut self.out, phase, &self.process, track, time)
    }

    /// Writes the beginnings of the slices that have none in the file yet.
    pub(crate) fn begin_all(&mut self, running: &mut [Slice]) {
        for slice in running.iter_mut().filter(|slice| !slice.is_written) {
            slice.is_written = true;
            let is_real = self.is_real;
            slice.describe(self.event(b'B', slice.track, slice.since), is_real);
            self.end_flows(slice);
        }
    }

    /// Ends a slice, the innermost of those that run. Returns the event, to which arguments can be added.
    #[inline]
    pub(crate) fn end(
        &mut self,
        running: &mut [Slice],
        slice: &Slice,
        now: u64,
        printed: Option<u64>,
    ) -> JsonEvent<'_> {
        let line = if slice.is_written {
            self.event(b'E', slice.track, now)
        } else {
            self.begin_all(running);
            let is_real = self.is_real;
            slice.describe(self.event(b'X', slice.track, slice.since).duration(now - slice.since), is_real)
        };
        match printed {
            Some(length) => line.number("printed", length),
            None => line,
        }
    }

    /// The second halves of the flows that lead to a slice.
    pub(crate) fn end_flows(&mut self, slice: &mut Slice) {
        for flow in slice.flows.drain(..) {
            let line = self.event(b'f', slice.track, slice.since);
            drop(line.fixed(r#""bp":"e""#).fixed(flow.fields).flow(flow.id));
        }
    }
}

impl Slice {
    pub(crate) fn new(track: u32, kind: SliceKind, since: u64) -> Self {
        Self { track, kind, since, is_written: false, measure: None, name: None, task: None, flows: Vec::new() }
    }

    /// Adds what it is.
    #[inline]
    fn describe<'a>(&self, line: JsonEvent<'a>, is_real: bool) -> JsonEvent<'a> {
        match (self.kind, self.measure) {
            (SliceKind::Step, Some(queued)) if is_real => line.fixed(r#""name":"step""#).micros("ready_us", queued),
            (SliceKind::Step, _) => line.fixed(r#""name":"step""#),
            (SliceKind::Pass, ready) => line.fixed(r#""name":"pass""#).number("ready", ready.unwrap_or(0)),
            (SliceKind::Idle, Some(seconds)) => {
                line.fixed(r#""name":"idle""#).seconds("at_most", f64::from_bits(seconds))
            }
            (SliceKind::Idle, None) => line.fixed(r#""name":"idle""#),
            (SliceKind::Call, timer) => {
                let line = line.name(self.name.as_deref().unwrap_or_default());
                match timer {
                    Some(number) => line.number("number", number),
                    None => line,
                }
            }
        }
    }
}
