//! A timeline as a drawing: a row for each task, a column for each step, and a gap where the clock advances.
//!
//! Steps take no virtual time, so the drawing is not to scale: it shows the order. It has no colours of its own, only classes, to
//! which `book/timelines.css` gives colours for every theme. Rows are as high as the names beside them. The names are text of the
//! page, so that they stay in place when a narrow screen scrolls the drawing.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::words::{number, sentences, summary, waited_on};
use super::{Act, Call, Entry, Row, Step, Then, Timeline};
use crate::words::Words;

/// The width of a step, of a gap in time, and the height of a row, in pixels.
const STEP: usize = 26;
const GAP: usize = 44;
const ROW: usize = 34;
/// The height of the line of times above the rows.
const TOP: usize = 24;

/// The state of a task between two columns.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// The task does not exist yet, is running, or is done.
    Absent,
    /// It is in the queue.
    Ready,
    /// It waits.
    Waits,
}

/// The drawing while it is made.
struct Drawing<'a> {
    timeline: &'a Timeline,
    words: &'a Words,
    /// How far it is.
    x: usize,
    /// The state of each task, and the point where it began.
    states: Vec<(State, usize)>,
    /// What each task waits on.
    waits: Vec<String>,
    /// Gaps are at the bottom, then lines, then steps, with arrows on top.
    gaps: String,
    lines: String,
    steps: String,
    arrows: String,
    now: f64,
    count: usize,
}

/// The whole figure: the drawing beside the names, its legend, and the same in words. `name` is the program's.
pub fn figure(timeline: &Timeline, name: &str, words: &Words) -> String {
    let mut drawing = Drawing::new(timeline, words);
    timeline.entries.iter().for_each(|entry| drawing.entry(entry));
    let (svg, width) = drawing.finish(&escape(&summary(timeline, name, words)));
    let names: String = (0..timeline.tasks.len()).map(|task| row_name(timeline, task)).collect();
    let sentences = sentences(timeline, words);
    let told: String = sentences.iter().map(|sentence| format!("<li>{}</li>\n", escape(sentence))).collect();
    let caption = escape(&summary(timeline, name, words));
    let keys = LEGEND.map(|(class, key)| format!("<li><i class=\"{class}\"></i>{}</li>\n", words.say(key))).concat();
    let (scrolls, same) = (words.say("The drawing, which scrolls"), words.say("The same in words"));
    format!(
        "<figure class=\"timeline\" id=\"timeline-{name}\">\n\
         <figcaption>{caption}</figcaption>\n\
         <div class=\"timeline-chart\">\n<div class=\"timeline-names\" aria-hidden=\"true\">\n{names}</div>\n\
         <div class=\"timeline-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{scrolls}\" \
         style=\"--width: {width}px\">\n{svg}\n</div>\n</div>\n<ul class=\"timeline-legend\" aria-hidden=\"true\">\n{keys}</ul>\n\
         <details class=\"timeline-words\"><summary>{same}</summary>\n<ol>\n{told}</ol>\n</details>\n</figure>"
    )
}

/// The meaning of the marks in a drawing.
const LEGEND: [(&str, &str); 10] = [
    ("key-step", "a step"),
    ("key-prints", "it prints"),
    ("key-ready", "ready"),
    ("key-waits", "waits"),
    ("key-creates", "creates"),
    ("key-wakes", "wakes"),
    ("key-cancels", "cancels"),
    ("key-blocked", "blocks the loop"),
    ("key-finished", "ended"),
    ("key-failed", "cancelled or failed"),
];

fn row_name(timeline: &Timeline, task: usize) -> String {
    let Row { name, coroutine, .. } = &timeline.tasks[task];
    let (first, second) = if timeline.is_nameless(task) { (coroutine, name) } else { (name, coroutine) };
    format!("<div><b>{}</b><small>{}</small></div>\n", escape(first), escape(second))
}

impl<'a> Drawing<'a> {
    fn new(timeline: &'a Timeline, words: &'a Words) -> Self {
        let tasks = timeline.tasks.len();
        let mut drawing = Self {
            timeline,
            words,
            x: 4,
            states: vec![(State::Absent, 0); tasks],
            waits: vec![String::new(); tasks],
            gaps: String::new(),
            lines: String::new(),
            steps: String::new(),
            arrows: String::new(),
            now: 0.0,
            count: 0,
        };
        // The main task is created outside of the loop.
        drawing.states[0] = (State::Ready, drawing.x);
        drawing
    }

