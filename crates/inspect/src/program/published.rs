//! What a loop publishes of each step, for the thread that answers: which task runs, since when, and where each was suspended.
//!
//! The core idea: one lock for each loop, held for a few nanoseconds per event, and free of contention unless a client asks. No
//! code of the program is called under it. What takes longer to find out (a task's blocker, and the task that holds it) is not
//! published; the loop is asked for it, see `walk`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use asyncio_runtime::{AnyTask, Clock, CoroutineRef, EventLoop, LoopEvent, LoopHandle, Observer};
use rustix::time::{ClockId, clock_gettime};

use crate::program::{loops, walk};
use crate::snapshot::{Activity, ActivityKind, LoopSnapshot, TaskSnapshot, TaskState};

/// A loop, for all threads.
pub(crate) struct Published {
    pub(crate) number: u32,
    thread: u64,
    thread_name: String,
    thread_id: ThreadId,
    is_virtual: bool,
    /// Not counted, so that a deadlock is still reported.
    handle: LoopHandle,
    state: Mutex<LoopState>,
    /// The walk that the loop has been asked for and has not delivered.
    question: Mutex<Option<Receiver<Answer>>>,
    /// Is the loop making the walk now?
    walks: AtomicBool,
}

/// A walk, and the time at which it was complete, which may be long before the thread looks at it.
type Answer = (Instant, LoopSnapshot);

/// A loop that makes progress, or is making its walk, may take this many times longer to answer than a stuck one.
const MORE_PATIENCE: u32 = 8;

/// How often to check that such a loop still makes progress.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Borrowed only while plain data is written or copied.
struct LoopState {
    tasks: HashMap<usize, Record, BuildHasherDefault<OfAddress>>,
    /// What is running, the innermost last: a callback, a step, and an eager step within it.
    running: Vec<(Running, Time)>,
    /// What the loop does when nothing runs.
    outside: ActivityKind,
    since: Time,
    /// Counts the tasks, so that they can be listed in the order of their creation.
    created: u64,
}

enum Running {
    Step(usize),
    Call(String),
}

/// What is known of a task that is not done.
#[derive(Clone)]
struct Record {
    order: u64,
    /// Known from the first step on, because a task is named after its creation.
    name: Option<String>,
    /// As it was at the end of the last step. (Its name is looked up only for an answer.)
    coroutine: CoroutineRef,
    state: TaskState,
    since: Time,
    /// When its last wait began, if it has waited.
    waiting_since: Option<Time>,
}

/// The observer of one loop.
pub(crate) struct Publisher(Arc<Published>);

impl Publisher {
    pub(crate) fn new(event_loop: &EventLoop, number: u32) -> (Self, Arc<Published>) {
        let current = thread::current();
        let published = Arc::new(Published {
            number,
            thread: thread_number(),
            thread_name: current.name().unwrap_or("").to_owned(),
            thread_id: current.id(),
            // Of the two clocks one shows the loop's time; the machine's never shows that of the other, which begins at zero.
            is_virtual: event_loop.time().to_bits() == Clock::Virtual.now().to_bits(),
            handle: event_loop.handle().uncounted(),
            state: Mutex::new(LoopState {
                tasks: HashMap::default(),
                running: Vec::new(),
                outside: ActivityKind::BetweenPasses,
                since: Time::now(),
                created: 0,
            }),
            question: Mutex::new(None),
            walks: AtomicBool::new(false),
        });
        (Self(Arc::clone(&published)), published)
    }
}

impl Observer for Publisher {
    fn event(&self, event: LoopEvent<'_>) {
        let now = Time::now();
        let state = || self.0.state();
        match event {
            LoopEvent::StepBegins(task) => state().step_begins(task, now),
            LoopEvent::StepEnds(task) => {
                let coroutine = (!task.done()).then(|| task.get_coro());
                let walks = self.0.walks.load(Ordering::Relaxed);
                state().step_ends(task, coroutine, walks, now);
            }
            LoopEvent::Woken(task) => state().woken(task, now),
            LoopEvent::TaskCreated(task) => {
                let record = Record::new(task, TaskState::NotStarted, now);
                state().created(task.id(), record);
            }
            LoopEvent::TaskDone(task) => {
                // Its memory is freed after the lock.
                let record = state().tasks.remove(&task.id());
                drop(record);
            }
            LoopEvent::CallBegins(call) => {
                let name = call.describe().into_owned();
                state().running.push((Running::Call(name), now));
            }
            LoopEvent::CallEnds(_) => state().call_ends(),
            LoopEvent::Idle(_) => state().outside(ActivityKind::Idle, now),
            LoopEvent::PassBegins(_) => state().outside(ActivityKind::Pass, now),
            LoopEvent::PassEnds => state().outside(ActivityKind::BetweenPasses, now),
            LoopEvent::Closed => loops::closed(&self.0),
            _ => {}
        }
    }
}

