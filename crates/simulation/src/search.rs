//! The search: many runs in several threads, then the failure is shrunk and described.
//!
//! Schedules have numbers, and the meaning of a number depends only on the options. Of several failing schedules, the one with the
//! lowest number counts, so a search with the same seed finds the same one, whatever the threads do.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::choices::{Fate, Mishap};
use crate::delays::visit;
use crate::explore::Options;
use crate::hook;
use crate::numbers::renumber;
use crate::progress::{self, Stage};
use crate::report::{Exploration, Failure, Found, Outcome, Proof};
use crate::shrink::{Tried, shrink, shrink_mishaps};
use crate::story::Told;
use crate::strategy::{Chooser, Strategy};
use crate::tape::Tape;
use crate::token::{Deviation, Schedule};

/// Runs the program once with the choices of a tape.
pub(crate) type Once<'a> = &'a (dyn Fn(&Rc<RefCell<Tape>>) -> Result<String, Failure> + Sync);

/// The most different outcomes that are listed.
const LISTED: usize = 30;

/// The most steps that shrinking one schedule may take in total.
const SHRINK_STEPS: u64 = 50_000_000;

type RunEnd = Result<String, Failure>;

/// The schedules that ended in the same way.
#[derive(Clone)]
struct Seen {
    count: u64,
    /// The number of the first such schedule.
    first: u64,
    course: Course,
    failure: Option<Failure>,
}

/// What was chosen in a run.
#[derive(Clone, Default)]
struct Course {
    deviations: Vec<Deviation>,
    mishaps: Vec<Mishap>,
}

impl Course {
    fn of(tape: &Tape) -> Self {
        Self { deviations: tape.deviations.clone(), mishaps: tape.mishaps.happened.clone() }
    }

    fn schedule(self) -> Schedule {
        Schedule::of(self.deviations, self.mishaps)
    }
}

struct Search<'a> {
    once: Once<'a>,
    options: &'a Options,
    begun: Instant,
    /// What the program returns first in, first out, and in how many steps.
    expected: RunEnd,
    length: u64,
    /// The next number to be run, or the next piece of work.
    next: AtomicU64,
    /// The lowest number that failed. Nothing above it needs to be run.
    lowest: AtomicU64,
    schedules: AtomicU64,
    found: Mutex<Option<Seen>>,
    outcomes: Mutex<HashMap<String, Seen>>,
}

pub(crate) fn search(once: Once<'_>, options: &Options) -> Exploration {
    let begun = Instant::now();
    let replay = options.replay.clone().or_else(|| hook::from_env().unwrap_or_else(|error| panic!("{error}")));
    if let Some(schedule) = replay {
        return in_thread(|| replay_only(once, options, &schedule, begun));
    }
    let (expected, length) = in_thread(|| {
        let tape = new_tape(options);
        let ended = numbered(once(&tape));
        let steps = tape.borrow().steps;
        (ended, steps)
    });
    let search = Search {
        once,
        options,
        begun,
        expected,
        length,
        next: AtomicU64::new(1),
        lowest: AtomicU64::new(u64::MAX),
        schedules: AtomicU64::new(0),
        found: Mutex::default(),
        outcomes: Mutex::default(),
    };
    let mut tally = HashMap::new();
    search.note(&mut tally, 0, search.expected.clone(), Course::default);
    search.merge(tally);
    let stage = Stage::Searches { done: &search.schedules, most: options.schedules, time: options.time };
    let proof = with_progress(options, stage, || match options.strategy {
        Strategy::Delays(most) => search.delays(most),
        _ => search.random(),
    });
    with_progress(options, Stage::Shortens, || in_thread(|| search.report(proof)))
}

/// Calls `work`, and shows the progress meanwhile if that is wanted.
fn with_progress<R>(options: &Options, stage: Stage<'_>, work: impl FnOnce() -> R) -> R {
    if options.progress { progress::on_stderr(stage, work) } else { work() }
}

