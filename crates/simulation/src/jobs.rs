//! Jobs of thread pools as a part of the schedule: an answer of the tape says when a job begins or continues.
//!
//! A job runs in a thread of its pool, but only while it has the turn, and the loop does nothing meanwhile. So everything that
//! a job does between two of its waits happens at once, between two steps or two passes of the loop. The tape is asked when a
//! job may begin or continue: when it was submitted, when its call to the loop has run, or when the future that it waits for is
//! done.
//!
//! `Jobs` is the conductor, which the threads share; `conduct` is the part of the loop's thread. A warning reports what cannot
//! be repeated: a job that keeps its turn for too long, because it blocks on something that no conductor sees, continues
//! without a turn.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use asyncio_concurrent::conductor::Conductor;
use asyncio_errors::log;
use asyncio_runtime::{EventLoop, LoopEvent, LoopHandle, Observer, get_running_loop};

use crate::choices;
use crate::fault::{Fault, JobTurn, TURNS};
use crate::panics;
use crate::tape::Tape;

/// How long, in real time, the loop waits for a job that has the turn, and a job for a loop that does nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// A delayed job continues at the latest after this many passes without progress of virtual time. Otherwise a task that polls until
/// the job is done (`while !job.done() { sleep(0).await? }`) would never stop.
const STANDSTILL: u64 = 1_000;

/// The conductor of the jobs of one thread.
#[derive(Default)]
pub(crate) struct Jobs {
    state: Mutex<JobsState>,
    changed: Condvar,
    /// Is there a job that has not ended?
    active: AtomicBool,
    /// Panics of jobs are noted instead of printed.
    is_quiet: AtomicBool,
}

#[derive(Default)]
struct JobsState {
    /// The jobs that have not ended, by number.
    jobs: BTreeMap<u64, Job>,
    submitted: u64,
    /// The jobs about which the tape must be asked, in this order.
    came: Vec<u64>,
    /// The number of passes that have ended.
    passes: u64,
    /// The time of the loop, and the number of passes when it began.
    standstill: (f64, u64),
    /// How many delays have begun.
    delays: u64,
    /// The loop is between two passes.
    is_between: bool,
    /// Counts calls by the loop's thread, as a sign of life.
    beats: u64,
    /// Pauses that began, and how long each may take.
    limits: Vec<(u64, Duration)>,
    /// Jobs whose pause took too long.
    expired: Vec<u64>,
    /// A pool is to end, so the tape is no longer asked.
    hurried: bool,
    /// The loop was closed: all jobs continue without turns.
    free: bool,
    /// The loop, and its thread.
    bell: Option<(LoopHandle, ThreadId)>,
    /// Where a job panicked last, if panics are quiet.
    panicked_at: Option<String>,
}

struct Job {
    /// Its pool, and the maximum number of threads of that.
    pool: (usize, usize),
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It may continue, but the tape has not been asked yet.
    Came,
    /// It continues at this time.
    Due(When),
    /// It has the turn.
    Runs,
    /// It has made a call to the loop, which will have run when this many passes have ended: the fence lets nothing overtake
    /// it.
    Called(u64),
    /// It waits for something.
    Paused,
    /// It continues without a turn.
    Free,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    EndOfPass,
    /// Before this step, or when nothing is ready.
    Step(u64),
    /// When the timer of this delay says so.
    Later(Delay),
}

/// A wait for a timer. The timer of an earlier delay of the same job may still be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delay {
    number: u64,
    /// The number of passes when it began.
    since: u64,
}

/// What the loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    BeforeStep,
    EndOfPass,
    /// Nothing is ready, except for what other threads may have submitted.
    Drained,
    /// Nothing is ready.
    Idle,
}

impl JobsState {
    fn stage(&self, job: u64) -> Option<Stage> {
        self.jobs.get(&job).map(|job| job.stage)
    }

    fn set(&mut self, number: u64, stage: Stage) {
        if let Some(job) = self.jobs.get_mut(&number) {
            job.stage = stage;
        }
    }

    fn come(&mut self, job: u64) {
        self.set(job, Stage::Came);
        self.came.push(job);
    }

    /// Does its pool have a thread for the job? Jobs begin in order.
    fn has_thread(&self, number: u64) -> bool {
        let (_, threads) = self.jobs[&number].pool;
        let before = self.jobs.range(..number).filter(|(_, job)| job.pool == self.jobs[&number].pool);
        before.count() < threads
    }

    /// The first job in such a stage that has a thread.
    fn first(&self, is_meant: impl Fn(Stage) -> bool) -> Option<u64> {
        self.jobs
            .iter()
            .find(|(number, job)| is_meant(job.stage) && self.has_thread(**number))
            .map(|(number, _)| *number)
    }
}

