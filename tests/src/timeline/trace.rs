//! Makes a timeline from a trace that `crates/trace` has written under the virtual clock.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{Act, Call, Entry, Row, Step, Then, Timeline};
use crate::normalise::{addresses, library_lines, process_ids};

/// The files in which the runtime makes tasks of its own: those at the end of `run`, and those that close generators.
const OF_THE_RUNTIME: [&str; 2] = ["crates/runtime/src/asyncio/closing.rs", "crates/runtime/src/asyncio/asyncgens.rs"];

/// A step that takes longer in virtual time than its events account for has called a blocking function.
const BLOCKED: f64 = 500.0;

#[derive(Default)]
struct Reader {
    timeline: Timeline,
    /// The tasks by their tracks.
    tasks: HashMap<u64, usize>,
    names: HashMap<u64, String>,
    /// What is running, the innermost last: its entry, if it has one, whether it is a pass, and its beginning without `ticks`.
    running: Vec<(Option<usize>, bool, f64)>,
    /// How many times the time has advanced, which is a microsecond each time, even if no virtual time passes.
    ticks: f64,
    /// The time of the last event.
    last: f64,
    /// The entry in which a waking flow begins.
    wakes: HashMap<u64, (usize, usize)>,
    /// The timers that are set, by their numbers: the name and the deadline.
    timers: HashMap<u64, (String, f64)>,
    printed: usize,
    /// The time at which the loop began.
    before: f64,
}

/// # Errors
///
/// Fails when the trace is not that of a program that does the same each time.
pub(super) fn read(trace: &str, stdout: &str) -> Result<Timeline> {
    let events = trace.strip_prefix("[\n").and_then(|trace| trace.strip_suffix("\n]\n"));
    let mut reader = Reader::default();
    // One at a time: all events together would take gigabytes.
    for line in events.context("the trace is not complete")?.lines() {
        let event = serde_json::from_str(line.trim_end_matches(',')).with_context(|| format!("no event: {line}"))?;
        reader.event(&event, stdout)?;
    }
    reader.finish()
}

impl Reader {
    fn event(&mut self, event: &Value, stdout: &str) -> Result<()> {
        let text = |name: &str| event[name].as_str().unwrap_or_default();
        let (name, args) = (text("name"), &event["args"]);
        let track = event["tid"].as_u64().context("an event has a track")?;
        let time = event["ts"].as_f64().unwrap_or_default();
        let is_loop = event["pid"] == event["tid"];
        if time > self.last {
            self.last = time;
            self.ticks += 1.0;
        }
        let time = time - self.ticks;
        match text("ph") {
            "M" if name == "thread_name" => {
                drop(self.names.insert(track, args["name"].as_str().unwrap_or_default().to_owned()))
            }
            "M" => {
                // The loops of a program are shown one after the other.
                ensure!(self.running.is_empty(), "one of its loops runs within another");
                self.before = self.timeline.seconds();
            }
            "B" | "X" if name == "idle" => bail!("it waits for something outside of its loop"),
            "B" if is_loop && name == "pass" => self.running.push((None, true, time)),
            "X" if is_loop && name == "pass" => {}
            "B" | "X" => {
                let entry = match self.tasks.get(&track) {
                    Some(task) => Some(Entry::Step(Step {
                        task: *task,
                        eager: self.running.iter().any(|(entry, ..)| entry.is_some()),
                        did: Vec::new(),
                        printed: String::new(),
                        blocked: None,
                        then: Then::Nothing,
                        line: None,
                    })),
                    None if is_loop => {
                        let name = name.split(" at ").next().unwrap_or(name);
                        let due = args["number"].as_u64().and_then(|number| Some(self.timers.remove(&number)?.1));
                        Some(Entry::Call(Call { name: name.to_owned(), due, did: Vec::new(), printed: String::new() }))
                    }
                    None => None,
                };
                let index = entry.map(|entry| {
                    self.timeline.entries.push(entry);
                    self.timeline.entries.len() - 1
                });
                self.running.push((index, false, time));
                // A slice in which nothing happens is one event.
                if text("ph") == "X" {
                    self.ends(args, time + event["dur"].as_f64().unwrap_or_default(), stdout);
                }
            }
            "E" => self.ends(args, time, stdout),
            "s" if name == "wakes" => {
                if let (Some(index), Some(id)) = (self.current(), event["id"].as_u64()) {
                    // The task is known when the flow ends.
                    let did = self.did(index);
                    did.push(Act::Wakes(usize::MAX));
                    let place = did.len() - 1;
                    self.wakes.insert(id, (index, place));
                }
            }
            "f" if name == "wakes" => {
                let from = event["id"].as_u64().and_then(|id| self.wakes.remove(&id));
                if let (Some((index, place)), Some(task)) = (from, self.tasks.get(&track).copied()) {
                    self.did(index)[place] = Act::Wakes(task);
                }
            }
            "i" => self.instant(name, track, args),
            _ => {}
        }
        Ok(())
    }