    fn entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Jump(to) => {
                self.gap(to - self.now, "gap");
                self.now = *to;
            }
            Entry::Call(Call { did, .. }) | Entry::Outside(did) => {
                did.iter().for_each(|act| self.act(act, None, self.x));
            }
            Entry::Others(_) => {}
            Entry::Step(step) => self.step(step),
        }
    }

    /// Time advances, across all rows.
    fn gap(&mut self, seconds: f64, class: &str) {
        let (x, height) = (self.x, self.timeline.tasks.len() * ROW + 6);
        put(
            &mut self.gaps,
            format_args!("<rect class=\"{class}\" x=\"{x}\" y=\"{TOP}\" width=\"{GAP}\" height=\"{height}\"/>"),
        );
        let (middle, base, seconds) = (x + GAP / 2, TOP - 7, number(seconds));
        put(&mut self.gaps, format_args!("<text class=\"time\" x=\"{middle}\" y=\"{base}\">+{seconds} s</text>"));
        self.x += GAP;
    }

    fn step(&mut self, step: &Step) {
        let (x, y) = (self.x, middle(step.task));
        self.count += 1;
        self.change(step.task, State::Absent, x);
        if let Some(seconds) = step.blocked {
            // The step is as wide as the gap that it makes.
            self.gap(seconds, "blocked");
            self.now += seconds;
            self.x -= GAP;
        }
        let width = if step.blocked.is_some() { GAP } else { STEP };
        let title = escape(&self.title(step));
        let (left, top, inner) = (x + 1, y - 10, width - 2);
        put(
            &mut self.steps,
            format_args!(
                "<rect class=\"step\" rx=\"3\" x=\"{left}\" y=\"{top}\" width=\"{inner}\" height=\"20\"><title>{title}</title></rect>"
            ),
        );
        if !step.printed.is_empty() {
            let (at, base) = (x + width / 2, y + 8);
            put(&mut self.steps, format_args!("<text class=\"prints\" x=\"{at}\" y=\"{base}\">”</text>"));
        }
        self.x += width;
        for act in &step.did {
            let at = match act {
                Act::Cancels(_) => x + 6,
                Act::Hands { .. } => x + 13,
                Act::Wakes(_) => self.x - 9,
                _ => self.x - 5,
            };
            self.act(act, Some(step.task), at);
        }
        match &step.then {
            Then::Ready => self.change(step.task, State::Ready, self.x),
            Then::Waits { .. } => {
                self.waits[step.task] = waited_on(self.timeline, &step.then, self.words);
                self.change(step.task, State::Waits, self.x);
            }
            then => self.end(then, step.task),
        }
    }

    fn title(&self, step: &Step) -> String {
        let number = self.count.to_string();
        let step_to = match step.line {
            Some(line) => {
                self.words.fill("step {number}, up to line {line}", &[("number", &number), ("line", &line.to_string())])
            }
            None => self.words.fill("step {number}", &[("number", &number)]),
        };
        let printed = if step.printed.is_empty() { String::new() } else { format!("\n{}", step.printed.trim_end()) };
        step_to + &printed
    }

    fn end(&mut self, then: &Then, task: usize) {
        let (x, y) = (self.x + 8, middle(task));
        match then {
            Then::Finished => {
                put(&mut self.steps, format_args!("<circle class=\"finished\" cx=\"{x}\" cy=\"{y}\" r=\"4.5\"/>"));
            }
            Then::Cancelled | Then::Failed(_) => {
                let (left, top) = (x - 4, y - 4);
                put(&mut self.steps, format_args!("<path class=\"failed\" d=\"M{left} {top}l8 8m0 -8l-8 8\"/>"));
            }
            _ => {}
        }
    }

    /// Changes the state of a task at this point, where the line of the previous state ends.
    fn change(&mut self, task: usize, state: State, at: usize) {
        let (old, since) = std::mem::replace(&mut self.states[task], (state, at));
        let class = match old {
            State::Absent => return,
            State::Ready => "ready",
            State::Waits => "waits",
        };
        let y = middle(task);
        if at > since {
            let title = match old {
                State::Waits => self.words.fill("waits for {thing}", &[("thing", &self.waits[task])]),
                _ => self.words.say("ready"),
            };
            let title = escape(&title);
            put(
                &mut self.lines,
                format_args!("<path class=\"{class}\" d=\"M{since} {y}H{at}\"><title>{title}</title></path>"),
            );
        }
        // The number of letters for which there is room. A Chinese letter is as wide as two.
        let room = at.saturating_sub(since) / 6;
        let text = &self.waits[task];
        if old == State::Waits && text.width() < room {
            let (left, base, text) = (since + 4, y - 4, escape(text));
            put(&mut self.lines, format_args!("<text class=\"on\" x=\"{left}\" y=\"{base}\">{text}</text>"));
        }
    }

    /// Draws an action of `from`, or of a callback or timer, on another task.
    fn act(&mut self, act: &Act, from: Option<usize>, at: usize) {
        let (class, from, to) = match act {
            Act::Creates(task) => ("creates", from, *task),
            Act::Wakes(task) => ("wakes", from, *task),
            Act::Cancels(task) => ("cancels", from, *task),
            Act::Hands { task, through } => ("cancels", through.or(from), *task),
            Act::Sets(..) | Act::Stops(..) | Act::More(..) => return,
        };
        if class != "cancels" {
            self.change(to, State::Ready, at);
        }
        let y = middle(to);
        let (start, tip) = match from {
            Some(from) if from == to => return,
            Some(from) if from < to => (middle(from) + 10, y - 2),
            Some(from) => (middle(from) - 10, y + 2),
            None => (y - 15, y - 2),
        };
        let (base, back) = if start < tip { (tip - 7, "-7") } else { (tip + 7, "7") };
        put(
            &mut self.arrows,
            format_args!(
                "<path class=\"{class}\" d=\"M{at} {start}V{base}\"/><path class=\"{class} tip\" d=\"M{at} {tip}l-4 {back}h8z\"/>"
            ),
        );
    }

    fn finish(mut self, label: &str) -> (String, usize) {
        let end = self.x + 16;
        (0..self.timeline.tasks.len()).for_each(|task| self.change(task, State::Absent, end));
        let (width, height) = (end + 4, TOP + self.timeline.tasks.len() * ROW + 8);
        let Self { gaps, lines, steps, arrows, .. } = self;
        let svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{label}\">\n\
             {gaps}{lines}{steps}{arrows}</svg>"
        );
        (svg, width)
    }
}

