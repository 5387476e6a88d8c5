//! The state of a program at one moment, as data: sent over the socket as JSON, and printed by `--json`.
//!
//! It does not depend on the runtime, so the tools can read a snapshot with the types with which the program wrote it.

use std::panic::Location;

use asyncio_errors::ValueError;
use nanoserde::{DeJson, SerJson};

/// The version of the format on the socket. It changes when a field changes its meaning, not when a field is added.
pub(crate) const VERSION: u32 = 1;

/// A process and its loops.
///
/// # Examples
///
/// ```
/// use asyncio::inspect::Snapshot;
///
/// let snapshot = Snapshot { pid: 7, program: "tea".to_owned(), ..Snapshot::default() };
/// assert_eq!(Snapshot::from_json(&snapshot.to_json()).unwrap(), snapshot);
/// assert!(Snapshot::from_json("[]").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct Snapshot {
    /// The version of this format.
    pub version: u32,
    /// The number of the process.
    pub pid: u32,
    /// The name of the program.
    pub program: String,
    /// The loops that are not closed, in the order of their creation.
    pub loops: Vec<LoopSnapshot>,
    /// The findings about these loops.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// The snapshot as JSON, in one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.serialize_json()
    }

    /// Reads what [`to_json`](Self::to_json) has written.
    ///
    /// # Errors
    ///
    /// `ValueError` that says what is wrong with the JSON.
    pub fn from_json(text: &str) -> Result<Self, ValueError> {
        Self::deserialize_json(text).map_err(|error| ValueError::new(error.to_string()))
    }
}

/// Something remarkable.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct Finding {
    /// The sort of finding.
    pub kind: FindingKind,
    /// The finding in words; further lines have the details.
    pub text: String,
    /// The numbers of the tasks that the finding is about. In a cycle, each task waits for the next one, and the last number is
    /// the first again.
    pub tasks: Vec<u64>,
}

/// The sorts of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerJson, DeJson)]
pub enum FindingKind {
    /// Nothing certain: everything may be in order.
    #[default]
    #[nserde(rename = "suspicion")]
    Suspicion,
    /// Tasks that are known to wait for each other.
    #[nserde(rename = "cycle")]
    Cycle,
    /// A task was offered what other tasks wait for, and does not poll the wait that has the offer.
    #[nserde(rename = "futurelock")]
    Futurelock,
    /// A loop that does not answer.
    #[nserde(rename = "blocked")]
    Blocked,
}

impl FindingKind {
    /// The sort in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspicion => "suspicion",
            Self::Cycle => "cycle",
            Self::Futurelock => "futurelock",
            Self::Blocked => "blocked",
        }
    }
}

/// An event loop and its tasks.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct LoopSnapshot {
    /// Loops are counted from 1.
    pub number: u32,
    /// The system's ID of the loop's thread.
    pub thread: u64,
    /// The name of the thread.
    pub thread_name: String,
    /// Does the loop use the virtual clock?
    pub is_virtual: bool,
    /// The seconds until the loop answered. If it did not answer in time, the following fields are what it last published, and
    /// the tasks have neither `waits_on` nor `awaited_by`.
    pub answered_after: Option<f64>,
    /// What the loop is doing, if it has not answered.
    pub activity: Activity,
    /// The tasks that are not done, in the order of their creation.
    pub tasks: Vec<TaskSnapshot>,
    /// Cycles of tasks, as lists of their numbers. The tasks of a cycle wait for each other for ever, unless one of them is
    /// cancelled. The program has reported each cycle.
    pub partial_deadlocks: Vec<Vec<u64>>,
}

/// What a loop that does not answer is doing.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct Activity {
    /// The sort of activity.
    pub kind: ActivityKind,
    /// For how many seconds.
    pub since: f64,
    /// The task whose step it is.
    pub task: Option<u64>,
    /// The callback that it is.
    pub callback: Option<String>,
}