/// Runs `f` in a separate thread, because in the main thread each run would watch for Ctrl-C.
fn in_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().unwrap_or_else(|panic| resume_unwind(panic)))
}

fn new_tape(options: &Options) -> Rc<RefCell<Tape>> {
    Rc::new(RefCell::new(Tape::new(Chooser::fifo(), options.steps).with_slack(options.slack)))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Running schedules.
impl Search<'_> {
    fn on_all_threads(&self, work: impl Fn() + Sync) {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.options.threads).map(|_| scope.spawn(&work)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        });
    }

    fn is_out_of_time(&self) -> bool {
        self.options.time.is_some_and(|limit| self.begun.elapsed() >= limit)
    }

    /// Does the search end at the first failure?
    fn stops(&self) -> bool {
        !self.options.outcomes
    }

    fn run(&self, tape: &Rc<RefCell<Tape>>, chooser: Chooser, fate: Fate) -> RunEnd {
        numbered(self.run_raw(tape, chooser, fate))
    }

    fn run_raw(&self, tape: &Rc<RefCell<Tape>>, chooser: Chooser, fate: Fate) -> RunEnd {
        tape.borrow_mut().rewind(chooser, fate);
        match ((self.once)(tape), &self.expected) {
            (Ok(found), Ok(expected)) if self.options.same_output && renumber(&found) != *expected => {
                Err(Failure::Differs { expected: expected.clone(), found })
            }
            (ended, _) => ended,
        }
    }

    /// Counts a schedule, by its number, and records how it ended if outcomes are wanted.
    fn note(&self, tally: &mut HashMap<String, Seen>, number: u64, ended: RunEnd, course: impl Fn() -> Course) {
        self.schedules.fetch_add(1, Ordering::Relaxed);
        if self.stops() && ended.is_ok() {
            return;
        }
        let (text, failure) = match ended {
            Ok(text) => (text, None),
            Err(failure) => (failure.to_string(), Some(failure)),
        };
        let seen = || Seen { count: 1, first: number, course: course(), failure };
        if self.stops() {
            self.lowest.fetch_min(number, Ordering::Relaxed);
            let mut found = lock(&self.found);
            if found.as_ref().is_none_or(|found| number < found.first) {
                *found = Some(seen());
            }
        } else if let Some(known) = tally.get_mut(&text) {
            known.count += 1;
        } else {
            tally.insert(text, seen());
        }
    }

    /// Adds what one thread has seen.
    fn merge(&self, tally: HashMap<String, Seen>) {
        let mut outcomes = lock(&self.outcomes);
        for (text, seen) in tally {
            match outcomes.get_mut(&text) {
                None => _ = outcomes.insert(text, seen),
                Some(known) => {
                    let count = known.count + seen.count;
                    if seen.first < known.first {
                        *known = seen;
                    }
                    known.count = count;
                }
            }
        }
    }

    fn random(&self) -> Option<Proof> {
        self.on_all_threads(|| {
            let (tape, mut tally) = (new_tape(self.options), HashMap::new());
            loop {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let is_enough = number >= self.options.schedules || number > self.lowest.load(Ordering::Relaxed);
                if is_enough || self.is_out_of_time() {
                    break;
                }
                let chooser = Chooser::random(self.options.strategy, self.options.seed, number, self.length);
                let ended = self.run(&tape, chooser, Fate::random(self.options.seed.wrapping_add(number)));
                self.note(&mut tally, number, ended, || Course::of(&tape.borrow()));
            }
            self.merge(tally);
        });
        None
    }

    /// Runs all schedules without a deviation (that one has been run), with one, with two and so on.
    fn delays(&self, most: u32) -> Option<Proof> {
        let mut proof = Proof { delays: 0, schedules: 1, complete: false };
        for delays in 1..=most {
            if self.expected.is_err() || self.lowest.load(Ordering::Relaxed) < u64::MAX {
                return None;
            }
            let before = self.schedules.load(Ordering::Relaxed);
            let all = self.with_delays(delays);
            if self.lowest.load(Ordering::Relaxed) < u64::MAX {
                return None;
            }
            if !all {
                break;
            }
            let schedules = self.schedules.load(Ordering::Relaxed);
            if schedules == before {
                proof.complete = true;
                break;
            }
            proof = Proof { delays, schedules, complete: false };
        }
        let failed = lock(&self.outcomes).values().any(|seen| seen.failure.is_some());
        (!failed).then_some(proof)
    }

    /// Runs the schedules with exactly `delays` deviations. Returns whether all were run.
    fn with_delays(&self, delays: u32) -> bool {
        let all = AtomicBool::new(true);
        self.next.store(0, Ordering::Relaxed);
        self.on_all_threads(|| {
            let (tape, mut tally) = (new_tape(self.options), HashMap::new());
            // This thread's piece of work: the schedules with the same first deviation.
            let (piece, mut claimed) = (Cell::new(0), None);
            let mut run = |schedule: &[Deviation], is_new: bool| {
                let ended = self.run(&tape, Chooser::loose(schedule.to_vec()), Fate::ordinary());
                let tape = tape.borrow();
                if is_new {
                    let failed = ended.is_err();
                    self.note(&mut tally, piece.get(), ended, || Course::of(&tape));
                    if failed && self.stops() {
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(tape.widths.clone())
            };
            let mut take = |number| {
                let own = *claimed.get_or_insert_with(|| self.next.fetch_add(1, Ordering::Relaxed));
                if self.schedules.load(Ordering::Relaxed) >= self.options.schedules || self.is_out_of_time() {
                    all.store(false, Ordering::Relaxed);
                    return ControlFlow::Break(());
                }
                if number > self.lowest.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                if number == own {
                    claimed = None;
                    piece.set(number);
                }
                ControlFlow::Continue(number == own)
            };
            let _ = visit(&mut Vec::new(), delays, &mut run, &mut take);
            self.merge(tally);
        });
        all.into_inner()
    }
}

/// Reporting.
impl Search<'_> {
    fn report(self, proof: Option<Proof>) -> Exploration {
        let schedules = self.schedules.load(Ordering::Relaxed);
        let took = self.begun.elapsed();
        let tape = new_tape(self.options);
        let found = lock(&self.found).take();
        let failure = found.and_then(|seen| {
            let failure = seen.failure?;
            let is_like = |ended: &RunEnd| ended.as_ref().is_err_and(|other| other.is_like(&failure));
            let deviations = seen.course.deviations.len();
            let faults: Vec<_> = seen.course.mishaps.iter().map(|mishap| mishap.fault).collect();
            let schedule = self.shortest(&tape, seen.course, &is_like).schedule();
            let told = told(&tape, &schedule, |tape, chooser, fate| self.run_raw(tape, chooser, fate));
            let (failure, story) = match told.failure {
                Some(again) if again.is_like(&failure) => (again, told.story),
                _ => (failure, "It did not fail again: it depends on something else than the schedule.\n".to_owned()),
            };
            let timeline = told.timeline;
            let (after, mishaps) = (seen.first, faults.len());
            Some(Found { failure, schedule, after, deviations, mishaps, faults, story, timeline })
        });
        let mut seen: Vec<_> = lock(&self.outcomes).drain().collect();
        if self.stops() {
            seen.clear();
        }
        seen.sort_by(|(text, one), (other_text, other)| other.count.cmp(&one.count).then(text.cmp(other_text)));
        seen.truncate(LISTED);
        let outcome = |(text, seen): (String, Seen)| {
            let is_same = |ended: &RunEnd| match ended {
                Ok(found) => seen.failure.is_none() && *found == text,
                Err(failure) => failure.to_string() == text,
            };
            let schedule = self.shortest(&tape, seen.course, &is_same).schedule();
            Outcome { failed: seen.failure.is_some(), count: seen.count, schedule, text }
        };
        let outcomes = seen.into_iter().map(outcome).collect();
        Exploration { schedules, took, failure, proof, outcomes }
    }

    /// Fewer mishaps first, because each one explains more than an order; then fewer deviations; then the mishaps once more,
    /// because some may have been needed only for deviations that are gone.
    fn shortest(&self, tape: &Rc<RefCell<Tape>>, found: Course, is_same: &dyn Fn(&RunEnd) -> bool) -> Course {
        let steps = Cell::new(0);
        let fails = |deviations: &[Deviation], mishaps: &[Mishap]| {
            let fate = Fate::given(mishaps.to_vec(), false);
            let ended = self.run(tape, Chooser::loose(deviations.to_vec()), fate);
            steps.set(steps.get() + tape.borrow().steps);
            is_same(&ended)
        };
        let attempt = |deviations: &[Deviation], mishaps: &[Mishap]| {
            (steps.get() <= SHRINK_STEPS).then(|| fails(deviations, mishaps))
        };
        // What really happened, which may be more than was given.
        let course = |deviations: Vec<Deviation>, mishaps: Vec<Mishap>| match fails(&deviations, &mishaps) {
            true => Course::of(&tape.borrow()),
            false => Course { deviations, mishaps },
        };
        let fewer_mishaps = |found: Course| {
            if found.mishaps.is_empty() {
                return found;
            }
            let mishaps = shrink_mishaps(found.mishaps, &mut |mishaps| {
                attempt(&found.deviations, mishaps)?.then(|| tape.borrow().mishaps.happened.clone())
            });
            course(found.deviations, mishaps)
        };
        let Course { deviations, mishaps } = fewer_mishaps(found);
        let deviations = shrink(deviations, &mut |deviations| match attempt(deviations, &mishaps) {
            None => Tried::default(),
            Some(fails) => {
                let tape = tape.borrow();
                Tried { fails, deviations: tape.deviations.clone(), widths: tape.widths.clone() }
            }
        });
        fewer_mishaps(course(deviations, mishaps))
    }
}

