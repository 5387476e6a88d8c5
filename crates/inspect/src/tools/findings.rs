//! Findings about the tasks of a program: loops that do not answer, cycles, and suspicions.
//!
//! The program knows which cycles are certain. Everything else about what could wake a task is a guess, and is called a suspicion:
//! a guard may have moved to another task, and a wait of hours may be the program's purpose.

use std::collections::HashMap;

use crate::snapshot::{
    ActivityKind, Finding, FindingKind, LoopSnapshot, Snapshot, TaskSnapshot, TaskState, WaitSnapshot,
};
use crate::tools::report::{duration, shown, wait_text};
use crate::tools::tree::find_cycles;

/// A wait for another task of the program is suspected after this many seconds.
const LONG: f64 = 5.0 * 60.0;

/// A holder that is done is suspected after this many seconds: what it has released may still be on its way to the next task.
const ON_ITS_WAY: f64 = 1.0;

/// The findings in a snapshot, the most certain first.
#[must_use]
pub fn of(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings: Vec<Finding> = snapshot.loops.iter().filter_map(blocked).collect();
    for event_loop in &snapshot.loops {
        let tasks = Tasks::new(event_loop);
        findings.extend(tasks.cycles());
        findings.extend(event_loop.tasks.iter().filter_map(|task| tasks.futurelock(task)));
        findings.extend(event_loop.tasks.iter().filter_map(|task| tasks.suspicion(task)));
    }
    // Stable: within a kind, findings stay in the order of the loops and tasks.
    findings.sort_by_key(|finding| match finding.kind {
        FindingKind::Blocked => 0,
        FindingKind::Cycle => 1,
        FindingKind::Futurelock => 2,
        FindingKind::Suspicion => 3,
    });
    findings
}

/// The finding about a loop that has not answered.
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
    known: &'a [Vec<u64>],
    by_id: HashMap<u64, &'a TaskSnapshot>,
}

impl<'a> Tasks<'a> {
    fn new(event_loop: &'a LoopSnapshot) -> Self {
        let all = &event_loop.tasks[..];
        Self { all, known: &event_loop.partial_deadlocks, by_id: all.iter().map(|task| (task.id, task)).collect() }
    }

    fn name(&self, id: u64) -> String {
        self.by_id.get(&id).map_or_else(|| format!("{id:#x}"), |task| name_of(task))
    }

    fn cycles(&self) -> impl Iterator<Item = Finding> {
        let awaits = self.all.iter().flat_map(|task| task.awaited_by.iter().map(|waiter| (*waiter, task.id)));
        let holds = self.all.iter().filter_map(|task| Some((task.id, task.waits_on.as_ref()?.held_by?)));
        find_cycles(awaits.chain(holds)).into_iter().map(|cycle| self.cycle(cycle))
    }

    /// The finding about tasks of which each waits for the next.
    fn cycle(&self, tasks: Vec<u64>) -> Finding {
        let names: Vec<String> = tasks.iter().map(|id| self.name(*id)).collect();
        let mut text = names.join(" → ");
        for pair in tasks.windows(2) {
            let Some(task) = self.by_id.get(&pair[0]) else { continue };
            text += &format!("\n  {}", self.told(task));
        }
        let is_certain =
            self.known.iter().any(|known| known.len() + 1 == tasks.len() && tasks.iter().all(|id| known.contains(id)));
        let kind = if is_certain { FindingKind::Cycle } else { FindingKind::Suspicion };
        if !is_certain {
            text = format!("these tasks may be waiting for each other: {text}");
        }
        Finding { kind, text, tasks }
    }

    fn told(&self, task: &TaskSnapshot) -> String {
        let wait =
            task.waits_on.as_ref().map_or_else(|| "something".to_owned(), |wait| wait_text(wait, |id| self.name(id)));
        // The location is that of the wait, not of the holder.
        let comma = if wait.contains(", ") { "," } else { "" };
        let (at, since) = (shown(&task.at.to_string()), task.since.map(|since| format!(", for {}", duration(since))));
        format!(
            "{} waits for {wait}{comma} at {at} in {}(){}",
            name_of(task),
            shown(&task.coroutine),
            since.unwrap_or_default()
        )
    }

