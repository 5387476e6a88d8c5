//! The tape: the policy that asks a strategy at each step, and records the choices.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use asyncio_runtime::{AnyTask, Choices, SchedulingPolicy, TimerHandle, get_running_loop};

use crate::choices::{Fate, Mishap, Mishaps};
use crate::fault::{Fault, LATE};
use crate::fence::Fence;
use crate::invariant;
use crate::jobs::{self, Jobs, Moment};
use crate::report::Failure;
use crate::strategy::Chooser;
use crate::token::Deviation;

/// Called with each choice: the number of ready entries, the index of the one that runs, and the number of eligible ones.
type Telling = Box<dyn FnMut(usize, usize, usize)>;

/// Called with each mishap.
type TellingMishap = Box<dyn FnMut(Mishap)>;

/// The choices of a program that is running, or has run.
pub(crate) struct Tape {
    pub(crate) chooser: Chooser,
    /// The number of steps so far.
    pub(crate) steps: u64,
    /// The program is stopped after this many steps.
    limit: u64,
    /// The seconds that the steps of an iteration may take; with 0, nothing is asked about time.
    slack: f64,
    pub(crate) deviations: Vec<Deviation>,
    /// The choices that do not concern the order.
    pub(crate) mishaps: Mishaps,
    /// The number of eligible entries at each step.
    pub(crate) widths: Vec<u8>,
    /// The choices in words, if a report is wanted.
    pub(crate) notes: Option<Vec<Note>>,
    /// The mishaps of the network, of time and of threads, each with the step before which it happened, if a report is wanted.
    pub(crate) struck: Vec<(u64, Mishap)>,
    pub(crate) told: Option<Telling>,
    pub(crate) told_mishap: Option<TellingMishap>,
    /// The jobs of the program's thread pools.
    pub(crate) jobs: Arc<Jobs>,
    /// The timers of jobs that wait with a limit.
    pub(crate) limits: BTreeMap<u64, TimerHandle>,
    /// Are the ends of the loop's passes reported to the jobs?
    pub(crate) watches: bool,
    /// The number of ready entries, counted while `watches`.
    pub(crate) ready: usize,
    /// Why the program was stopped. From then on entries run first in, first out.
    pub(crate) failure: Option<Failure>,
}

/// A step, for people.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) step: u64,
    pub(crate) len: usize,
    pub(crate) ran: Entry,
    pub(crate) overtaken: Vec<Entry>,
}

/// An entry of the ready queue, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name of a task, or a callback as reports show it.
    pub(crate) name: String,
    /// Where the task goes on.
    pub(crate) at: Option<String>,
}

impl Entry {
    fn of(index: usize, ready: &Choices<'_>) -> Self {
        let named = |task: AnyTask| {
            let at =
                task.get_stack().pop().map(|frame| format!("{}:{} in {}()", frame.file, frame.line, frame.function));
            Self { name: task.get_name().to_string(), at }
        };
        ready.task(index).map_or_else(
            || Self { name: ready.scheduled(index).map(|call| format!("{call:?}")).unwrap_or_default(), at: None },
            named,
        )
    }
}

impl Tape {
    pub(crate) fn new(chooser: Chooser, limit: u64) -> Self {
        Self {
            chooser,
            steps: 0,
            limit,
            slack: 0.0,
            deviations: Vec::new(),
            mishaps: Mishaps::new(),
            widths: Vec::new(),
            notes: None,
            struck: Vec::new(),
            told: None,
            told_mishap: None,
            jobs: Arc::default(),
            limits: BTreeMap::new(),
            watches: false,
            ready: 0,
            failure: None,
        }
    }

    /// Lets the steps of an iteration take up to `slack` seconds.
    pub(crate) fn with_slack(self, slack: f64) -> Self {
        Self { slack, ..self }
    }

    /// Starts again, reusing the memory of the last run.
    pub(crate) fn rewind(&mut self, chooser: Chooser, fate: Fate) {
        self.chooser = chooser;
        self.mishaps.rewind(fate);
        self.struck.clear();
        if self.jobs.were_submitted() {
            self.jobs = Arc::default();
            self.limits.clear();
        }
        self.steps = 0;
        self.deviations.clear();
        self.widths.clear();
        self.failure = None;
        if let Some(notes) = &mut self.notes {
            notes.clear();
        }
    }

    /// Fails if the program ended before its schedule did.
    pub(crate) fn check_end(&self) -> Result<(), Failure> {
        self.chooser.check_end(self.steps).and_then(|()| self.mishaps.check_end()).map_err(Failure::Stale)
    }

    /// Answers a question of a network that has `len` answers.
    pub(crate) fn ask(&mut self, fault: Fault, len: usize) -> usize {
        self.ask_within(fault, len, len)
    }