/// Called by the threads of pools.
impl Conductor for Jobs {
    fn submitted(&self, pool: usize, size: usize) -> u64 {
        let mut state = self.lock();
        let number = state.submitted;
        state.submitted += 1;
        let stage = if state.free { Stage::Free } else { Stage::Came };
        state.jobs.insert(number, Job { pool: (pool, size), stage });
        if !state.free {
            state.came.push(number);
        }
        drop(state);
        self.active.store(true, Ordering::Release);
        watch_running_loop();
        number
    }

    fn begin(&self, job: u64) {
        panics::set_quiet(self.is_quiet.load(Ordering::Relaxed));
        self.wait_for_turn(self.lock(), job);
    }

    fn give_way(&self, job: u64) {
        let mut state = self.lock();
        if state.stage(job) == Some(Stage::Runs) {
            let pass = state.passes + if state.is_between { 1 } else { 2 };
            state.set(job, Stage::Called(pass));
            self.changed.notify_all();
            self.wait_for_turn(state, job);
        }
    }

    fn pause(&self, job: u64, limit: Duration) -> Option<Duration> {
        let begun = Instant::now();
        let mut state = self.lock();
        if state.stage(job) != Some(Stage::Runs) {
            return Some(limit);
        }
        state.set(job, Stage::Paused);
        state.limits.push((job, limit));
        self.changed.notify_all();
        while state.stage(job) == Some(Stage::Paused) {
            // The loop's timer comes first, if the loop runs.
            let left = limit.saturating_add(PATIENCE).saturating_sub(begun.elapsed());
            if left.is_zero() {
                state.expired.push(job);
                state.come(job);
                self.ring(state);
                state = self.lock();
                break;
            }
            state = self.wait(state, left).0;
        }
        self.wait_for_turn(state, job);
        let mut state = self.lock();
        let expired = state.expired.iter().position(|other| *other == job)?;
        state.expired.remove(expired);
        Some(Duration::ZERO)
    }

    fn wake(&self, job: u64) {
        let mut state = self.lock();
        if state.stage(job) == Some(Stage::Paused) {
            state.come(job);
            self.changed.notify_all();
            self.ring(state);
        }
    }

    fn ended(&self, job: u64) {
        let mut state = self.lock();
        let ran = matches!(state.jobs.remove(&job), Some(Job { stage: Stage::Runs | Stage::Free, .. }));
        if let (true, Some(at)) = (ran, panics::last_at()) {
            state.panicked_at = Some(at);
        }
        state.came.retain(|other| *other != job);
        if state.jobs.is_empty() {
            self.active.store(false, Ordering::Release);
        }
        self.changed.notify_all();
    }

    fn run_until(&self, is_over: &dyn Fn() -> bool) {
        while !is_over() {
            let mut state = self.lock();
            let next = state.first(|stage| matches!(stage, Stage::Came | Stage::Due(_)));
            let Some(job) = next.or_else(|| state.first(|stage| matches!(stage, Stage::Called(_)))) else { return };
            state.came.retain(|other| *other != job);
            self.run(state, job);
        }
    }

    fn hurry(&self, pool: usize) -> usize {
        let mut state = self.lock();
        state.hurried = true;
        for job in state.jobs.values_mut().filter(|job| matches!(job.stage, Stage::Due(_))) {
            job.stage = Stage::Due(When::EndOfPass);
        }
        state.jobs.values().filter(|job| job.pool.0 == pool).count()
    }
}

impl Jobs {
    /// Is there a job that has not ended?
    pub(crate) fn are_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    /// From now on, panics of jobs are noted instead of printed.
    pub(crate) fn be_quiet(&self) {
        self.is_quiet.store(true, Ordering::Relaxed);
    }

    /// Where a job panicked last.
    pub(crate) fn panicked_at(&self) -> Option<String> {
        self.lock().panicked_at.take()
    }

    /// Was a job ever submitted?
    pub(crate) fn were_submitted(&self) -> bool {
        self.lock().submitted > 0
    }

    /// A new loop begins.
    pub(crate) fn begin_loop(&self) {
        let mut state = self.lock();
        (state.hurried, state.free) = (false, false);
    }

