//! Runs of more than a thousand steps: of the tasks that do the same, two are kept.
//!
//! Ten thousand tasks that all do the same are not worth stepping through. Tasks are alike if they run the same coroutine function,
//! and each of their steps ends in the same way, in the same line, and prints the same number of lines. Of `FEW` or more such
//! tasks, the first two are kept, with their steps, timers and wake-ups. What the others do between two entries that are kept becomes
//! one [`Entry::Others`]. The ready queue is then that of the run, without the tasks that are not kept.
//!
//! A digest of all steps is kept, too. It is made of what [`compare`](super::twin::compare) compares, so it is the same for a program
//! and its twin.

use std::collections::HashMap;
use std::mem::take;

use serde::{Deserialize, Serialize};

use super::twin::{self, Stop, Twin};
use super::{Act, Call, Entry, Step, Then, Timeline, Verb};

/// A run with more steps is shortened.
const LONG: usize = 1000;

/// From this many on, tasks that are alike are not all kept.
const FEW: usize = 5;

/// How many of them are kept.
const KEPT: usize = 2;

/// What a run was before it was shortened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// How many tasks there are.
    pub tasks: usize,
    /// How many steps they take.
    pub steps: usize,
    /// The tasks that are kept, by their indexes in the whole run.
    pub kept: Vec<usize>,
    /// A digest of all steps.
    pub digest: String,
}

impl Timeline {
    /// The run as it is kept.
    #[must_use]
    pub fn shortened(self) -> Self {
        if self.steps() <= LONG {
            return self;
        }
        let kept = kept(&self);
        let whole = {
            let told = twin::told_of(&self);
            Whole {
                tasks: self.tasks.len(),
                steps: told.len(),
                kept: kept.clone(),
                digest: digest(told.iter().map(|(told, _)| &**told)),
            }
        };
        Shortening::new(&kept, whole.tasks).shorten(self, whole)
    }
}

impl Twin {
    /// The steps as they are kept beside those of a run.
    #[must_use]
    pub fn shortened(self, run: &Timeline) -> Self {
        let Some(run) = &run.whole else { return self };
        let told = self.told();
        let whole = Whole {
            tasks: self.tasks.len(),
            steps: told.len(),
            kept: run.kept.clone(),
            digest: digest(told.iter().map(|(told, _)| &**told)),
        };
        let indexes = indexes(&run.kept, self.tasks.len());
        let index = |task: usize| indexes.get(task).copied().flatten();
        let (mut now, mut shown) = (0.0, 0.0);
        let mut steps = Vec::new();
        for mut stop in self.steps {
            now = stop.time.unwrap_or(now);
            let Some(task) = index(stop.task) else { continue };
            stop.time = (now != shown).then_some(now);
            shown = now;
            steps.push(Stop { task, on: stop.on.and_then(index), ..stop });
        }
        let is_kept = |index: usize| indexes[index].is_some();
        let tasks = self.tasks.into_iter().enumerate().filter(|(index, _)| is_kept(*index)).map(|(_, task)| task);
        Self { tasks: tasks.collect(), steps, whole: Some(whole) }
    }
}

/// The tasks that are kept.
fn kept(run: &Timeline) -> Vec<usize> {
    let mut lives: Vec<String> = run.tasks.iter().map(|task| format!("{} {:?}", task.coroutine, task.ended)).collect();
    for entry in &run.entries {
        if let Entry::Step(Step { task, then, line, printed, .. }) = entry {
            let how = match then {
                Then::Waits { on, .. } => on,
                Then::Ready => "ready",
                Then::Finished => "finished",
                Then::Cancelled => "cancelled",
                Then::Failed(error) => error,
                Then::Nothing => "left",
            };
            lives[*task] += &format!("|{how} {line:?} {}", printed.lines().count());
        }
    }
    let mut alike: HashMap<String, Vec<usize>> = HashMap::new();
    for (task, life) in lives.into_iter().enumerate() {
        alike.entry(life).or_default().push(task);
    }
    let kept = alike.into_values().flat_map(|mut tasks| {
        if tasks.len() >= FEW {
            tasks.truncate(KEPT);
        }
        tasks
    });
    let mut kept: Vec<usize> = kept.collect();
    kept.sort_unstable();
    kept
}

/// The new index of each task, if it is kept.
fn indexes(kept: &[usize], count: usize) -> Vec<Option<usize>> {
    let mut indexes = vec![None; count];
    for (index, task) in kept.iter().enumerate() {
        if let Some(place) = indexes.get_mut(*task) {
            *place = Some(index);
        }
    }
    indexes
}

