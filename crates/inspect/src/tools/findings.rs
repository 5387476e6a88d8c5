//! What is remarkable about the tasks of a program: loops that do not answer, cycles, and suspicions.
//!
//! A cycle is certain at the moment at which it is seen: of a lock it is known which task holds it. All else about who could wake a task
//! is a guess, and is called a suspicion: a guard may have been moved to another task, and a wait of hours may be what the program is for.

use std::collections::HashMap;

use crate::snapshot::{
    ActivityKind, Finding, FindingKind, LoopSnapshot, Snapshot, TaskSnapshot, TaskState, WaitSnapshot,
};
use crate::tools::report::{duration, shown, wait_text};
use crate::tools::tree::find_cycles;

/// A wait of so many seconds is suspected, if it is one for another task of the program.
const LONG: f64 = 5.0 * 60.0;

/// A holder that is done is suspected after so many seconds: what it has released may be on its way to the next task.
const ON_ITS_WAY: f64 = 1.0;

/// What is seen in a snapshot, the most certain first.
#[must_use]
pub fn of(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings: Vec<Finding> = snapshot.loops.iter().filter_map(blocked).collect();
    for event_loop in &snapshot.loops {
        let tasks = Tasks::new(event_loop);
        findings.extend(tasks.cycles());
        findings.extend(event_loop.tasks.iter().filter_map(|task| tasks.futurelock(task)));
        findings.extend(event_loop.tasks.iter().filter_map(|task| tasks.suspicion(task)));
    }
    // Stable: within a sort, in the order of the loops and tasks.
    findings.sort_by_key(|finding| match finding.kind {
        FindingKind::Blocked => 0,
        FindingKind::Cycle => 1,
        FindingKind::Futurelock => 2,
        FindingKind::Suspicion => 3,
    });
    findings
}

/// A loop that has not answered.
fn blocked(event_loop: &LoopSnapshot) -> Option<Finding> {
    if event_loop.answered_after.is_some() {
        return None;
    }
    let activity = &event_loop.activity;
    let (since, tasks) = (duration(activity.since), activity.task.into_iter().collect());
    let what = match activity.kind {
        ActivityKind::Step => {
            let task = event_loop.tasks.iter().find(|task| Some(task.id) == activity.task);
            let (name, at) = task.map_or(("a task".to_owned(), String::new()), |task| {
                (format!("{} ({})", shown(&task.name), task.coroutine), format!("; its last await was at {}", task.at))
            });
            format!("a step of {name} has been running for {since}{at}")
        }
        ActivityKind::Callback => {
            let name = activity.callback.as_deref().unwrap_or("a callback");
            format!("the callback {} has been running for {since}", shown(name))
        }
        ActivityKind::Idle => format!("it has been idle for {since}"),
        ActivityKind::Pass => format!("it has been in one pass for {since}, and runs no step"),
        ActivityKind::BetweenPasses => format!("it has not been running for {since}"),
    };
    let (number, thread) = (event_loop.number, thread_of(event_loop));
    let text = format!("loop {number} in {thread} does not answer: {what}");
    Some(Finding { kind: FindingKind::Blocked, text, tasks })
}

fn thread_of(event_loop: &LoopSnapshot) -> String {
    match event_loop.thread_name.as_str() {
        "" => format!("thread {}", event_loop.thread),
        name => format!("thread {} ({})", event_loop.thread, shown(name)),
    }
}

/// The tasks of a loop, by their numbers.
struct Tasks<'a> {
    all: &'a [TaskSnapshot],
    by_id: HashMap<u64, &'a TaskSnapshot>,
}

impl<'a> Tasks<'a> {
    fn new(event_loop: &'a LoopSnapshot) -> Self {
        let all = &event_loop.tasks[..];
        Self { all, by_id: all.iter().map(|task| (task.id, task)).collect() }
    }

    fn name(&self, id: u64) -> String {
        self.by_id.get(&id).map_or_else(|| format!("{id:#x}"), |task| name_of(task))
    }

    fn cycles(&self) -> impl Iterator<Item = Finding> {
        let awaits = self.all.iter().flat_map(|task| task.awaited_by.iter().map(|waiter| (*waiter, task.id)));
        let holds = self.all.iter().filter_map(|task| Some((task.id, task.waits_on.as_ref()?.held_by?)));
        find_cycles(awaits.chain(holds)).into_iter().map(|cycle| self.cycle(cycle))
    }

