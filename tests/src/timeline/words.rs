//! A timeline in words: the text beside its drawing, for those who do not see it, and for a terminal.

use super::{Act, Call, Entry, Step, Then, Timeline};

/// So many printed lines are quoted; of more it is said how many there are.
const QUOTED: usize = 3;

/// So many tasks are named; of more the first and the last.
const LISTED: usize = 4;

/// What happened, a sentence for each thing that the loop did.
pub fn sentences(timeline: &Timeline) -> Vec<String> {
    let mut now = 0.0;
    let mut sentences = Vec::new();
    for entry in &timeline.entries {
        match entry {
            Entry::Jump(to) => {
                sentences.push(format!("{} pass: it is {} s.", seconds(to - now), number(*to)));
                now = *to;
            }
            Entry::Call(call) => sentences.push(of_call(timeline, call)),
            Entry::Step(step) => {
                sentences.push(of_step(timeline, step));
                now += step.blocked.unwrap_or(0.0);
            }
        }
    }
    for task in (0..timeline.tasks.len()).filter(|task| timeline.tasks[*task].ended.is_some()) {
        sentences.push(format!("{} is cancelled before its first step.", timeline.label(task)));
    }
    sentences
}

/// One sentence that says what there is to see.
pub fn summary(timeline: &Timeline, name: &str) -> String {
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (tasks, steps) = (count(timeline.tasks.len(), "task"), count(timeline.steps(), "step"));
    format!("The run of {name}: {tasks}, {steps}, {}.", seconds(timeline.seconds()))
}

impl Timeline {
    /// What a task is called: by its name and, if it was given none, by its coroutine, too.
    pub(super) fn label(&self, task: usize) -> String {
        let row = &self.tasks[task];
        if self.is_nameless(task) { format!("{} ({})", row.name, row.coroutine) } else { row.name.clone() }
    }

    /// Has the task the name that every task has?
    pub(super) fn is_nameless(&self, task: usize) -> bool {
        let number = self.tasks[task].name.strip_prefix("Task-");
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

fn of_step(timeline: &Timeline, step: &Step) -> String {
    let mut parts = did(timeline, &step.did);
    parts.extend(printed(&step.printed));
    parts.extend(step.blocked.map(|time| format!("holds up the loop for {}", seconds(time))));
    let line = step.line.map_or(String::new(), |line| format!(" in line {line}"));
    parts.push(then(timeline, &step.then) + &line);
    format!("{} {}.", timeline.label(step.task), listed(&parts))
}

fn of_call(timeline: &Timeline, call: &Call) -> String {
    let mut parts = did(timeline, &call.did);
    parts.extend(printed(&call.printed));
    let what = match call.name.as_str() {
        "sleep" => "A sleep is over".to_owned(),
        "timeout" => "A time limit is reached".to_owned(),
        name => format!("The callback {name} runs"),
    };
    if parts.is_empty() { format!("{what}.") } else { format!("{what}: it {}.", listed(&parts)) }
}

/// What was done, with what was done in the same way in one part.
fn did(timeline: &Timeline, acts: &[Act]) -> Vec<String> {
    let mut parts: Vec<(&str, Vec<String>)> = Vec::new();
    for act in acts {
        let (verb, object) = match act {
            Act::Creates(task) => ("creates", timeline.label(*task)),
            Act::Wakes(task) => ("wakes", timeline.label(*task)),
            Act::Cancels(task) => ("cancels", timeline.label(*task)),
            Act::Hands { task, .. } => ("through it", timeline.label(*task)),
            // What waits for the end of a sleep says so.
            Act::Sets(timer, _) if timer == "sleep" => continue,
            Act::Sets(_, due) if due.is_infinite() => continue,
            Act::Sets(timer, due) => ("sets a timer:", format!("{timer} at {} s", number(*due))),
        };
        match parts.last_mut() {
            Some((last, objects)) if *last == verb => objects.push(object),
            _ => parts.push((verb, vec![object])),
        }
    }
    let said = |(verb, objects): (&str, Vec<String>)| match &*objects {
        [first, .., last] if objects.len() > LISTED => format!("{verb} {} tasks, {first} to {last}", objects.len()),
        _ => format!("{verb} {}", listed(&objects)),
    };
    parts.into_iter().map(said).collect()
}

fn printed(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => None,
        count if count > QUOTED => Some(format!("prints {count} lines, the first “{}”", lines[0])),
        _ => {
            let quoted: Vec<String> = lines.iter().map(|line| format!("“{line}”")).collect();
            Some(format!("prints {}", listed(&quoted)))
        }
    }
}

fn then(timeline: &Timeline, then: &Then) -> String {
    match then {
        Then::Ready => "gives way to the others".to_owned(),
        Then::Waits { .. } => format!("waits for {}", waited_on(timeline, then)),
        Then::Finished => "ends".to_owned(),
        Then::Cancelled => "ends cancelled".to_owned(),
        Then::Failed(error) => format!("ends with {error}"),
        Then::Nothing => "is left when the program ends".to_owned(),
    }
}

/// What a task waits on, in a few words.
pub(super) fn waited_on(timeline: &Timeline, then: &Then) -> String {
    let Then::Waits { on, task, held_by } = then else { return String::new() };
    let what = task.map_or_else(|| on.clone(), |task| timeline.label(task));
    match held_by {
        Some(holder) => format!("{what}, which {} has", timeline.label(*holder)),
        None => what,
    }
}

/// `one, two and three`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// A time to the tenth of a millisecond, without zeros at its end.
pub(super) fn number(seconds: f64) -> String {
    ((seconds * 1e4).round() / 1e4).to_string()
}

fn seconds(time: f64) -> String {
    let number = number(time);
    if number == "1" { "1 second".to_owned() } else { format!("{number} seconds") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_in_sentences() {
        let timeline = Timeline::parse(
            r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"task":{"name":"Ada","coroutine":"nap"}}
{"task":{"name":"Bo","coroutine":"nap","ended":"cancelled"}}
{"step":{"task":0,"did":[{"creates":1},{"creates":2},{"cancels":2}],"printed":"a\nb\n","then":{"waits":{"on":"a task","task":1}},"line":9}}
{"step":{"task":1,"did":[{"sets":["sleep",1.5]}],"then":{"waits":{"on":"a timer"}},"line":5}}
{"jump":1.5}
{"call":{"name":"sleep","did":[{"wakes":1}]}}
{"step":{"task":1,"did":[{"wakes":0}],"blocked":2.0,"then":{"failed":"ValueError('no')"}}}
"#,
        )
        .unwrap();
        assert_eq!(
            sentences(&timeline),
            [
                "Task-1 (program) creates Ada and Bo, cancels Bo, prints “a” and “b” and waits for Ada in line 9.",
                "Ada waits for a timer in line 5.",
                "1.5 seconds pass: it is 1.5 s.",
                "A sleep is over: it wakes Ada.",
                "Ada wakes Task-1 (program), holds up the loop for 2 seconds and ends with ValueError('no').",
                "Bo is cancelled before its first step.",
            ]
        );
        assert_eq!(summary(&timeline, "naps"), "The run of naps: 3 tasks, 3 steps, 3.5 seconds.");
    }
}
