//! The frames of a player: the state of the loop and its tasks before the first step and after each entry of a timeline.
//!
//! A timeline records actions. The ready tasks, their order, and the timers that are set follow from these. The result is
//! checked: each step must be that of the task at the head of the queue.

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use serde::Serialize;

use super::twin::Twin;
use super::words::{sentences, waited_on};
use super::{Act, Entry, Then, Timeline};
use crate::words::Words;

/// The display of a player after an entry. Everything that is not in it is unchanged from the frame before.
#[derive(Debug, PartialEq, Serialize)]
pub struct Frame {
    /// The event, in a sentence.
    #[serde(rename = "w")]
    words: String,
    /// The time of the loop.
    #[serde(rename = "t")]
    now: f64,
    /// The task that took the step.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    ran: Option<usize>,
    /// The tasks that are ready, the next first.
    #[serde(rename = "q")]
    ready: Vec<usize>,
    /// The timers that are set, with their purpose and deadline.
    #[serde(rename = "d")]
    timers: Vec<(String, f64)>,
    /// The tasks that have changed.
    #[serde(rename = "s", skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    /// What was printed.
    #[serde(rename = "p", skip_serializing_if = "String::is_empty")]
    printed: String,
}

/// The new state of a task: its index, the state, what it waits for or how it ended, and the lines where it is suspended, in
/// the program and in its twin; 0 for none.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Change(usize, State, String, u32, u32);

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ready,
    Waits,
    Done,
}

struct Player<'a> {
    timeline: &'a Timeline,
    words: &'a Words,
    /// The last change of each task that exists.
    tasks: Vec<Option<Change>>,
    ready: VecDeque<usize>,
    timers: Vec<(String, f64)>,
    now: f64,
    changed: Vec<usize>,
}

/// The frames of a program.
///
/// # Errors
///
/// Fails when a task takes a step that is not the next in the queue, or a timer fires that was not set.
pub fn frames(timeline: &Timeline, twin: &Twin, words: &Words) -> Result<Vec<Frame>> {
    let count = timeline.tasks.len();
    let mut player = Player {
        timeline,
        words,
        tasks: vec![None; count],
        ready: VecDeque::new(),
        timers: Vec::new(),
        now: 0.0,
        changed: Vec::new(),
    };
    // The main task is created outside of the loop.
    player.is_ready(0);
    let first = words.fill("{task} is created.", &[("task", &timeline.label(0))]);
    let mut frames = vec![player.frame(first, None, String::new())];
    let mut stops = twin.steps.iter();
    let mut held = String::new();
    let mut entries = timeline.entries.iter().peekable();
    for sentence in sentences(timeline, words) {
        let Some(entry) = entries.next() else { break };
        let (ran, printed) = match entry {
            Entry::Jump(to) => {
                player.now = *to;
                (None, String::new())
            }
            Entry::Outside(did) => {
                player.all_of(did)?;
                (None, String::new())
            }
            Entry::Call(call) => {
                if let Some(due) = call.due {
                    player.end_timer(&call.name, due)?;
                }
                player.all_of(&call.did)?;
                (None, call.printed.clone())
            }
            Entry::Others(others) => {
                player.all_of(&others.did)?;
                player.now += others.blocked;
                (None, others.printed.clone())
            }
            Entry::Step(step) => {
                player.next_is(step.task, step.eager)?;
                player.all_of(&step.did)?;
                player.now += step.blocked.unwrap_or_default();
                // A task that has asked for its own cancellation is woken as soon as it waits.
                let then = if step.did.contains(&Act::Cancels(step.task)) && matches!(step.then, Then::Waits { .. }) {
                    &Then::Ready
                } else {
                    &step.then
                };
                // A line in both or in neither: a task that runs a coroutine of the library has no line.
                let line = stops.next().and_then(|stop| stop.line);
                player.stands(step.task, then, step.line.zip(line).map(|(rust, python)| [rust, python]));
                (Some(step.task), step.printed.clone())
            }
        };
        // The text of a step within another comes before what the outer one prints at its end.
        held.insert_str(0, &printed);
        let is_within = |entry: &&Entry| matches!(entry, Entry::Step(step) if step.eager);
        let printed = if entries.peek().is_some_and(is_within) { String::new() } else { std::mem::take(&mut held) };
        frames.push(player.frame(sentence, ran, printed));
    }
    Ok(frames)
}