impl LoopState {
    fn created(&mut self, id: usize, mut record: Record) {
        self.created += 1;
        record.order = self.created;
        self.tasks.insert(id, record);
    }

    fn step_begins(&mut self, task: &AnyTask, now: Time) {
        let id = task.id();
        self.running.push((Running::Step(id), now));
        match self.tasks.get_mut(&id) {
            Some(record) if record.name.is_some() => (record.state, record.since) = (TaskState::Running, now),
            Some(record) => {
                record.name = Some(task.get_name().to_string());
                (record.state, record.since) = (TaskState::Running, now);
            }
            None => {
                // Created before this loop was observed.
                let mut record = Record::new(task, TaskState::Running, now);
                record.name = Some(task.get_name().to_string());
                self.created(id, record);
            }
        }
    }

    /// `walks` says whether the loop is making its walk.
    fn step_ends(&mut self, task: &AnyTask, coroutine: Option<CoroutineRef>, walks: bool, now: Time) {
        let id = task.id();
        // A panic may have unwound what started within it.
        while let Some((running, _)) = self.running.pop() {
            if matches!(running, Running::Step(other) if other == id) {
                break;
            }
        }
        // The search for tasks that wait for each other makes some of them take an extra step: between two passes, or during our
        // walk, which is a call. Mostly that step only finds that the task waits as before.
        let is_search = match self.running.last() {
            None => self.outside != ActivityKind::Pass,
            Some((running, _)) => walks && matches!(running, Running::Call(_)),
        };
        let (Some(record), Some(coroutine)) = (self.tasks.get_mut(&id), coroutine) else { return };
        let waits_as_before = is_search && record.coroutine.suspended_at() == coroutine.suspended_at();
        record.coroutine = coroutine;
        // A task that gave way, or was woken in the middle of its step, is queued again.
        if record.state == TaskState::Running {
            let since = record.waiting_since.filter(|_| waits_as_before).unwrap_or(now);
            (record.state, record.since, record.waiting_since) = (TaskState::Waiting, since, Some(since));
        }
    }

    fn woken(&mut self, task: &AnyTask, now: Time) {
        if let Some(record) = self.tasks.get_mut(&task.id())
            && record.state != TaskState::NotStarted
        {
            (record.state, record.since) = (TaskState::Ready, now);
        }
    }

    fn call_ends(&mut self) {
        while let Some((running, _)) = self.running.pop() {
            if matches!(running, Running::Call(_)) {
                break;
            }
        }
    }

    fn outside(&mut self, kind: ActivityKind, now: Time) {
        // A panic may have unwound what ran.
        self.running.clear();
        (self.outside, self.since) = (kind, now);
    }

    fn activity(&self) -> Activity {
        let Some((running, since)) = self.running.last() else {
            return Activity { kind: self.outside, since: self.since.elapsed(), task: None, callback: None };
        };
        let since = since.elapsed();
        match running {
            Running::Step(id) => Activity { kind: ActivityKind::Step, since, task: Some(*id as u64), callback: None },
            Running::Call(name) => {
                Activity { kind: ActivityKind::Callback, since, task: None, callback: Some(name.clone()) }
            }
        }
    }
}

impl Record {
    fn new(task: &AnyTask, state: TaskState, since: Time) -> Self {
        Self { order: 0, name: None, coroutine: task.get_coro(), state, since, waiting_since: None }
    }
}

impl Published {
    fn state(&self) -> MutexGuard<'_, LoopState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is this the loop that runs in this thread?
    pub(crate) fn runs_here(&self) -> bool {
        self.thread_id == thread::current().id() && !self.state().running.is_empty()
    }

    /// The state of a task, and the seconds for which it has been in that state.
    pub(crate) fn state_of(&self, id: usize) -> Option<(TaskState, f64)> {
        self.state().tasks.get(&id).map(|record| (record.state, record.since.elapsed()))
    }

    /// The loop without its tasks.
    pub(crate) fn head(&self) -> LoopSnapshot {
        LoopSnapshot {
            number: self.number,
            thread: self.thread,
            thread_name: self.thread_name.clone(),
            is_virtual: self.is_virtual,
            ..LoopSnapshot::default()
        }
    }

