//! A timeline in words: the text beside its drawing, for readers who cannot see it, and for a terminal.

use super::{Act, Call, Entry, Others, Step, Then, Timeline, Verb};
use crate::words::Words;

/// Up to this many printed lines are quoted; for more, only their number is given.
const QUOTED: usize = 3;

/// Up to this many tasks are named; of more, the first and the last.
const LISTED: usize = 4;

/// The timers of the simulated network.
const OF_THE_NETWORK: [&str; 3] = ["connect()", "admit()", "transmit()"];

/// Patterns for listing two things, and more than two; and the same for actions.
const THINGS: [&str; 2] = ["{things} and {thing}", "{things}, {thing}"];
const ACTS: [&str; 2] = ["{acts} and {act}", "{acts}, {act}"];

/// The run, with a sentence for each action of the loop.
pub fn sentences(timeline: &Timeline, words: &Words) -> Vec<String> {
    let mut now = 0.0;
    let mut sentences = Vec::new();
    for entry in &timeline.entries {
        match entry {
            Entry::Jump(to) => {
                let (duration, time) = (seconds(to - now, words), number(*to));
                sentences.push(match &*number(to - now) {
                    "1" => words.fill("1 second passes: it is {time} s.", &[("time", &time)]),
                    _ => words.fill("{duration} pass: it is {time} s.", &[("duration", &duration), ("time", &time)]),
                });
                now = *to;
            }
            Entry::Call(call) => sentences.push(of_call(timeline, call, words)),
            Entry::Outside(acts) => {
                let parts = did(timeline, acts, words);
                let acts = if parts.is_empty() { words.say("cancels a timer") } else { listed(&parts, &ACTS, words) };
                sentences.push(words.fill("Outside of any step, the program {acts}.", &[("acts", &acts)]));
            }
            Entry::Others(others) => {
                sentences.push(of_others(timeline, others, words));
                now += others.blocked;
            }
            Entry::Step(step) => {
                sentences.push(of_step(timeline, step, words));
                now += step.blocked.unwrap_or(0.0);
            }
        }
    }
    for task in (0..timeline.tasks.len()).filter(|task| timeline.tasks[*task].ended.is_some()) {
        let task = timeline.label(task);
        sentences.push(words.fill("{task} is cancelled before its first step.", &[("task", &task)]));
    }
    sentences
}

/// One sentence that summarizes the drawing.
pub fn summary(timeline: &Timeline, name: &str, words: &Words) -> String {
    let count = |count: usize, one: &str, many: &str| {
        if count == 1 { words.say(one) } else { words.fill(many, &[("count", &count.to_string())]) }
    };
    let tasks = count(timeline.tasks.len(), "1 task", "{count} tasks");
    let steps = count(timeline.steps(), "1 step", "{count} steps");
    let duration = seconds(timeline.seconds(), words);
    let values = [("program", name), ("tasks", &tasks), ("steps", &steps), ("duration", &duration)];
    words.fill("The run of {program}: {tasks}, {steps}, {duration}.", &values)
}

impl Timeline {
    /// The label of a task: its name and, if it has only a default name, also its coroutine.
    pub(super) fn label(&self, task: usize) -> String {
        let row = &self.tasks[task];
        if self.is_nameless(task) { format!("{} ({})", row.name, row.coroutine) } else { row.name.clone() }
    }