/// The kinds of activity of a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerJson, DeJson)]
pub enum ActivityKind {
    /// The loop is not running, or its thread does something else between two passes.
    #[default]
    #[nserde(rename = "between passes")]
    BetweenPasses,
    /// The loop waits for a timer, a descriptor or another thread.
    #[nserde(rename = "idle")]
    Idle,
    /// A pass over what is ready.
    #[nserde(rename = "pass")]
    Pass,
    /// A step of a task.
    #[nserde(rename = "step")]
    Step,
    /// A callback.
    #[nserde(rename = "callback")]
    Callback,
}

/// A task that is not done.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct TaskSnapshot {
    /// The task's number, which no other task of the process has while it lives: its address.
    pub id: u64,
    /// The name; empty for a task that has not started, if the loop has not answered.
    pub name: String,
    /// The name of the coroutine function.
    pub coroutine: String,
    /// The state.
    pub state: TaskState,
    /// The seconds for which the task has been in this state; absent if it was in it before the loop was observed.
    pub since: Option<f64>,
    /// The line of the await at which the task is suspended; for a running step, the line of its last await.
    pub at: LocationSnapshot,
    /// The place where the task was created.
    pub created_at: LocationSnapshot,
    /// What the task waits on.
    pub waits_on: Option<WaitSnapshot>,
    /// The numbers of the tasks that wait for this one.
    pub awaited_by: Vec<u64>,
    /// How many cancellation requests are pending.
    pub cancelling: u32,
}

/// The states of a task that is not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SerJson, DeJson)]
pub enum TaskState {
    /// No step of the task has run.
    #[default]
    #[nserde(rename = "not started")]
    NotStarted,
    /// The next step is queued.
    #[nserde(rename = "ready")]
    Ready,
    /// A step runs.
    #[nserde(rename = "running")]
    Running,
    /// The task is suspended.
    #[nserde(rename = "waiting")]
    Waiting,
}

impl TaskState {
    /// The state in a word or two.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }
}

/// What a task waits on.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct WaitSnapshot {
    /// The kind of wait: `timer`, `task`, `future`, `group` (of tasks), `readable`, `writable`, `foreign`, or the name of the object
    /// with the line of waiters, such as `Lock` or `Queue.get`.
    pub kind: String,
    /// The wait as reports show it.
    pub text: String,
    /// The number of the task that is awaited.
    pub task: Option<u64>,
    /// The number of the task that last acquired what is waited for, if it is not done.
    pub held_by: Option<u64>,
    /// Is the task that last acquired it done?
    pub holder_is_done: bool,
    /// For `Queue.put` and `Queue.join`, where that task took an item from the queue, or began to wait for one.
    pub taken_at: Option<LocationSnapshot>,
    /// Is it certain that `task_done` was not called for that item?
    pub not_done: bool,
    /// Does the task then wait for the next item, without having handed this one on?
    pub waits_again: bool,
    /// Where it was acquired by hand, if it has not been released.
    pub acquired_at: Option<LocationSnapshot>,
    /// What a waiter ahead of this task was offered and has not taken.
    pub offered: Option<OfferSnapshot>,
}

/// What a lock, a semaphore or a queue has offered to a waiter that has not been polled since.
#[derive(Clone, Debug, Default, PartialEq, SerJson, DeJson)]
#[nserde(default)]
pub struct OfferSnapshot {
    /// What has happened, such as "the lock was released".
    pub what: String,
    /// The number of the waiter's task, if it is not done.
    pub to: Option<u64>,
    /// The place where the waiter's wait began.
    pub at: LocationSnapshot,
}

/// A line in a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerJson, DeJson)]
#[nserde(default)]
pub struct LocationSnapshot {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl From<&Location<'_>> for LocationSnapshot {
    fn from(at: &Location<'_>) -> Self {
        Self { file: at.file().to_owned(), line: at.line() }
    }
}

impl std::fmt::Display for LocationSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