    /// The finding about a task that waits for something which was offered to another wait, if that wait's task is suspended
    /// elsewhere.
    fn futurelock(&self, task: &TaskSnapshot) -> Option<Finding> {
        let offered = task.waits_on.as_ref()?.offered.as_ref()?;
        let other = offered.to.and_then(|id| self.by_id.get(&id));
        // Until its next step the other task has had no chance to take it.
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
        let forgets = wait.held_by.filter(|_| wait.waits_again && since >= ON_ITS_WAY);
        let forgets = forgets.and_then(|id| self.by_id.get(&id)).filter(|taker| taker.since >= Some(ON_ITS_WAY));
        let text = if let Some(taker) = forgets {
            let taker = self.told(taker);
            format!("a task may have forgotten `task_done`, and waits for the next item: {told}\n  {taker}")
        } else if wait.holder_is_done && wait.offered.is_none() && since >= ON_ITS_WAY {
            match wait.kind.as_str() {
                "Queue.put" => format!("the tasks that take from a full queue may be gone: {told}"),
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

/// Is it a wait that a task of the program should end before long? A wait for a client, a timer, the next job or the end of a
/// process may take any time, and so may one for a future: a server waits for one as long as it serves, and a thread completes
/// another. A wait for tasks is not counted either, because their own waits are the ones to look at.
fn is_for_a_task(wait: &WaitSnapshot) -> bool {
    const KINDS: [&str; 6] = ["Lock", "Semaphore", "BoundedSemaphore", "Barrier", "Queue.put", "Queue.join"];
    KINDS.contains(&wait.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::LocationSnapshot;

    fn place(line: u32) -> LocationSnapshot {
        LocationSnapshot { file: "work.rs".to_owned(), line }
    }

    /// A task with this number that has been waiting for this many seconds.
    fn waiting(id: u64, kind: &str, since: f64) -> TaskSnapshot {
        let wait =
            WaitSnapshot { kind: kind.to_owned(), text: format!("<{kind} waiters=1>"), ..WaitSnapshot::default() };
        TaskSnapshot {
            id,
            name: format!("task {id}"),
            coroutine: "work".to_owned(),
            state: TaskState::Waiting,
            since: Some(since),
            at: place(7),
            waits_on: Some(wait),
            ..TaskSnapshot::default()
        }
    }

    fn wait(task: &mut TaskSnapshot) -> &mut WaitSnapshot {
        task.waits_on.as_mut().expect("it waits")
    }

    /// The findings about these tasks of a loop that has answered.
    fn said(tasks: Vec<TaskSnapshot>) -> Vec<(FindingKind, String)> {
        said_knowing(Vec::new(), tasks)
    }

    /// The findings if these cycles are known.
    fn said_knowing(partial_deadlocks: Vec<Vec<u64>>, tasks: Vec<TaskSnapshot>) -> Vec<(FindingKind, String)> {
        let answered_after = Some(0.0);
        let event_loop = LoopSnapshot { answered_after, tasks, partial_deadlocks, ..LoopSnapshot::default() };
        let snapshot = Snapshot { loops: vec![event_loop], ..Snapshot::default() };
        of(&snapshot).into_iter().map(|finding| (finding.kind, finding.text)).collect()
    }

    /// What is suspected of one task.
    fn suspected(task: TaskSnapshot) -> Option<String> {
        let mut said = said(vec![task]);
        assert!(said.len() < 2, "{said:?}");
        said.pop().map(|(kind, text)| {
            assert_eq!(kind, FindingKind::Suspicion);
            text
        })
    }

    #[test]
    fn a_holder_that_is_done_is_suspected_unless_the_release_may_be_on_its_way() {
        for (kind, why) in [
            ("Lock", "the holder is done and may not have released it"),
            ("Semaphore", "the holder is done and may not have released it"),
            ("Queue.put", "the tasks that take from a full queue may be gone"),
            ("Queue.join", "a task may have ended without `task_done`"),
        ] {
            let mut task = waiting(1, kind, 2.0);
            wait(&mut task).holder_is_done = true;
            let text = suspected(task.clone()).expect("it is suspected");
            assert!(text.starts_with(&format!("{why}: task 1 waits for <{kind} waiters=1>, ")), "{text}");
            assert!(text.ends_with(" by a task that is done, at work.rs:7 in work(), for 2.0 s"), "{text}");
            task.since = Some(0.5);
            assert_eq!(suspected(task), None);
        }
    }

    #[test]
    fn a_task_that_has_forgotten_an_item_is_suspected_once_it_has_waited_for_the_next() {
        let said_after = |joins: f64, waits: f64, waits_again: bool| {
            let (mut join, worker) = (waiting(1, "Queue.join", joins), waiting(2, "Queue.get", waits));
            let wait = wait(&mut join);
            (wait.held_by, wait.not_done, wait.waits_again) = (Some(2), true, waits_again);
            wait.taken_at = Some(place(3));
            said(vec![join, worker])
        };
        let [(FindingKind::Suspicion, text)] = &said_after(2.0, 3.0, true)[..] else { panic!("one suspicion") };
        let expected = "a task may have forgotten `task_done`, and waits for the next item: \
            task 1 waits for <Queue.join waiters=1>, taken from by task 2 (taken at work.rs:3, and `task_done` was not \
            called since), at work.rs:7 in work(), for 2.0 s\n  \
            task 2 waits for <Queue.get waiters=1> at work.rs:7 in work(), for 3.0 s";
        assert_eq!(text, expected);
        for quiet in [(0.5, 3.0, true), (2.0, 0.5, true), (2.0, 3.0, false)] {
            assert_eq!(said_after(quiet.0, quiet.1, quiet.2), []);
        }
    }

    #[test]
    fn long_waits_are_suspected_only_if_they_are_for_another_task() {
        for kind in ["Lock", "Semaphore", "BoundedSemaphore", "Barrier", "Queue.put", "Queue.join"] {
            let text = suspected(waiting(1, kind, 723.0)).expect("it is suspected");
            assert!(text.starts_with("a long wait: task 1 waits for ") && text.ends_with(", for 12 min 3 s"), "{text}");
            assert_eq!(suspected(waiting(1, kind, 299.0)), None, "{kind}");
        }
        for kind in
            ["timer", "readable", "writable", "foreign", "task", "future", "group", "Queue.get", "Event", "Condition"]
        {
            assert_eq!(suspected(waiting(1, kind, 1e6)), None, "{kind}");
        }
    }

    #[test]
    fn tasks_that_do_not_wait_are_not_suspected() {
        for state in [TaskState::Ready, TaskState::Running, TaskState::NotStarted] {
            let mut task = waiting(1, "Lock", 1000.0);
            task.state = state;
            assert_eq!(suspected(task), None);
        }
    }

    #[test]
    fn a_cycle_of_which_the_program_does_not_know_is_a_suspicion() {
        let cycle = |known: &[u64]| {
            let (mut one, mut two) = (waiting(1, "Lock", 0.0), waiting(2, "task", 0.0));
            wait(&mut one).held_by = Some(2);
            (wait(&mut two).task, one.awaited_by) = (Some(1), vec![2]);
            said_knowing(vec![vec![7], known.to_vec()], vec![one, two])
        };
        let [(kind, text)] = &cycle(&[1, 2])[..] else { panic!("one cycle") };
        assert_eq!(*kind, FindingKind::Cycle);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "task 2 → task 1 → task 2",
                "  task 2 waits for task task 1 at work.rs:7 in work(), for 0.0 s",
                "  task 1 waits for <Lock waiters=1>, acquired by task 2, at work.rs:7 in work(), for 0.0 s",
            ]
        );
        for known in [&[2][..], &[1, 2, 3], &[]] {
            let [(kind, text)] = &cycle(known)[..] else { panic!("one cycle") };
            assert_eq!(*kind, FindingKind::Suspicion);
            assert!(text.starts_with("these tasks may be waiting for each other: task 2 → task 1"), "{text}");
        }
    }

    #[test]
    fn a_task_that_holds_what_it_waits_for_is_a_cycle() {
        let mut task = waiting(1, "Lock", 0.0);
        wait(&mut task).held_by = Some(1);
        let [(FindingKind::Cycle, text)] = &said_knowing(vec![vec![1]], vec![task])[..] else { panic!("one cycle") };
        assert!(text.starts_with("task 1 → task 1\n"), "{text}");
    }

    #[test]
    fn what_is_on_its_way_to_a_task_is_no_futurelock() {
        let offer = |state| {
            let (mut one, mut two) = (waiting(1, "timer", 0.0), waiting(2, "Lock", 9.0));
            one.state = state;
            let offered =
                crate::snapshot::OfferSnapshot { what: "the lock was released".to_owned(), to: Some(1), at: place(3) };
            (wait(&mut two).offered, wait(&mut two).holder_is_done) = (Some(offered), true);
            said(vec![one, two])
        };
        assert_eq!(offer(TaskState::Ready), []);
        let [(FindingKind::Futurelock, text)] = &offer(TaskState::Waiting)[..] else { panic!("one futurelock") };
        let expected = "the lock was released, and offered to a wait of task 1 at work.rs:3 that is not being polled";
        assert_eq!(text.lines().nth(1).unwrap().trim_start(), expected);
        assert!(text.lines().nth(2).unwrap().contains("task 1 waits for <timer waiters=1>"), "{text}");
    }

    #[test]
    fn names_obey_no_terminal() {
        let mut task = waiting(1, "Lock", 1000.0);
        task.name = "\x1b[2Jgone\n".to_owned();
        assert!(suspected(task).unwrap().contains(r"\x1b[2Jgone\n waits for"));
    }
}