    /// Called when no loop gives turns any more.
    pub(crate) fn set_free(&self) {
        let mut state = self.lock();
        state.free = true;
        state.bell = None;
        state.came.clear();
        state.jobs.values_mut().for_each(|job| job.stage = Stage::Free);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, JobsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, JobsState>, limit: Duration) -> (MutexGuard<'a, JobsState>, bool) {
        let (state, waited) = self.changed.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner);
        (state, waited.timed_out())
    }

    /// Called when a job may continue. Wakes the loop, which may be asleep, unless its own thread calls this, or a job has the
    /// turn.
    fn ring(&self, state: MutexGuard<'_, JobsState>) {
        let is_heard = state.jobs.values().any(|job| job.stage == Stage::Runs);
        let bell = state.bell.as_ref().filter(|(_, own)| *own != thread::current().id() && !is_heard);
        let bell = bell.map(|(event_loop, _)| event_loop.clone());
        drop(state);
        // An error means that the loop is closed; then jobs are free.
        bell.into_iter().for_each(|event_loop| drop(event_loop.call_soon_threadsafe(|| ())));
    }

    /// In a job's thread: returns when it has the turn.
    fn wait_for_turn<'a>(&'a self, mut state: MutexGuard<'a, JobsState>, job: u64) {
        let mut beats = state.beats;
        while !matches!(state.stage(job), Some(Stage::Runs | Stage::Free) | None) {
            let (again, expired) = self.wait(state, PATIENCE);
            state = again;
            let stage = state.stage(job);
            let is_next =
                matches!(stage, Some(Stage::Came | Stage::Called(_) | Stage::Due(When::EndOfPass | When::Step(_))));
            if expired && is_next && state.beats == beats {
                // The loop's thread is blocked, perhaps waiting for this job.
                state.set(job, Stage::Free);
                drop(state);
                tell_of_lost(job, "got no turn");
                return;
            }
            beats = state.beats;
        }
    }

    /// In the loop's thread: gives a job the turn, and waits until the job no longer has it.
    fn run<'a>(&'a self, mut state: MutexGuard<'a, JobsState>, job: u64) {
        state.set(job, Stage::Runs);
        self.changed.notify_all();
        let begun = Instant::now();
        while state.stage(job) == Some(Stage::Runs) {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if left.is_zero() {
                state.set(job, Stage::Free);
                drop(state);
                tell_of_lost(job, "did not report");
                return;
            }
            state = self.wait(state, left).0;
        }
    }

    /// The limit of a pause has expired.
    fn expire(&self, job: u64) {
        let mut state = self.lock();
        if state.stage(job) == Some(Stage::Paused) {
            state.expired.push(job);
            state.come(job);
        }
    }

    /// The next job that may continue, and whether the tape must be asked about it: not if a pool is to end.
    fn next_came(&self) -> Option<(u64, bool)> {
        let mut state = self.lock();
        state.beats += 1;
        if state.came.is_empty() { None } else { Some((state.came.remove(0), !state.hurried)) }
    }

    fn plan(&self, job: u64, when: When) {
        self.lock().set(job, Stage::Due(when));
    }

    fn begin_delay(&self) -> Delay {
        let mut state = self.lock();
        state.delays += 1;
        Delay { number: state.delays, since: state.passes }
    }

    /// Runs the next job that is due; false if there is none.
    fn run_next(&self, moment: Moment, steps: u64) -> bool {
        let state = self.lock();
        let is_due = |stage| match stage {
            Stage::Due(When::EndOfPass) => moment != Moment::BeforeStep,
            Stage::Due(When::Step(step)) => matches!(moment, Moment::Drained | Moment::Idle) || step <= steps,
            _ => false,
        };
        let Some(job) = state.first(is_due) else { return false };
        self.run(state, job);
        true
    }

    /// Lets jobs continue whose calls have run.
    fn answer(&self, moment: Moment) {
        let mut state = self.lock();
        state.passes += u64::from(moment == Moment::EndOfPass);
        // When nothing is ready, all calls to this loop have run.
        let passes = if moment == Moment::Idle { u64::MAX } else { state.passes };
        let has_run = |(number, job): (&u64, &Job)| match job.stage {
            Stage::Called(pass) if pass <= passes => Some(*number),
            _ => None,
        };
        let answered: Vec<u64> = state.jobs.iter().filter_map(has_run).collect();
        answered.into_iter().for_each(|job| state.come(job));
    }

    /// A job that was to continue later does so after this pass.
    fn end_delay(&self, job: u64, delay: Delay) {
        let mut state = self.lock();
        if state.stage(job) == Some(Stage::Due(When::Later(delay))) {
            state.set(job, Stage::Due(When::EndOfPass));
        }
    }

    /// A pass has ended at this time of the loop.
    fn count_pass(&self, time: f64) {
        let mut state = self.lock();
        let passes = state.passes + 1;
        if state.standstill.0.to_bits() != time.to_bits() {
            state.standstill = (time, state.passes);
        }
        let begun = state.standstill.1;
        for job in state.jobs.values_mut() {
            if let Stage::Due(When::Later(delay)) = job.stage
                && passes - begun.max(delay.since) >= STANDSTILL
            {
                job.stage = Stage::Due(When::EndOfPass);
            }
        }
    }

    fn set_between(&self, is_between: bool) {
        self.lock().is_between = is_between;
    }
}