    /// The same, where only the first `possible` answers apply. The others are counted, so that the schedule does not depend on
    /// which apply.
    pub(crate) fn ask_within(&mut self, fault: Fault, len: usize, possible: usize) -> usize {
        if self.failure.is_some() {
            return 0;
        }
        match self.mishaps.ask(fault, len, possible) {
            Ok(0) => 0,
            Ok(index) => {
                if let Some(mishap) = self.mishaps.happened.last().copied() {
                    if self.notes.is_some() {
                        self.struck.push((self.steps, mishap));
                    }
                    if let Some(told) = &mut self.told_mishap {
                        told(mishap);
                    }
                }
                index
            }
            Err(stale) => self.fail(Failure::Stale(stale)),
        }
    }

    /// Decides the new time; see [`SchedulingPolicy::advance`].
    fn advance(&mut self, now: f64, deadline: f64, ready: usize) -> f64 {
        if ready == 0 {
            if self.slack <= 0.0 {
                return deadline;
            }
            let possible = LATE.iter().take_while(|late| **late <= self.slack).count();
            return deadline + LATE[self.ask_within(Fault::Late, LATE.len(), possible)];
        }
        if self.slack <= 0.0 || deadline <= now {
            return now;
        }
        let possible = if deadline - now <= self.slack { 2 } else { 1 };
        if self.ask_within(Fault::Busy, 2, possible) == 1 { deadline } else { now }
    }

    fn choose(&mut self, fence: &Fence, ready: &Choices<'_>) -> usize {
        let step = self.steps;
        self.steps += 1;
        self.ready = ready.len() - 1;
        if self.failure.is_some() {
            // The clean-up may be endless, too.
            if step > self.limit.saturating_mul(2) {
                self.steps = self.limit;
                stop();
            }
            return 0;
        }
        if step >= self.limit {
            return self.fail(Failure::Endless(self.limit));
        }
        let eligible = fence.eligible(ready);
        let index = match self.chooser.choose(step, eligible, ready) {
            Ok(index) => index,
            Err(stale) => return self.fail(Failure::Stale(stale)),
        };
        self.widths.push(u8::try_from(eligible).expect("the fence's window is small"));
        if index > 0 {
            self.deviations.push(Deviation { step, index, len: ready.len() });
        }
        if let Some(told) = &mut self.told {
            told(ready.len(), index, eligible);
        }
        if let Some(notes) = &mut self.notes {
            let overtaken = (0..index).map(|index| Entry::of(index, ready)).collect();
            notes.push(Note { step, len: ready.len(), ran: Entry::of(index, ready), overtaken });
        }
        index
    }

    fn fail(&mut self, failure: Failure) -> usize {
        self.failure = Some(failure);
        stop();
        0
    }
}

/// Stops the running loop at the end of its pass.
fn stop() {
    if let Ok(event_loop) = get_running_loop() {
        event_loop.stop();
    }
}

/// The policy of one loop. Several loops, one after the other, share a tape.
pub(crate) struct Player {
    tape: Rc<RefCell<Tape>>,
    fence: Fence,
    /// Panic where the schedule does not fit, because the tape is not examined afterwards?
    panics: bool,
    /// It has.
    has_panicked: bool,
}

impl Player {
    pub(crate) fn new(tape: &Rc<RefCell<Tape>>) -> Self {
        tape.borrow_mut().watches = false;
        tape.borrow().jobs.begin_loop();
        Self { tape: Rc::clone(tape), fence: Fence::default(), panics: false, has_panicked: false }
    }

    pub(crate) fn that_panics(tape: &Rc<RefCell<Tape>>) -> Self {
        Self { panics: true, ..Self::new(tape) }
    }

    /// Gives turns to jobs of thread pools, if there are any.
    fn conduct(&self, moment: Moment) {
        if self.tape.borrow().jobs.are_active() {
            if let Ok(event_loop) = get_running_loop() {
                jobs::watch(&self.tape, &event_loop);
            }
            jobs::conduct(&self.tape, moment);
        }
    }
}

impl SchedulingPolicy for Player {
    fn next(&mut self, ready: &Choices<'_>) -> usize {
        // Checked while the tape is not borrowed, because an invariant is the user's code.
        let violated = invariant::violated();
        self.conduct(Moment::BeforeStep);
        let mut tape = self.tape.borrow_mut();
        if let (Some(failure), None) = (violated, &tape.failure) {
            tape.fail(failure);
        }
        let index = tape.choose(&self.fence, ready);
        self.fence.remove(index);
        if let (Some(failure), true) = (&tape.failure, self.panics && !self.has_panicked) {
            self.has_panicked = true;
            panic!("{failure}");
        }
        index
    }

    fn advance(&mut self, now: f64, deadline: f64, ready: usize) -> f64 {
        if ready == 0 {
            self.conduct(Moment::Idle);
        }
        self.tape.borrow_mut().advance(now, deadline, ready)
    }
}