    /// Does the task have only its default name?
    pub(super) fn is_nameless(&self, task: usize) -> bool {
        let number = self.tasks[task].name.strip_prefix("Task-");
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

fn of_step(timeline: &Timeline, step: &Step, words: &Words) -> String {
    let mut parts = did(timeline, &step.did, words);
    parts.extend(printed(&step.printed, words));
    parts.extend(
        step.blocked.map(|time| words.fill("holds up the loop for {duration}", &[("duration", &seconds(time, words))])),
    );
    let act = then(timeline, &step.then, words);
    parts.push(match step.line {
        Some(line) => words.fill("{act} in line {line}", &[("act", &act), ("line", &line.to_string())]),
        None => act,
    });
    words.fill("{task} {acts}.", &[("task", &timeline.label(step.task)), ("acts", &listed(&parts, &ACTS, words))])
}

fn of_others(timeline: &Timeline, others: &Others, words: &Words) -> String {
    let mut parts = match others.steps {
        0 => Vec::new(),
        1 => vec![words.say("take 1 step")],
        count => vec![words.fill("take {count} steps", &[("count", &count.to_string())])],
    };
    let objects = |verb: fn(&Act) -> Option<usize>| -> Vec<String> {
        others.did.iter().filter_map(verb).map(|task| timeline.label(task)).collect()
    };
    let acts = [
        ("create {things}", objects(|act| if let Act::Creates(task) = act { Some(*task) } else { None })),
        ("wake {things}", objects(|act| if let Act::Wakes(task) = act { Some(*task) } else { None })),
        ("cancel {things}", objects(|act| if let Act::Cancels(task) = act { Some(*task) } else { None })),
    ];
    for (verb, objects) in acts.iter().filter(|(_, objects)| !objects.is_empty()) {
        parts.push(words.fill(verb, &[("things", &listed(objects, &THINGS, words))]));
    }
    match others.printed.lines().count() {
        0 => {}
        1 => parts.push(words.say("print 1 line")),
        count => parts.push(words.fill("print {count} lines", &[("count", &count.to_string())])),
    }
    words.fill("The tasks that are not shown {acts}.", &[("acts", &listed(&parts, &ACTS, words))])
}

fn of_call(timeline: &Timeline, call: &Call, words: &Words) -> String {
    let mut parts = did(timeline, &call.did, words);
    parts.extend(printed(&call.printed, words));
    let what = match call.name.as_str() {
        "sleep" => words.say("A sleep is over"),
        "timeout" => words.say("A time limit is reached"),
        "connect()" => words.say("A request to connect arrives"),
        "admit()" => words.say("The connection is made"),
        "transmit()" => words.say("Bytes arrive at a socket"),
        "Announcer._ready()" => words.say("A socket is ready"),
        name => words.fill("The callback {name} runs", &[("name", name)]),
    };
    if parts.is_empty() {
        return words.fill("{event}.", &[("event", &what)]);
    }
    words.fill("{event}: it {acts}.", &[("event", &what), ("acts", &listed(&parts, &ACTS, words))])
}

/// The actions, with equal ones combined.
fn did(timeline: &Timeline, acts: &[Act], words: &Words) -> Vec<String> {
    // The verb, the objects, and how many more objects there are.
    let mut parts: Vec<(&str, Vec<String>, usize)> = Vec::new();
    for act in acts {
        let mut more = 0;
        let (verb, object) = match act {
            Act::Creates(task) => ("creates {things}", timeline.label(*task)),
            Act::Wakes(task) => ("wakes {things}", timeline.label(*task)),
            Act::Cancels(task) => ("cancels {things}", timeline.label(*task)),
            Act::Hands { task, .. } => ("through it {things}", timeline.label(*task)),
            // The wait for the end of the sleep says so.
            Act::Sets(timer, _) if timer == "sleep" => continue,
            Act::Sets(_, due) if due.is_infinite() => continue,
            // The arrival of bytes is told when they arrive.
            Act::Sets(timer, _) if OF_THE_NETWORK.contains(&timer.as_str()) => continue,
            // A timer is cancelled by the end of its task or by a request, which are mentioned anyway.
            Act::Stops(..) => continue,
            Act::More(verb, count) => {
                more = *count;
                let verb = match verb {
                    Verb::Creates => "creates {things}",
                    Verb::Wakes => "wakes {things}",
                    Verb::Cancels => "cancels {things}",
                };
                (verb, String::new())
            }
            Act::Sets(timer, due) => {
                let timer = words.fill("{timer} at {time} s", &[("timer", timer), ("time", &number(*due))]);
                ("sets a timer: {things}", timer)
            }
        };
        match parts.last_mut() {
            Some((last, ..)) if *last == verb => {}
            _ => parts.push((verb, Vec::new(), 0)),
        }
        if let Some((_, objects, hidden)) = parts.last_mut() {
            objects.extend((more == 0).then_some(object));
            *hidden += more;
        }
    }
    let said = |(verb, mut objects, hidden): (&str, Vec<String>, usize)| {
        let count = |count: usize, words_of_many: &str| words.fill(words_of_many, &[("count", &count.to_string())]);
        if objects.len() > LISTED && hidden > 0 {
            let all = count(objects.len() + hidden, "{count} tasks");
            return words.fill(verb, &[("things", &all)]);
        }
        match hidden {
            0 => {}
            1 => objects.push(words.say("1 task that is not shown")),
            many => objects.push(count(many, "{count} tasks that are not shown")),
        }
        let things = match &*objects {
            [first, .., last] if objects.len() > LISTED => {
                let values = [("count", &*objects.len().to_string()), ("first", first), ("last", last)];
                words.fill("{count} tasks, {first} to {last}", &values)
            }
            _ => listed(&objects, &THINGS, words),
        };
        words.fill(verb, &[("things", &things)])
    };
    parts.into_iter().map(said).collect()
}

fn printed(text: &str, words: &Words) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => None,
        count if count > QUOTED => {
            let values = [("count", &*count.to_string()), ("line", lines[0])];
            Some(words.fill("prints {count} lines, the first “{line}”", &values))
        }
        _ => {
            let quoted: Vec<String> = lines.iter().map(|line| format!("“{line}”")).collect();
            Some(words.fill("prints {things}", &[("things", &listed(&quoted, &THINGS, words))]))
        }
    }
}