fn tell_of_lost(job: u64, how: &str) {
    let seconds = PATIENCE.as_secs();
    log::warning(format_args!(
        "ScheduleWarning: job {job} {how} within {seconds} seconds, and goes on by itself: the schedule may not repeat this run"
    ));
}

/// Gives turns to the jobs that may continue now.
pub(crate) fn conduct(tape: &Rc<RefCell<Tape>>, moment: Moment) {
    let jobs = Arc::clone(&tape.borrow().jobs);
    if !jobs.are_active() {
        return;
    }
    if moment == Moment::EndOfPass
        && let Ok(event_loop) = get_running_loop()
    {
        jobs.count_pass(event_loop.time());
    }
    if matches!(moment, Moment::EndOfPass | Moment::Idle) {
        jobs.answer(moment);
    }
    jobs.set_between(moment != Moment::BeforeStep);
    loop {
        set_limits(tape, &jobs);
        while let Some((job, is_asked)) = jobs.next_came() {
            let mut tape = tape.borrow_mut();
            let limit = tape.limits.remove(&job);
            limit.into_iter().for_each(|timer| timer.cancel());
            let (index, steps) = (if is_asked { tape.ask(Fault::Job, TURNS.len()) } else { 0 }, tape.steps);
            drop(tape);
            jobs.plan(job, plan(&jobs, job, TURNS[index], steps));
        }
        let steps = tape.borrow().steps;
        if !jobs.run_next(moment, steps) {
            break;
        }
    }
    jobs.set_between(false);
}

/// Sets the timers of pauses that have a limit.
fn set_limits(tape: &Rc<RefCell<Tape>>, jobs: &Arc<Jobs>) {
    let limits = std::mem::take(&mut jobs.lock().limits);
    for (job, limit) in limits.into_iter().filter(|(_, limit)| *limit < Duration::MAX) {
        let jobs = Arc::clone(jobs);
        let expire = move || jobs.expire(job);
        let timer = get_running_loop().map(|event_loop| event_loop.call_later(limit.as_secs_f64(), expire));
        if let Ok(Ok(timer)) = timer {
            tape.borrow_mut().limits.insert(job, timer);
        }
    }
}

fn plan(jobs: &Arc<Jobs>, job: u64, turn: JobTurn, steps: u64) -> When {
    match turn {
        JobTurn::EndOfPass => When::EndOfPass,
        JobTurn::Steps(more) => When::Step(steps + more),
        JobTurn::Seconds(seconds) => {
            let jobs = Arc::clone(jobs);
            let delay = jobs.begin_delay();
            let later = move || jobs.end_delay(job, delay);
            let timer = get_running_loop().is_ok_and(|event_loop| event_loop.call_later(seconds, later).is_ok());
            if timer { When::Later(delay) } else { When::EndOfPass }
        }
    }
}

/// Reports the ends of a loop's passes to the jobs, and counts ready entries. Only a loop with jobs has this observer, because
/// observers take time.
struct Passes(Rc<RefCell<Tape>>);

impl Observer for Passes {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::TaskCreated(_) | LoopEvent::Woken(_) | LoopEvent::Queued(_) => self.0.borrow_mut().ready += 1,
            LoopEvent::PassEnds => {
                conduct(&self.0, Moment::EndOfPass);
                if self.0.borrow().ready == 0 {
                    // This comes before virtual time jumps.
                    conduct(&self.0, Moment::Drained);
                }
            }
            LoopEvent::Idle(_) => conduct(&self.0, Moment::Idle),
            LoopEvent::Closed => {
                let jobs = Arc::clone(&self.0.borrow().jobs);
                jobs.set_free();
            }
            _ => {}
        }
    }
}

/// In the loop's thread, called when the loop has a job.
fn watch_running_loop() {
    if let (Some(tape), Ok(event_loop)) = (choices::current(), get_running_loop()) {
        watch(&tape, &event_loop);
    }
}

/// Starts to report the ends of passes, unless they are already reported.
pub(crate) fn watch(tape: &Rc<RefCell<Tape>>, event_loop: &EventLoop) {
    if !std::mem::replace(&mut tape.borrow_mut().watches, true) {
        tape.borrow().jobs.lock().bell = Some((event_loop.handle().uncounted(), thread::current().id()));
        event_loop.add_observer(Rc::new(Passes(Rc::clone(tape))));
    }
}