/// The middle of a task's row.
fn middle(task: usize) -> usize {
    TOP + task * ROW + ROW / 2 + 3
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

/// Text, escaped for HTML. A blank line would end the block of HTML in a page.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"task":{"name":"<Ada>","coroutine":"nap"}}
{"step":{"task":0,"did":[{"creates":1}],"printed":"a\n\n\"b\"\n","then":{"waits":{"on":"a task","task":1}},"line":9}}
{"step":{"task":1,"then":{"waits":{"on":"a timer"}},"line":5}}
{"jump":1.5}
{"call":{"name":"sleep","did":[{"wakes":1}]}}
{"step":{"task":1,"did":[{"wakes":0}],"then":"finished"}}
{"step":{"task":0,"did":[{"cancels":1}],"blocked":2.0,"then":{"failed":"ValueError('no')"}}}
"#;

    fn count(text: &str, what: &str) -> usize {
        text.matches(what).count()
    }

    #[test]
    fn each_step_wait_and_arrow_is_drawn_once() {
        let figure = figure(&Timeline::parse(RUN).unwrap(), "naps", &Words::english());
        assert_eq!(count(&figure, "class=\"step\""), 4);
        assert_eq!(count(&figure, "class=\"gap\""), 1);
        assert_eq!(count(&figure, "class=\"blocked\""), 1);
        assert_eq!(count(&figure, ">+1.5 s<"), 1);
        assert_eq!(["creates tip", "wakes tip", "cancels tip"].map(|class| count(&figure, class)), [1, 2, 1]);
        assert_eq!((count(&figure, "class=\"finished\""), count(&figure, "class=\"failed\"")), (1, 1));
        assert_eq!(count(&figure, "<title>waits for &lt;Ada&gt;</title>"), 1);
        assert_eq!(count(&figure, "<title>ready</title>"), 2);
    }

    #[test]
    fn a_figure_is_one_block_of_html_and_its_texts_are_escaped() {
        let figure = figure(&Timeline::parse(RUN).unwrap(), "naps", &Words::english());
        assert!(!figure.contains("\n\n") && !figure.contains("<Ada>"), "{figure}");
        assert!(figure.contains("<title>step 1, up to line 9&#10;a&#10;&quot;b&quot;</title>"), "{figure}");
        assert_eq!(count(&figure, "<li>"), 10 + 6, "the legend and the words");
        assert!(figure.contains("The run of naps: 2 tasks, 4 steps, 3.5 seconds."));
    }
}