fn then(timeline: &Timeline, then: &Then, words: &Words) -> String {
    match then {
        Then::Ready => words.say("gives way to the others"),
        Then::Waits { .. } => words.fill("waits for {thing}", &[("thing", &waited_on(timeline, then, words))]),
        Then::Finished => words.say("ends"),
        Then::Cancelled => words.say("ends cancelled"),
        Then::Failed(error) => words.fill("ends with {error}", &[("error", error)]),
        Then::Nothing => words.say("is left when the program ends"),
    }
}

/// A task's wait, in a few words.
pub(super) fn waited_on(timeline: &Timeline, then: &Then, words: &Words) -> String {
    let Then::Waits { on, task, held_by } = then else { return String::new() };
    let what = task.map_or_else(|| words.say(on), |task| timeline.label(task));
    match held_by {
        Some(holder) => {
            words.fill("{thing}, which {task} has", &[("thing", &what), ("task", &timeline.label(*holder))])
        }
        None => what,
    }
}

/// `one, two and three`, with the patterns for two things and for more.
fn listed(parts: &[String], [last_two, more]: &[&str; 2], words: &Words) -> String {
    let plural = last_two.trim_start_matches('{').split('}').next().unwrap_or_default();
    let singular = plural.trim_end_matches('s');
    let mut list = String::new();
    for (index, part) in parts.iter().enumerate() {
        list = match index {
            0 => part.clone(),
            _ if index + 1 == parts.len() => words.fill(last_two, &[(plural, &list), (singular, part)]),
            _ => words.fill(more, &[(plural, &list), (singular, part)]),
        };
    }
    list
}

/// A time to the tenth of a millisecond, without zeros at its end.
pub(super) fn number(seconds: f64) -> String {
    ((seconds * 1e4).round() / 1e4).to_string()
}

fn seconds(time: f64, words: &Words) -> String {
    let number = number(time);
    if number == "1" { words.say("1 second") } else { words.fill("{count} seconds", &[("count", &number)]) }
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
{"call":{"name":"sleep","due":1.5,"did":[{"wakes":1}]}}
{"step":{"task":1,"did":[{"wakes":0}],"blocked":2.0,"then":{"failed":"ValueError('no')"}}}
{"jump":4.5}
{"outside":[{"cancels":0}]}
"#,
        )
        .unwrap();
        assert_eq!(
            sentences(&timeline, &Words::english()),
            [
                "Task-1 (program) creates Ada and Bo, cancels Bo, prints “a” and “b” and waits for Ada in line 9.",
                "Ada waits for a timer in line 5.",
                "1.5 seconds pass: it is 1.5 s.",
                "A sleep is over: it wakes Ada.",
                "Ada wakes Task-1 (program), holds up the loop for 2 seconds and ends with ValueError('no').",
                "1 second passes: it is 4.5 s.",
                "Outside of any step, the program cancels Task-1 (program).",
                "Bo is cancelled before its first step.",
            ]
        );
        assert_eq!(summary(&timeline, "naps", &Words::english()), "The run of naps: 3 tasks, 3 steps, 4.5 seconds.");
    }

    #[test]
    fn tasks_that_are_not_shown_are_told_by_what_they_did_to_the_others() {
        let timeline = Timeline::parse(
            r#"{"task":{"name":"Task-1","coroutine":"program"}}
{"task":{"name":"Ada","coroutine":"nap"}}
{"others":{"steps":1,"did":[{"wakes":0}],"printed":"a\n"}}
{"others":{"steps":3,"did":[{"creates":1},{"cancels":0},{"cancels":1}],"printed":"a\nb\n"}}
"#,
        )
        .unwrap();
        assert_eq!(
            sentences(&timeline, &Words::english()),
            [
                "The tasks that are not shown take 1 step, wake Task-1 (program) and print 1 line.",
                "The tasks that are not shown take 3 steps, create Ada, cancel Task-1 (program) and Ada and print 2 lines.",
            ]
        );
    }

    #[test]
    fn another_language_has_its_own_order_of_words() {
        let timeline = Timeline::parse(
            "{\"task\":{\"name\":\"Ada\",\"coroutine\":\"nap\"}}\n\
             {\"step\":{\"task\":0,\"then\":{\"waits\":{\"on\":\"a timer\"}},\"line\":9}}\n",
        )
        .unwrap();
        let chinese = [
            ("{task} {acts}.", "{task} {acts}。"),
            ("{act} in line {line}", "在第 {line} 行{act}"),
            ("waits for {thing}", "等待{thing}"),
            ("a timer", "定时器"),
        ];
        let words = Words::translated(chinese.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!(sentences(&timeline, &words), ["Ada 在第 9 行等待定时器。"]);
    }
}