/// The 64 bits of FNV-1a, which is the same everywhere.
fn digest<'a>(told: impl Iterator<Item = &'a str>) -> String {
    let bytes = told.flat_map(|told| told.bytes().chain([b'\n']));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

struct Shortening {
    indexes: Vec<Option<usize>>,
    /// The timers that are set in entries that are kept.
    timers: Vec<(String, f64)>,
    entries: Vec<Entry>,
    /// What the others have done since the last entry.
    steps: usize,
    did: Vec<Act>,
    printed: String,
    blocked: f64,
}

impl Shortening {
    fn new(kept: &[usize], count: usize) -> Self {
        Self {
            indexes: indexes(kept, count),
            timers: Vec::new(),
            entries: Vec::new(),
            steps: 0,
            did: Vec::new(),
            printed: String::new(),
            blocked: 0.0,
        }
    }

    fn shorten(mut self, run: Timeline, whole: Whole) -> Timeline {
        for entry in run.entries {
            match entry {
                Entry::Step(step) => self.step(step),
                Entry::Call(call) => self.call(call),
                Entry::Jump(to) => self.keep(Entry::Jump(to)),
                Entry::Outside(did) => {
                    let did = self.shown(did, true);
                    if !did.is_empty() {
                        self.keep(Entry::Outside(did));
                    }
                }
                Entry::Others(_) => unreachable!("a run is shortened once"),
            }
        }
        self.end_others();
        let indexes = &self.indexes;
        let tasks = run.tasks.into_iter().enumerate().filter(|(task, _)| indexes[*task].is_some());
        Timeline { tasks: tasks.map(|(_, task)| task).collect(), entries: self.entries, whole: Some(whole) }
    }

    fn step(&mut self, mut step: Step) {
        let is_kept = self.indexes[step.task];
        step.did = self.shown(take(&mut step.did), is_kept.is_some());
        let Some(task) = is_kept else {
            self.steps += 1;
            self.did.append(&mut step.did);
            self.printed += &step.printed;
            self.blocked += step.blocked.unwrap_or_default();
            return;
        };
        step.task = task;
        if let Then::Waits { task, held_by, .. } = &mut step.then {
            *task = task.and_then(|task| self.indexes[task]);
            *held_by = held_by.and_then(|task| self.indexes[task]);
        }
        self.keep(Entry::Step(step));
    }

    fn call(&mut self, mut call: Call) {
        let had = call.did.len();
        call.did = self.shown(take(&mut call.did), true);
        let is_of_others = had > 0 && call.did.iter().all(|act| matches!(act, Act::More(..)));
        let timer = call.due.map(|due| self.timers.iter().position(|(name, when)| *name == call.name && *when == due));
        match timer {
            Some(Some(timer)) if !is_of_others => drop(self.timers.remove(timer)),
            None if !is_of_others => {}
            // The timer of a task that is not kept.
            _ => {
                call.did.retain(|act| !matches!(act, Act::More(..)));
                self.did.append(&mut call.did);
                self.printed += &call.printed;
                return;
            }
        }
        self.keep(Entry::Call(call));
    }

    /// The actions that concern tasks that are kept; those of a task that is kept tell how many others they concern.
    fn shown(&mut self, acts: Vec<Act>, is_kept: bool) -> Vec<Act> {
        let mut shown: Vec<Act> = Vec::new();
        for act in acts {
            let index = |task: usize| self.indexes[task];
            let (verb, mapped) = match act {
                Act::Creates(task) => (Some(Verb::Creates), index(task).map(Act::Creates)),
                Act::Wakes(task) => (Some(Verb::Wakes), index(task).map(Act::Wakes)),
                Act::Cancels(task) => (Some(Verb::Cancels), index(task).map(Act::Cancels)),
                Act::Hands { task, through } => {
                    (None, index(task).map(|task| Act::Hands { task, through: through.and_then(index) }))
                }
                Act::Sets(timer, due) if is_kept => {
                    self.timers.push((timer.clone(), due));
                    (None, Some(Act::Sets(timer, due)))
                }
                Act::Stops(timer, due) if is_kept => {
                    let set = self.timers.iter().position(|(name, when)| *name == timer && *when == due);
                    set.map(|set| self.timers.remove(set));
                    (None, set.map(|_| Act::Stops(timer, due)))
                }
                Act::Sets(..) | Act::Stops(..) | Act::More(..) => (None, None),
            };
            match (mapped, verb) {
                (Some(act), _) => shown.push(act),
                (None, Some(verb)) if is_kept => match shown.last_mut() {
                    Some(Act::More(last, count)) if *last == verb => *count += 1,
                    _ => shown.push(Act::More(verb, 1)),
                },
                (None, _) => {}
            }
        }
        shown
    }

    fn keep(&mut self, entry: Entry) {
        self.end_others();
        self.entries.push(entry);
    }

    fn end_others(&mut self) {
        if self.steps > 0 || !self.did.is_empty() || !self.printed.is_empty() {
            self.entries.push(Entry::Others(super::Others {
                steps: take(&mut self.steps),
                did: take(&mut self.did),
                printed: take(&mut self.printed),
                blocked: take(&mut self.blocked),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::frames;
    use super::super::twin::compare;
    use super::super::words::sentences;
    use super::*;
    use crate::words::Words;

    /// A task creates 600 others, which sleep. The last one wakes it.
    fn run() -> String {
        let mut lines = String::from("{\"task\":{\"name\":\"Task-1\",\"coroutine\":\"program\"}}\n");
        let mut add = |line: String| lines += &(line + "\n");
        (1..=600).for_each(|n| add(format!(r#"{{"task":{{"name":"Nap-{n}","coroutine":"nap"}}}}"#)));
        let creates: Vec<String> = (1..=600).map(|n| format!("{{\"creates\":{n}}}")).collect();
        let waits = r#"{"waits":{"on":"a group"}}"#;
        add(format!(r#"{{"step":{{"task":0,"did":[{}],"then":{waits},"line":9}}}}"#, creates.join(",")));
        for n in 1..=600 {
            let sets = r#"[{"sets":["sleep",1.0]}]"#;
            add(format!(r#"{{"step":{{"task":{n},"did":{sets},"then":{{"waits":{{"on":"a timer"}}}},"line":5}}}}"#));
        }
        add("{\"jump\":1.0}".to_owned());
        (1..=600).for_each(|n| add(format!(r#"{{"call":{{"name":"sleep","due":1.0,"did":[{{"wakes":{n}}}]}}}}"#)));
        (1..600).for_each(|n| add(format!(r#"{{"step":{{"task":{n},"then":"finished"}}}}"#)));
        add(r#"{"step":{"task":600,"did":[{"wakes":0}],"then":"finished"}}"#.to_owned());
        add(r#"{"step":{"task":0,"printed":"a\n","then":"finished"}}"#.to_owned());
        lines
    }

    fn steps() -> String {
        let mut lines = String::from("{\"coroutine\":\"main\",\"name\":\"Task-1\"}\n");
        let mut add = |line: String| lines += &(line + "\n");
        (1..=600).for_each(|n| add(format!(r#"{{"coroutine":"nap","name":"Nap-{n}"}}"#)));
        add(r#"{"task":0,"line":7,"waits":"a group"}"#.to_owned());
        (1..=600).for_each(|n| add(format!(r#"{{"task":{n},"line":3,"waits":"a timer"}}"#)));
        add(r#"{"task":1,"end":"finished","time":1.0}"#.to_owned());
        (2..=600).for_each(|n| add(format!(r#"{{"task":{n},"end":"finished"}}"#)));
        add(r#"{"task":0,"end":"finished","prints":1}"#.to_owned());
        lines
    }

    fn shortened() -> (Timeline, Twin) {
        let run = Timeline::parse(&run()).unwrap().shortened();
        let twin = Twin::parse(&steps()).unwrap().shortened(&run);
        (run, twin)
    }

    #[test]
    fn of_tasks_that_are_alike_two_are_kept_and_the_rest_is_one_event() {
        let (run, twin) = shortened();
        let whole = run.whole.clone().unwrap();
        assert_eq!((whole.tasks, whole.steps, &*whole.kept), (601, 1202, &[0, 1, 2][..]));
        assert_eq!(
            sentences(&run, &Words::english()),
            [
                "Task-1 (program) creates Nap-1, Nap-2 and 598 tasks that are not shown and waits for a group in line 9.",
                "Nap-1 waits for a timer in line 5.",
                "Nap-2 waits for a timer in line 5.",
                "The tasks that are not shown take 598 steps.",
                "1 second passes: it is 1 s.",
                "A sleep is over: it wakes Nap-1.",
                "A sleep is over: it wakes Nap-2.",
                "Nap-1 ends.",
                "Nap-2 ends.",
                "The tasks that are not shown take 598 steps and wake Task-1 (program).",
                "Task-1 (program) prints “a” and ends.",
            ]
        );
        assert_eq!(frames(&run, &twin, &Words::english()).unwrap().len(), 12);
        assert_eq!(Timeline::parse(&run.text()).unwrap(), run);
        assert_eq!(Twin::parse(&twin.text()).unwrap(), twin);
        assert_eq!((compare(&run, &twin), run.steps()), (Vec::new(), 6));
    }

    #[test]
    fn a_step_that_is_not_kept_must_be_the_same_too() {
        let run = Timeline::parse(&run()).unwrap().shortened();
        let late = steps().replace(r#"{"task":500,"end":"finished"}"#, r#"{"task":500,"end":"finished","time":1.5}"#);
        let found = compare(&run, &Twin::parse(&late).unwrap().shortened(&run));
        assert!(found.iter().any(|problem| problem.contains("not shown")), "{found:?}");
    }

    #[test]
    fn a_short_run_is_kept_as_it_is() {
        let text =
            "{\"task\":{\"name\":\"Ada\",\"coroutine\":\"nap\"}}\n{\"step\":{\"task\":0,\"then\":\"finished\"}}\n";
        let run = Timeline::parse(text).unwrap();
        assert_eq!(run.clone().shortened(), run);
    }
}