/// The same with tasks that are numbered from one.
fn numbered(ended: RunEnd) -> RunEnd {
    match ended {
        Ok(text) if !text.contains('-') => Ok(text),
        Ok(text) => Ok(renumber(&text).into_owned()),
        Err(failure) => Err(failure.map_text(|text| renumber(text).into_owned())),
    }
}

/// Runs a schedule once more, for the report.
fn told(
    tape: &Rc<RefCell<Tape>>,
    schedule: &Schedule,
    run: impl FnOnce(&Rc<RefCell<Tape>>, Chooser, Fate) -> RunEnd,
) -> Told {
    tape.borrow_mut().notes = Some(Vec::new());
    let ended = run(tape, Chooser::strict(schedule), schedule.fate());
    let notes = tape.borrow_mut().notes.take().unwrap_or_default();
    let struck = std::mem::take(&mut tape.borrow_mut().struck);
    Told::new(ended.err(), &notes, &struck)
}

fn replay_only(once: Once<'_>, options: &Options, schedule: &Schedule, begun: Instant) -> Exploration {
    let options = &Options { slack: schedule.slack(), ..options.clone() };
    let tape = new_tape(options);
    let Told { failure, story, timeline } = told(&tape, schedule, |tape, chooser, fate| {
        tape.borrow_mut().rewind(chooser, fate);
        once(tape)
    });
    let deviations = tape.borrow().deviations.len();
    let faults: Vec<_> = tape.borrow().mishaps.happened.iter().map(|mishap| mishap.fault).collect();
    let failure = failure.map(|failure| {
        let (schedule, mishaps) = (schedule.clone(), faults.len());
        Found { failure, after: 0, deviations, mishaps, faults, schedule, story, timeline }
    });
    Exploration { schedules: 1, took: begun.elapsed(), failure, proof: None, outcomes: Vec::new() }
}