    fn current(&self) -> Option<usize> {
        self.running.last()?.0
    }

    fn did(&mut self, index: usize) -> &mut Vec<Act> {
        match &mut self.timeline.entries[index] {
            Entry::Step(step) => &mut step.did,
            Entry::Call(call) => &mut call.did,
            Entry::Outside(did) => did,
            Entry::Jump(_) | Entry::Others(_) => unreachable!("only what does something runs"),
        }
    }

    /// Does a task of the runtime's own take a step?
    fn is_within_the_runtime(&self) -> bool {
        self.running.last().is_some_and(|(entry, is_pass, _)| entry.is_none() && !is_pass)
    }

    fn act(&mut self, act: Act) {
        match self.current() {
            Some(index) => self.did(index).push(act),
            None if self.is_within_the_runtime() => {}
            None => match self.timeline.entries.last_mut() {
                Some(Entry::Outside(did)) => did.push(act),
                _ => self.timeline.entries.push(Entry::Outside(vec![act])),
            },
        }
    }

    fn ends(&mut self, args: &Value, time: f64, stdout: &str) {
        let Some((Some(index), _, since)) = self.running.pop() else { return };
        let length = args["printed"].as_u64().and_then(|length| usize::try_from(length).ok()).unwrap_or(self.printed);
        let new = stdout.get(self.printed..length).unwrap_or_default();
        self.printed = length.max(self.printed);
        let new = library_lines(&process_ids(&addresses(new)));
        let task = |name: &str| args[name].as_u64().and_then(|track| self.tasks.get(&track)).copied();
        let (awaited, held_by) = (task("task"), task("held_by"));
        match &mut self.timeline.entries[index] {
            Entry::Jump(_) | Entry::Outside(_) | Entry::Others(_) => {}
            Entry::Call(call) => call.printed = new,
            Entry::Step(step) => {
                step.printed = new;
                step.blocked = (time - since > BLOCKED).then(|| ((time - since) / 100.0).floor() / 1e4);
                let place = args["at"].as_str().filter(|place| is_of_a_program(place));
                step.line = place.and_then(|place| place.rsplit_once(':')?.1.parse().ok());
                match args["waits_on"].as_str() {
                    Some("nothing") => step.then = Then::Ready,
                    Some(on) => step.then = Then::Waits { on: on.to_owned(), task: awaited, held_by },
                    None => {}
                }
            }
        }
    }

    fn instant(&mut self, name: &str, track: u64, args: &Value) {
        let task = self.tasks.get(&track).copied();
        match (name, task) {
            ("created", _)
                if OF_THE_RUNTIME.iter().any(|file| args["at"].as_str().is_some_and(|at| at.starts_with(file))) => {}
            ("created", _) => {
                let index = self.timeline.tasks.len();
                let coroutine = args["coroutine"].as_str().unwrap_or_default().to_owned();
                self.timeline.tasks.push(Row { name: String::new(), coroutine, ended: None });
                self.tasks.insert(track, index);
                // For the main task, everything that follows shows it.
                if index > 0 {
                    self.act(Act::Creates(index));
                }
            }
            ("woken", Some(task)) => self.act(Act::Wakes(task)),
            ("cancel requested", Some(task)) => {
                let through = args["through"].as_u64().and_then(|track| self.tasks.get(&track)).copied();
                let is_first = args["through"].is_null();
                self.act(if is_first { Act::Cancels(task) } else { Act::Hands { task, through } });
            }
            ("finished", Some(task)) => self.ended(task, Then::Finished),
            ("cancelled", Some(task)) => self.ended(task, Then::Cancelled),
            ("failed", Some(task)) => {
                let error = addresses(args["error"].as_str().unwrap_or_default());
                self.ended(task, Then::Failed(error));
            }
            ("timer set", _) => {
                let timer = args["timer"].as_str().unwrap_or_default().to_owned();
                let due = args["due"].as_f64().map_or(f64::INFINITY, |due| self.before + due);
                if !self.is_within_the_runtime() {
                    self.timers.extend(args["number"].as_u64().map(|number| (number, (timer.clone(), due))));
                }
                self.act(Act::Sets(timer, due));
            }
            ("callback cancelled", _) => {
                let timer = args["number"].as_u64().and_then(|number| self.timers.remove(&number));
                if let Some((timer, due)) = timer {
                    self.act(Act::Stops(timer, due));
                }
            }
            ("time jumps", _) => {
                self.timeline.entries.extend(args["to"].as_f64().map(|to| Entry::Jump(self.before + to)));
            }
            _ => {}
        }
    }