    /// What the loop last published.
    fn last(&self) -> LoopSnapshot {
        let state = self.state();
        let activity = state.activity();
        let mut records: Vec<(usize, Record)> = state.tasks.iter().map(|(id, record)| (*id, record.clone())).collect();
        drop(state);
        records.sort_unstable_by_key(|(_, record)| record.order);
        let tasks = records.into_iter().map(|(id, record)| TaskSnapshot {
            id: id as u64,
            name: record.name.unwrap_or_default(),
            coroutine: record.coroutine.name().to_owned(),
            state: record.state,
            since: Some(record.since.elapsed()),
            at: record.coroutine.suspended_at().into(),
            created_at: record.coroutine.location().into(),
            ..TaskSnapshot::default()
        });
        LoopSnapshot { activity, tasks: tasks.collect(), ..self.head() }
    }

    /// Asks the loop for a walk, unless it still has to deliver one.
    fn ask(self: &Arc<Self>) {
        let mut question = self.question.lock().unwrap_or_else(PoisonError::into_inner);
        if question.as_ref().is_some_and(|answer| matches!(answer.try_recv(), Err(TryRecvError::Empty))) {
            return;
        }
        *question = None;
        let (answer, receiver) = mpsc::channel();
        // Weak, against a cycle: a closed loop keeps the calls that were handed in, and `self` keeps the loop's queue.
        let published = Arc::downgrade(self);
        if self.handle.call_soon_threadsafe(move || answer_of(&published, &answer)).is_ok() {
            *question = Some(receiver);
        }
    }

    /// The walk that the loop was asked for or, if it does not come in time, what the loop last published. `None` if the loop
    /// was closed.
    fn answer(&self, asked: Instant, patience: Duration) -> Option<LoopSnapshot> {
        let mut question = self.question.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = question.take()?;
        loop {
            let timeout = patience.saturating_sub(asked.elapsed()).max(LOOK_AGAIN);
            match receiver.recv_timeout(timeout) {
                Ok((complete, answer)) => {
                    let took = complete.saturating_duration_since(asked).as_secs_f64();
                    return Some(LoopSnapshot { answered_after: Some(took), ..answer });
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    let is_stuck = !self.walks.load(Ordering::Relaxed) && self.last_change() >= patience;
                    if is_stuck || asked.elapsed() >= patience * MORE_PATIENCE {
                        *question = Some(receiver);
                        return Some(self.last());
                    }
                }
            }
        }
    }

    /// The time since the loop last started something.
    fn last_change(&self) -> Duration {
        Duration::from_secs_f64(self.state().activity().since)
    }
}

/// Called in the loop's thread.
fn answer_of(published: &Weak<Published>, answer: &mpsc::Sender<Answer>) {
    if let Some(published) = published.upgrade()
        && let Ok(event_loop) = asyncio_runtime::get_running_loop()
    {
        published.walks.store(true, Ordering::Relaxed);
        let snapshot = walk::walk(&event_loop, &published);
        published.walks.store(false, Ordering::Relaxed);
        // The thread that asked may have given up.
        let _ = answer.send((Instant::now(), snapshot));
    }
}

/// Asks all loops at once, and waits up to `patience` for their answers.
pub(crate) fn ask_all(loops: &[Arc<Published>], patience: Duration) -> Vec<LoopSnapshot> {
    let asked = Instant::now();
    loops.iter().for_each(Published::ask);
    loops.iter().filter_map(|published| published.answer(asked, patience)).collect()
}

/// A time on the machine's clock. One that is exact to a few milliseconds suffices, and takes a quarter of the time to read.
#[derive(Clone, Copy)]
struct Time(u64);

impl Time {
    fn now() -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: ClockId = ClockId::MonotonicCoarse;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const CLOCK: ClockId = ClockId::Monotonic;
        let time = clock_gettime(CLOCK);
        Self(time.tv_sec.cast_unsigned() * 1000 + time.tv_nsec as u64 / 1_000_000)
    }

    /// The seconds since then.
    fn elapsed(self) -> f64 {
        Self::now().0.saturating_sub(self.0) as f64 / 1e3
    }
}

/// The ID of this thread in the system's tools.
fn thread_number() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return rustix::thread::gettid().as_raw_nonzero().get() as u64;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return u64::from(std::process::id());
}

/// A hash for addresses, which an attacker cannot choose.
#[derive(Default)]
struct OfAddress(u64);

impl Hasher for OfAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize((*byte).into()));
    }

    fn write_usize(&mut self, value: usize) {
        // The table looks at the highest bits and the lowest ones.
        let mixed = (self.0 ^ value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