impl Player<'_> {
    fn change(&mut self, task: usize, state: State, words: String, lines: Option<[u32; 2]>) {
        let [rust, python] = lines.unwrap_or_else(|| match &self.tasks[task] {
            Some(Change(.., rust, python)) => [*rust, *python],
            None => [0; 2],
        });
        self.tasks[task] = Some(Change(task, state, words, rust, python));
        self.changed.push(task);
    }

    fn is_ready(&mut self, task: usize) {
        let is_done = matches!(self.tasks[task], Some(Change(_, State::Done, ..)));
        if !is_done && !self.ready.contains(&task) {
            self.ready.push_back(task);
            self.change(task, State::Ready, String::new(), None);
        }
    }

    /// The task takes a step: it is the next in the queue, unless it is started while it is created.
    fn next_is(&mut self, task: usize, is_eager: bool) -> Result<()> {
        if is_eager {
            self.ready.retain(|ready| *ready != task);
            return Ok(());
        }
        while let Some(next) = self.ready.pop_front() {
            if next == task {
                return Ok(());
            }
            // A task that is cancelled before its first step takes none.
            let Some(ended) = &self.timeline.tasks[next].ended else { break };
            self.stands(next, ended, None);
        }
        let label = self.timeline.label(task);
        Err(anyhow::anyhow!("at {} s {label} takes a step, and is not the next in the queue", self.now))
    }

    fn all_of(&mut self, acts: &[Act]) -> Result<()> {
        for act in acts {
            match act {
                Act::Creates(task) | Act::Wakes(task) => self.is_ready(*task),
                Act::Cancels(_) | Act::Hands { .. } | Act::More(..) => {}
                Act::Sets(timer, due) => self.timers.push((timer.clone(), *due)),
                Act::Stops(timer, due) => self.end_timer(timer, *due)?,
            }
        }
        self.timers.sort_by(|one, other| one.1.total_cmp(&other.1));
        Ok(())
    }

    fn end_timer(&mut self, name: &str, due: f64) -> Result<()> {
        let found = self.timers.iter().position(|(timer, when)| timer == name && *when == due);
        ensure!(found.is_some(), "there is no timer {name} that is due at {due} s");
        found.map(|index| self.timers.remove(index));
        Ok(())
    }

    fn stands(&mut self, task: usize, then: &Then, lines: Option<[u32; 2]>) {
        let lines = Some(lines.unwrap_or_default());
        let how = match then {
            Then::Ready => {
                self.ready.push_back(task);
                return self.change(task, State::Ready, String::new(), lines);
            }
            Then::Waits { .. } => {
                let on = waited_on(self.timeline, then, self.words);
                return self.change(task, State::Waits, on, lines);
            }
            Then::Finished => self.words.say("ended"),
            Then::Cancelled => self.words.say("cancelled"),
            Then::Failed(error) => error.clone(),
            Then::Nothing => self.words.say("left when the program ends"),
        };
        self.change(task, State::Done, how, Some([0; 2]));
    }

    fn frame(&mut self, words: String, ran: Option<usize>, printed: String) -> Frame {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        let changes = changed.into_iter().filter_map(|task| self.tasks[task].clone()).collect();
        let timers = self.timers.iter().filter(|(_, due)| due.is_finite()).cloned().collect();
        Frame { words, now: self.now, ran, ready: self.ready.iter().copied().collect(), timers, changes, printed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"task":{"name":"Ada","coroutine":"nap"}}
{"task":{"name":"Bo","coroutine":"nap","ended":"cancelled"}}
{"task":{"name":"Cy","coroutine":"nap"}}
{"step":{"task":0,"did":[{"creates":1},{"creates":2},{"cancels":2},{"creates":3}],"printed":"a\n","then":{"waits":{"on":"a task","task":1}},"line":9}}
{"step":{"task":1,"did":[{"sets":["sleep",2.5]}],"then":{"waits":{"on":"a timer"}},"line":5}}
{"step":{"task":3,"did":[{"sets":["sleep",1.5]}],"then":{"waits":{"on":"a timer"}},"line":5}}
{"jump":1.5}
{"call":{"name":"sleep","due":1.5,"did":[{"wakes":3}]}}
{"step":{"task":3,"did":[{"cancels":1},{"stops":["sleep",2.5]},{"wakes":1}],"then":"finished"}}
{"step":{"task":1,"did":[{"wakes":0}],"then":"cancelled"}}
"#;

    fn twin() -> Twin {
        let lines = r#"{"coroutine":"main","name":"Task-1"}
{"task":0,"line":7,"waits":"a task","on":1}
{"task":1,"line":3,"waits":"a timer"}
{"task":3,"line":3,"waits":"a timer"}
{"task":3,"end":"finished"}
{"task":1,"end":"cancelled"}
"#;
        Twin::parse(lines).unwrap()
    }

    #[test]
    fn the_queue_and_the_timers_follow_from_what_was_done() {
        let frames = frames(&Timeline::parse(RUN).unwrap(), &twin(), &Words::english()).unwrap();
        let queues: Vec<&[usize]> = frames.iter().map(|frame| &*frame.ready).collect();
        // The third task is cancelled before its first step: it leaves the queue when its turn comes.
        assert_eq!(queues, [&[0][..], &[1, 2, 3], &[2, 3], &[], &[], &[3], &[1], &[0]]);
        let timers: Vec<Vec<f64>> =
            frames.iter().map(|frame| frame.timers.iter().map(|timer| timer.1).collect()).collect();
        let sooner_first = vec![1.5, 2.5];
        let empty = Vec::new;
        assert_eq!(
            timers,
            [empty(), empty(), vec![2.5], sooner_first.clone(), sooner_first, vec![2.5], empty(), empty()]
        );
        let change = |task, state, words: &str, rust, python| Change(task, state, words.to_owned(), rust, python);
        assert_eq!(
            frames[3].changes,
            [change(2, State::Done, "cancelled", 0, 0), change(3, State::Waits, "a timer", 5, 3)]
        );
        assert_eq!(frames[5].changes, [change(3, State::Ready, "", 5, 3)]);
        assert_eq!((frames[1].printed.as_str(), frames[1].ran, frames[4].now), ("a\n", Some(0), 1.5));
    }

    #[test]
    fn a_step_out_of_turn_and_a_timer_that_was_not_set_are_refused() {
        let run = RUN.replace(r#"{"step":{"task":1,"did":[{"sets""#, r#"{"step":{"task":3,"did":[{"sets""#);
        let late = run.replacen(
            r#"{"step":{"task":3,"did":[{"sets":["sleep",1.5]"#,
            r#"{"step":{"task":1,"did":[{"sets":["sleep",1.5]"#,
            1,
        );
        assert!(
            frames(&Timeline::parse(&late).unwrap(), &twin(), &Words::english())
                .unwrap_err()
                .to_string()
                .contains("not the next")
        );
        let unset = RUN.replace(r#""due":1.5"#, r#""due":1.25"#);
        assert!(
            frames(&Timeline::parse(&unset).unwrap(), &twin(), &Words::english())
                .unwrap_err()
                .to_string()
                .contains("no timer")
        );
    }
}
