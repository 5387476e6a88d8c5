//! A small reader of the trace-event format, which refuses what Perfetto or Chrome would drop.
#![allow(dead_code, reason = "not every test asks for everything")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A trace that has passed all checks.
pub(crate) struct Read {
    pub(crate) events: Vec<Value>,
    /// The names of the tracks.
    pub(crate) tracks: BTreeMap<u64, String>,
}

/// Reads a complete trace.
pub(crate) fn complete(text: &str) -> Read {
    checked(serde_json::from_str(text).expect("a list in JSON"))
}

/// Reads a trace that breaks off, at the end of an event or within it, as viewers do.
pub(crate) fn broken_off(text: &str) -> Read {
    let text = text.strip_prefix("[\n").expect("it begins like a list");
    let whole = text.lines().map(|line| serde_json::from_str(line.trim_end_matches(',')));
    checked(whole.map_while(Result::ok).collect())
}

fn checked(events: Vec<Value>) -> Read {
    let mut tracks = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut times: BTreeMap<u64, f64> = BTreeMap::new();
    let mut open: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    // The last slice of each track that was written in one piece: when it began and ended.
    let mut whole: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    let mut flows: BTreeMap<u64, (String, String)> = BTreeMap::new();
    for event in &events {
        let field = |name: &str| &event[name];
        let number = |name: &str| field(name).as_u64().unwrap_or_else(|| panic!("{name} is a number in {event}"));
        let text =
            |name: &str| field(name).as_str().unwrap_or_else(|| panic!("{name} is a text in {event}")).to_owned();
        let (phase, pid, tid) = (text("ph"), number("pid"), number("tid"));
        let time = field("ts").as_f64().expect("a time");
        // Metadata may have any time.
        let last = if phase == "M" { time } else { times.insert(pid, time).unwrap_or(0.0) };
        assert!(time >= last, "the time goes back from {last} in {event}");
        assert!(event.get("args").is_none_or(Value::is_object), "{event}");
        let slices = open.entry(tid).or_default();
        let is_inside = !slices.is_empty() || whole.get(&tid).is_some_and(|(from, to)| (*from..=*to).contains(&time));
        match phase.as_str() {
            "M" => {
                let name = event["args"]["name"].as_str().expect("a name").to_owned();
                match text("name").as_str() {
                    "thread_name" => drop(tracks.insert(tid, name)),
                    "process_name" => assert_eq!(pid, tid, "{event}"),
                    other => panic!("metadata that is not known: {other}"),
                }
                continue;
            }
            "B" => slices.push(text("name")),
            "X" => {
                let end = time + field("dur").as_f64().expect("a span");
                whole.insert(tid, (time, end));
                text("name");
            }
            "E" => drop(slices.pop().unwrap_or_else(|| panic!("nothing has begun that ends in {event}"))),
            "i" => {
                text("name");
                assert!(["t", "p"].contains(&text("s").as_str()), "{event}");
            }
            "s" => {
                assert!(is_inside, "a flow begins in no slice: {event}");
                let new = flows.insert(number("id"), (text("cat"), text("name")));
                assert!(new.is_none(), "a flow begins twice: {event}");
            }
            "f" => {
                assert!(is_inside && text("bp") == "e", "a flow ends in no slice: {event}");
                let flow = flows.get(&number("id")).unwrap_or_else(|| panic!("a flow that never began: {event}"));
                assert_eq!(*flow, (text("cat"), text("name")), "{event}");
            }
            other => panic!("a phase that is not known: {other}"),
        }
        used.insert(tid);
    }
    for track in used {
        assert!(tracks.contains_key(&track), "track {track} has no name");
    }
    Read { events, tracks }
}

impl Read {
    /// The events of this name, with the names of their tracks.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.events.iter().filter(move |event| event["name"] == name).map(|event| (self.track(event), event))
    }

    /// The name of an event's track, without that of its coroutine.
    pub(crate) fn track(&self, event: &Value) -> &str {
        self.task(event["tid"].as_u64().expect("a number"))
    }

    /// The name of a task, by the number of its track.
    pub(crate) fn task(&self, track: u64) -> &str {
        self.tracks[&track].split(' ').next().expect("a name")
    }

    /// Each flow of this name, as `FROM -> TO`.
    pub(crate) fn flows(&self, name: &str) -> Vec<String> {
        let (begins, ends): (Vec<_>, Vec<_>) = self.named(name).partition(|(_, event)| event["ph"] == "s");
        let to = |id: &Value| ends.iter().find(|(_, end)| end["id"] == *id).map_or("nothing", |(track, _)| *track);
        begins.iter().map(|(from, event)| format!("{from} -> {}", to(&event["id"]))).collect()
    }
}