    /// What to say of tasks each of which waits for the next one.
    fn cycle(&self, tasks: Vec<u64>) -> Finding {
        let names: Vec<String> = tasks.iter().map(|id| self.name(*id)).collect();
        let mut text = names.join(" → ");
        let mut is_certain = true;
        for pair in tasks.windows(2) {
            let Some(task) = self.by_id.get(&pair[0]) else { continue };
            text += &format!("\n  {}", self.told(task));
            // Another task may release a semaphore, or take from a queue.
            let wait = task.waits_on.as_ref();
            let is_held = wait.is_some_and(|wait| wait.held_by == Some(pair[1]));
            is_certain &= !is_held || wait.is_some_and(|wait| wait.kind == "Lock");
        }
        let kind = if is_certain { FindingKind::Cycle } else { FindingKind::Suspicion };
        if !is_certain {
            text = format!("these tasks may be waiting for each other: {text}");
        }
        Finding { kind, text, tasks }
    }

    fn told(&self, task: &TaskSnapshot) -> String {
        let wait = task.waits_on.as_ref().map_or_else(|| "something".to_owned(), |wait| self.wait(wait));
        let since = task.since.map(|since| format!(", for {}", duration(since))).unwrap_or_default();
        format!("{} waits for {wait} at {} in {}(){since}", name_of(task), task.at, task.coroutine)
    }

    fn wait(&self, wait: &WaitSnapshot) -> String {
        wait_text(wait, |id| self.name(id))
    }

    /// A task that waits for what a wait was offered whose own task waits for something else.
    fn futurelock(&self, task: &TaskSnapshot) -> Option<Finding> {
        let offered = task.waits_on.as_ref()?.offered.as_ref()?;
        let other = offered.to.and_then(|id| self.by_id.get(&id));
        // Until its next step the other task has not had a chance.
        if other.is_some_and(|other| other.state != TaskState::Waiting) {
            return None;
        }
        let (what, at) = (shown(&offered.what), &offered.at);
        let of = match other {
            Some(other) if other.id == task.id => "of this task ".to_owned(),
            Some(other) => format!("of {} ", name_of(other)),
            None => String::new(),
        };
        let mut text =
            format!("{}\n  {what}, and offered to a wait {of}at {at} that is not being polled", self.told(task));
        if let Some(other) = other.filter(|other| other.id != task.id) {
            text += &format!("\n  {}", self.told(other));
        }
        Some(Finding { kind: FindingKind::Futurelock, text, tasks: [task.id].into_iter().chain(offered.to).collect() })
    }

    fn suspicion(&self, task: &TaskSnapshot) -> Option<Finding> {
        let (wait, since) = (task.waits_on.as_ref()?, task.since.unwrap_or(f64::INFINITY));
        if task.state != TaskState::Waiting {
            return None;
        }
        let told = self.told(task);
        let text = if wait.holder_is_done && wait.offered.is_none() && since >= ON_ITS_WAY {
            match wait.kind.as_str() {
                "Queue.put" => format!("the tasks that took from a full queue may be gone: {told}"),
                "Queue.join" => format!("a task may have ended without `task_done`: {told}"),
                _ => format!("the holder is done and may not have released it: {told}"),
            }
        } else if since >= LONG && since.is_finite() && is_for_a_task(wait) {
            format!("a long wait: {told}")
        } else {
            return None;
        };
        Some(Finding { kind: FindingKind::Suspicion, text, tasks: vec![task.id] })
    }
}

fn name_of(task: &TaskSnapshot) -> String {
    if task.name.is_empty() { format!("{:#x}", task.id) } else { shown(&task.name) }
}

/// Is it a wait that a task of the program should end before long? Not one for a client, a timer, the next job or the end of a
/// program, which may take as long as they like; nor one for a task, whose own wait is the one to look at.
fn is_for_a_task(wait: &WaitSnapshot) -> bool {
    const KINDS: [&str; 7] = ["Lock", "Semaphore", "BoundedSemaphore", "Barrier", "Queue.put", "Queue.join", "future"];
    KINDS.contains(&wait.kind.as_str())
}
