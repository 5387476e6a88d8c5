//! Describes a failing schedule: the entries that changed places, and all steps.

use std::fmt::Write as _;

use crate::choices::Mishap;
use crate::numbers::Numbers;
use crate::report::Failure;
use crate::tape::{Entry, Note};

/// A timeline that is longer than this is cut.
const SHOWN: usize = 60;

/// The description of a run: how it ended, its story and its timeline.
pub(crate) struct Told {
    pub(crate) failure: Option<Failure>,
    pub(crate) story: String,
    pub(crate) timeline: String,
}

impl Told {
    pub(crate) fn new(failure: Option<Failure>, notes: &[Note], struck: &[(u64, Mishap)]) -> Self {
        let mut numbers = Numbers::default();
        for note in notes {
            numbers.add(&note.ran.name);
            note.overtaken.iter().for_each(|entry| numbers.add(&entry.name));
        }
        failure.iter().for_each(|failure| numbers.add(&failure.to_string()));
        let apply = |text: &str| numbers.apply(text).into_owned();
        Self {
            failure: failure.map(|failure| failure.map_text(apply)),
            story: apply(&story(notes)) + &faults(struck),
            timeline: apply(&timeline(notes, struck)),
        }
    }
}

/// A paragraph for each deviation.
fn story(notes: &[Note]) -> String {
    let mut text = String::new();
    for Note { step, ran, overtaken, .. } in notes.iter().filter(|note| !note.overtaken.is_empty()) {
        let first = &overtaken[0];
        let others = match overtaken.len() - 1 {
            0 => String::new(),
            1 => " and one other".to_owned(),
            others => format!(" and {others} others"),
        };
        let _ = writeln!(text, "step {step}: {} ran before {}{others}", ran.name, first.name);
        for (entry, verb) in [(ran, "went on"), (first, "was")] {
            if let Some(at) = &entry.at {
                let _ = writeln!(text, "    {} {verb} at {at}", entry.name);
            }
        }
    }
    text
}

/// A line for each fault.
fn faults(struck: &[(u64, Mishap)]) -> String {
    struck.iter().map(|(step, mishap)| format!("before step {step}, {}\n", told(mishap))).collect()
}

fn told(mishap: &Mishap) -> String {
    format!("{}: {}", mishap.fault.subject(), mishap.fault.tell(mishap.index))
}

/// A line for each step; if there are many, only those around the deviations and at the end.
fn timeline(notes: &[Note], struck: &[(u64, Mishap)]) -> String {
    let strikes = |note: &Note| {
        let step = note.step;
        struck.iter().filter(move |(before, _)| *before == step)
    };
    let is_near = |number: usize| {
        let (from, to) = (number.saturating_sub(3), (number + 4).min(notes.len()));
        let matters = |note: &Note| !note.overtaken.is_empty() || strikes(note).next().is_some();
        number + 10 >= notes.len() || notes[from..to].iter().any(matters)
    };
    let shown = |number: usize| notes.len() <= SHOWN || is_near(number);
    let mut text = String::new();
    let mut cut = false;
    for (number, note) in notes.iter().enumerate() {
        if !shown(number) {
            cut = true;
            continue;
        }
        if std::mem::take(&mut cut) {
            text.push_str("        …\n");
        }
        for (_, mishap) in strikes(note) {
            let _ = writeln!(text, "!       {}", told(mishap));
        }
        let Note { step, len, ran: Entry { name, at }, overtaken } = note;
        let mark = if overtaken.is_empty() { ' ' } else { '>' };
        let at = at.as_deref().map(|at| format!("  {at}")).unwrap_or_default();
        let _ = writeln!(text, "{mark} {step:>4}  {name}{at}  [{len} ready]");
    }
    text
}