    fn ended(&mut self, task: usize, how: Then) {
        let steps = self.timeline.entries.iter_mut().rev();
        let last = steps.filter_map(|entry| if let Entry::Step(step) = entry { Some(step) } else { None });
        match last.into_iter().find(|step| step.task == task) {
            Some(step) => step.then = how,
            None => self.timeline.tasks[task].ended = Some(how),
        }
    }

    fn finish(mut self) -> Result<Timeline> {
        ensure!(!self.timeline.tasks.is_empty(), "it has no task");
        for (track, task) in &self.tasks {
            let row = &mut self.timeline.tasks[*task];
            let name = self.names.get(track).map_or("", |name| name);
            row.name = name.strip_suffix(&row.coroutine).unwrap_or(name).trim_end().to_owned();
        }
        for entry in &mut self.timeline.entries {
            if let Entry::Step(Step { did, .. }) | Entry::Call(Call { did, .. }) = entry {
                did.retain(|act| *act != Act::Wakes(usize::MAX));
            }
        }
        // Removes the loop's own callbacks between tasks, and jumps at the end that lead to nothing.
        self.timeline.entries.retain(|entry| match entry {
            Entry::Call(call) => call.due.is_some() || !call.did.is_empty() || !call.printed.is_empty(),
            _ => true,
        });
        while let Some(Entry::Jump(_)) = self.timeline.entries.last() {
            self.timeline.entries.pop();
        }
        Ok(self.timeline)
    }
}

/// Is this a line of a program, or of the copy of one that runs on the simulated network?
fn is_of_a_program(place: &str) -> bool {
    place.starts_with("examples/") || place.contains("/out/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"[
{"ph":"M","pid":1,"tid":1,"ts":1,"name":"process_name","args":{"name":"event loop, virtual clock"}},
{"ph":"M","pid":1,"tid":1,"ts":1,"name":"thread_name","args":{"name":"passes and callbacks"}},
{"ph":"i","pid":1,"tid":2,"ts":2,"s":"t","name":"created","args":{"coroutine":"program","at":"examples/05-sleep/nap.rs:9"}},
{"ph":"B","pid":1,"tid":1,"ts":3,"name":"pass","args":{"ready":1}},
{"ph":"M","pid":1,"tid":2,"ts":4,"name":"thread_name","args":{"name":"Task-1 program"}},
{"ph":"B","pid":1,"tid":2,"ts":4,"name":"step"},
{"ph":"i","pid":1,"tid":2,"ts":5,"s":"t","name":"timer set","args":{"timer":"sleep","due":1,"number":1}},
{"ph":"E","pid":1,"tid":2,"ts":6,"args":{"printed":4,"waits_on":"a timer","at":"examples/05-sleep/nap.rs:5"}},
{"ph":"E","pid":1,"tid":1,"ts":7},
{"ph":"i","pid":1,"tid":1,"ts":1000008,"s":"p","name":"time jumps","args":{"from":0,"to":1}},
{"ph":"B","pid":1,"tid":1,"ts":1000009,"name":"pass","args":{"ready":1}},
{"ph":"B","pid":1,"tid":1,"ts":1000010,"name":"sleep","args":{"number":1}},
{"ph":"s","pid":1,"tid":1,"ts":1000011,"cat":"wake","name":"wakes","id":9},
{"ph":"E","pid":1,"tid":1,"ts":1000012},
{"ph":"E","pid":1,"tid":1,"ts":1000013},
{"ph":"B","pid":1,"tid":1,"ts":1000014,"name":"pass","args":{"ready":1}},
{"ph":"X","pid":1,"tid":2,"ts":1000015,"dur":2000001,"name":"step","args":{"printed":8}},
{"ph":"f","pid":1,"tid":2,"ts":1000015,"bp":"e","cat":"wake","name":"wakes","id":9},
{"ph":"i","pid":1,"tid":2,"ts":3000016,"s":"t","name":"finished"},
{"ph":"E","pid":1,"tid":1,"ts":3000017}
]
"#;

    #[test]
    fn a_trace_becomes_a_timeline() {
        let timeline = read(TRACE, "zzz\nhm!\n").unwrap();
        let expected = r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"step":{"task":0,"did":[{"sets":["sleep",1.0]}],"printed":"zzz\n","then":{"waits":{"on":"a timer"}},"line":5}}
{"jump":1.0}
{"call":{"name":"sleep","due":1.0,"did":[{"wakes":0}]}}
{"step":{"task":0,"printed":"hm!\n","blocked":2.0,"then":"finished"}}
"#;
        assert_eq!(timeline.text(), expected);
        assert_eq!(timeline.seconds(), 3.0);
    }

    #[test]
    fn a_program_that_waits_for_something_outside_is_refused() {
        let idle = TRACE.replace("\"name\":\"pass\"", "\"name\":\"idle\"");
        assert!(read(&idle, "").unwrap_err().to_string().contains("outside"));
        assert!(read("[{\"ph\":", "").is_err());
    }
}
