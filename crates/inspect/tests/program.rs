//! Programs are inspected from outside: by the two tools, by SIGQUIT, and by malicious clients.

#[macro_use]
extern crate asyncio_testing;

#[path = "program/errors.rs"]
mod errors;
#[path = "program/healthy.rs"]
mod healthy;
#[path = "program/hostile.rs"]
mod hostile;
#[path = "program/subjects.rs"]
mod subjects;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use asyncio_inspect::{ActivityKind, Finding, FindingKind, Snapshot, TaskSnapshot, TaskState};
use subjects::{Subject, line_of};

/// The task of this name.
fn task<'a>(snapshot: &'a Snapshot, name: &str) -> &'a TaskSnapshot {
    let mut tasks = snapshot.loops.iter().flat_map(|event_loop| &event_loop.tasks);
    tasks.find(|task| task.name == name).unwrap_or_else(|| panic!("no task {name}: {snapshot:#?}"))
}

fn kind(task: &TaskSnapshot) -> &str {
    task.waits_on.as_ref().map_or("", |wait| wait.kind.as_str())
}

#[test]
fn each_task_says_what_it_waits_for_and_where() {
    let subject = Subject::start("kitchen");
    let snapshot = subject.snapshot();
    assert_eq!((snapshot.version, snapshot.pid, snapshot.loops.len()), (1, subject.id(), 1));
    let event_loop = &snapshot.loops[0];
    assert!(event_loop.answered_after.is_some() && !event_loop.is_virtual);

    let (main, cups, plates) = (task(&snapshot, "Task-1"), task(&snapshot, "cups"), task(&snapshot, "plates"));
    assert_eq!(
        (cups.coroutine.as_str(), cups.state, cups.at.line),
        ("wash", TaskState::Waiting, line_of("second lock"))
    );
    assert!(cups.at.file.ends_with("subjects.rs") && cups.since.is_some());
    assert_eq!(cups.awaited_by, [main.id]);
    assert_eq!(kind(cups), "Lock");
    assert_eq!(cups.waits_on.as_ref().unwrap().held_by, Some(plates.id));
    assert_eq!(plates.waits_on.as_ref().unwrap().held_by, Some(cups.id));

    let broom = task(&snapshot, "sweeper").waits_on.as_ref().unwrap();
    assert!(broom.holder_is_done && broom.held_by.is_none());
    assert_eq!(broom.acquired_at.as_ref().unwrap().line, line_of("broom"));

    let guest = task(&snapshot, "guest").waits_on.as_ref().unwrap();
    assert_eq!((guest.kind.as_str(), guest.held_by), ("Semaphore", Some(main.id)));
    assert_eq!(kind(task(&snapshot, "cook")), "Queue.get");
    assert_eq!(kind(task(&snapshot, "baker")), "group");
    assert_eq!(kind(task(&snapshot, "dreamer")), "foreign");

    let baker = task(&snapshot, "baker").id;
    let loaves: Vec<_> = event_loop.tasks.iter().filter(|task| task.coroutine == "bake").collect();
    assert_eq!(loaves.len(), 2);
    assert!(loaves.iter().all(|task| task.awaited_by == [baker] && kind(task) == "timer"));
    assert!(loaves.iter().all(|task| task.at.line == line_of("oven")));
}

#[test]
fn a_task_that_waits_for_tasks_names_them() {
    let snapshot = Subject::start("tasks").snapshot();
    for (name, expected) in [
        ("groups", "a group of 2 (loaf 1, loaf 2)"),
        ("waits", "a group of 1 (roll)"),
        ("shields", "a group of 1 (bun)"),
        ("gathers", "a group of 1 (scone)"),
    ] {
        let wait = task(&snapshot, name).waits_on.as_ref().unwrap();
        assert_eq!((wait.kind.as_str(), wait.text.as_str()), ("group", expected), "{name}");
    }
    // A thread will complete their futures, also that of the body that has started a task.
    for name in ["delegates", "body"] {
        let wait = task(&snapshot, name).waits_on.as_ref().unwrap();
        assert_eq!((wait.kind.as_str(), wait.text.as_str()), ("future", "a future"), "{name}");
    }
}

/// What the subject shows when the cycle has lasted so long that it is certain. Until then it is a suspicion.
fn when_it_is_certain(subject: &Subject) -> Snapshot {
    loop {
        let snapshot = subject.snapshot();
        let is_cycle = |finding: &Finding| finding.kind == FindingKind::Cycle;
        if snapshot.findings.iter().any(is_cycle) {
            return snapshot;
        }
        let head = "these tasks may be waiting for each other: cups → plates → cups\n";
        assert!(snapshot.findings.iter().any(|finding| finding.text.starts_with(head)), "{:#?}", snapshot.findings);
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn a_cycle_is_named_with_its_tasks_and_lines() {
    let subject = Subject::start("kitchen");
    let snapshot = when_it_is_certain(&subject);
    let cycles: Vec<_> = snapshot.findings.iter().filter(|finding| finding.kind == FindingKind::Cycle).collect();
    let [cycle] = &cycles[..] else { panic!("{cycles:#?}") };
    let (cups, plates) = (task(&snapshot, "cups").id, task(&snapshot, "plates").id);
    assert_eq!(cycle.tasks, [cups, plates, cups]);
    let line = line_of("second lock");
    for text in
        ["cups → plates → cups", "acquired by cups", "acquired by plates", &format!("subjects.rs:{line} in wash()")]
    {
        assert!(cycle.text.contains(text), "{text}: {}", cycle.text);
    }
    for tool in ["asyncio-ps", "asyncio-pstree"] {
        assert!(subject.look(tool, &[]).contains("\ncycle: cups → plates → cups\n"));
    }
}

/// The two tasks of the cycle have been waiting for as long as the others: for longer than the seconds after which a cycle is
/// certain.
fn all_have_waited_since_the_beginning(snapshot: &Snapshot, tasks: &[&str]) {
    for name in tasks {
        let since = task(snapshot, name).since.expect("it was seen from its beginning");
        assert!(since >= 9.9, "{name} has been waiting for {since} s");
    }
}

#[test]
fn the_search_for_cycles_does_not_restart_the_time_of_a_wait() {
    // The inspector searches.
    let subject = Subject::start("kitchen");
    for _ in 0..2 {
        let snapshot = when_it_is_certain(&subject);
        all_have_waited_since_the_beginning(&snapshot, &["cups", "plates", "baker", "cook", "sweeper"]);
    }
    let table = subject.look("asyncio-ps", &[]);
    assert!(!table.contains(" 0.0 s"), "{table}");
    // The program searches.
    let mut subject = Subject::start("circle");
    subject.errors_until("partial deadlock: ");
    all_have_waited_since_the_beginning(&subject.snapshot(), &["cups", "plates", "bread"]);
}

#[test]
fn the_tree_has_tasks_below_those_that_wait_for_them() {
    let tree = Subject::start("kitchen").look("asyncio-pstree", &[]);
    let shape = |line: &str| {
        let end = line.find("subjects.rs").or(line.find(" for ")).unwrap_or(line.len());
        let start = line.find("crates/").or(line.find("tests/")).unwrap_or(end).min(end);
        line[..start].trim_end().to_owned()
    };
    let lines: Vec<String> = tree.lines().take_while(|line| !line.is_empty()).map(shape).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(
        lines[..5],
        [
            "└── (T) Task-1",
            "    └──  kitchen",
            "        ├── (T) cups",
            "        │   └──  wash",
            "        │       └──  waits",
        ]
    );
    let baker = lines.iter().position(|line| line.ends_with("(T) baker")).unwrap();
    let below = [
        "        │   └──  kitchen",
        "        │       ├── (T) Task-",
        "        │       │   └──  bake",
        "        │       │       └──  waits",
        "        │       └── (T) Task-",
        "        │           └──  bake",
    ];
    for (line, expected) in lines[baker + 1..].iter().zip(below) {
        assert!(line.starts_with(expected), "{line:?} is not {expected:?}");
    }
}

#[test]
fn the_table_has_a_row_for_each_task() {
    let subject = Subject::start("kitchen");
    let table = subject.look("asyncio-ps", &[]);
    let head: Vec<&str> =
        table.lines().next().unwrap().split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect();
    assert_eq!(
        head,
        ["tid", "task id", "task name", "coroutine stack", "awaiter name", "state", "since", "at", "waits for"]
    );
    let row = table.lines().find(|line| line.contains(" cups ")).unwrap();
    let at = format!("subjects.rs:{}", line_of("second lock"));
    let thread = subject.snapshot().loops[0].thread.to_string();
    for cell in [&thread, "wash", "Task-1", "waiting", &at, "<Lock waiters=1>, acquired by plates"] {
        assert!(row.contains(cell), "{cell}: {row}");
    }
    let long = subject.look("asyncio-ps", &["--long"]);
    assert!(long.lines().next().unwrap().contains("awaiter chain  awaiter name  awaiter id"), "{long}");
}

#[test]
fn a_loop_that_is_stuck_in_a_step_says_which_and_where_its_last_await_was() {
    let subject = Subject::start("stuck");
    let snapshot = subject.snapshot();
    let event_loop = &snapshot.loops[0];
    assert_eq!((event_loop.answered_after, event_loop.activity.kind), (None, ActivityKind::Step));
    let blocker = task(&snapshot, "blocker");
    assert_eq!(event_loop.activity.task, Some(blocker.id));
    let expected = ("block", TaskState::Running, line_of("last await"));
    assert_eq!((blocker.coroutine.as_str(), blocker.state, blocker.at.line), expected);
    let bread = task(&snapshot, "bread");
    assert_eq!((bread.state, bread.at.line), (TaskState::Waiting, line_of("oven")));

    let [finding] = &snapshot.findings[..] else { panic!("{:#?}", snapshot.findings) };
    assert_eq!((finding.kind, &finding.tasks[..]), (FindingKind::Blocked, &[blocker.id][..]));
    assert!(finding.text.contains("a step of blocker (block) has been running for "), "{}", finding.text);
    assert!(finding.text.ends_with(&format!("subjects.rs:{}", line_of("last await"))), "{}", finding.text);
    // Asked again, before it has answered the first question.
    assert!(subject.look("asyncio-pstree", &[]).contains("(T) blocker"));
    assert!(subject.end().0);
}

#[test]
fn a_loop_that_is_stuck_in_a_callback_says_which() {
    let subject = Subject::start("stuck in a callback");
    let snapshot = subject.snapshot();
    assert_eq!(snapshot.loops[0].activity.kind, ActivityKind::Callback);
    assert!(snapshot.findings[0].text.contains("the callback wait_in_a_callback() has been running"), "{snapshot:#?}");
    assert!(subject.end().0);
}

#[test]
fn a_futurelock_is_named() {
    let subject = Subject::start("futurelock");
    let snapshot = subject.snapshot();
    let (main, second) = (task(&snapshot, "Task-1").id, task(&snapshot, "second").id);
    let [finding] = &snapshot.findings[..] else { panic!("{:#?}", snapshot.findings) };
    assert_eq!((finding.kind, &finding.tasks[..]), (FindingKind::Futurelock, &[second, main][..]));
    assert!(finding.text.contains("the lock was released, and offered to a wait of Task-1 at "), "{}", finding.text);
    let place = format!("subjects.rs:{} that is not being polled", line_of("unpolled"));
    assert!(finding.text.contains(&place), "{}", finding.text);
}

#[test]
fn a_queue_says_that_the_task_that_took_last_is_done() {
    let subject = Subject::start("abandoned");
    let snapshot = subject.snapshot();
    for (name, expected) in [("waiter", "Queue.put"), ("owner", "Queue.join")] {
        let wait = task(&snapshot, name).waits_on.as_ref().unwrap();
        assert_eq!((wait.kind.as_str(), wait.holder_is_done), (expected, true));
    }
    let (table, at) = (subject.look("asyncio-ps", &[]), format!("subjects.rs:{}", line_of("cook takes")));
    let done = "taken from by a task that is done (taken at ";
    for (line, rest) in
        [("put waiters=1>, last", ")\n"), ("join waiters=1>,", ", and `task_done` was not called since)\n")]
    {
        let told = |row: &&str| row.contains(&format!("<Queue.{line} {done}")) && format!("{row}\n").ends_with(rest);
        assert!(table.lines().find(told).is_some_and(|row| row.contains(&at)), "{table}");
    }
}

#[test]
fn a_worker_that_has_forgotten_task_done_is_named_with_the_line_where_it_took_the_item() {
    let subject = Subject::start("forgetful");
    loop {
        let snapshot = subject.snapshot();
        let (worker, wait) = (task(&snapshot, "washer"), task(&snapshot, "owner").waits_on.clone().unwrap());
        assert_eq!((wait.held_by, wait.not_done, wait.waits_again), (Some(worker.id), true, true));
        assert_eq!(wait.taken_at.unwrap().line, line_of("washer takes"));
        // It becomes one after a second.
        if let [finding] = &snapshot.findings[..] {
            let head = "a task may have forgotten `task_done`, and waits for the next item: owner waits for ";
            assert!(finding.text.starts_with(head), "{}", finding.text);
            assert!(finding.text.contains("taken from by washer (taken at "), "{}", finding.text);
            return;
        }
        assert_eq!(snapshot.findings, []);
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn a_program_in_which_all_is_well_is_not_accused() {
    let subject = Subject::start("healthy");
    for _ in 0..50 {
        let snapshot = subject.snapshot();
        assert!(snapshot.loops[0].tasks.len() >= 10);
        assert_eq!(snapshot.findings, []);
    }
}

/// The program reports nothing, and the inspector reports only a suspicion.
fn is_only_suspected(subject: Subject, tasks: &[&str]) {
    for _ in 0..5 {
        let snapshot = subject.snapshot();
        let [finding] = &snapshot.findings[..] else { panic!("{:#?}", snapshot.findings) };
        assert_eq!(finding.kind, FindingKind::Suspicion);
        let expected = format!("these tasks may be waiting for each other: {}\n", tasks.join(" → "));
        assert!(finding.text.starts_with(&expected), "{}", finding.text);
        assert_eq!(snapshot.loops[0].partial_deadlocks, [[0; 0]; 0]);
    }
    let (_, errors) = subject.kill();
    assert!(!errors.contains("deadlock"), "{errors}");
}

#[test]
fn a_guard_that_went_through_a_queue_makes_no_cycle() {
    is_only_suspected(Subject::start("handed over"), &["dispatcher", "dispatcher"]);
}

#[test]
fn a_wait_beside_a_future_of_another_crate_makes_no_cycle() {
    is_only_suspected(Subject::start("beside"), &["locks", "both", "locks"]);
}

#[test]
fn a_cycle_that_is_named_was_told_of_by_the_program() {
    let subject = Subject::start("kitchen");
    let snapshot = when_it_is_certain(&subject);
    let (cups, plates) = (task(&snapshot, "cups").id, task(&snapshot, "plates").id);
    assert_eq!(snapshot.loops[0].partial_deadlocks, [[cups, plates]]);
    let (_, errors) = subject.kill();
    assert_eq!(errors.matches("partial deadlock: 2 tasks wait for each other").count(), 1, "{errors}");
}

#[test]
fn sigquit_writes_table_and_tree_to_standard_error() {
    let mut subject = Subject::start("kitchen");
    when_it_is_certain(&subject);
    subject.signal("-QUIT");
    let written = subject.errors_until("cycle: cups → plates → cups");
    let head = format!("process {} (program-", subject.id());
    // The runtime reports the cycle as well, before or after that.
    assert!(written.contains(&head) && written.contains("): 10 tasks in 1 loop\n\ntid "), "{written}");
    assert!(written.contains("\n        ├── (T) plates\n        │   └──  wash "), "{written}");
    assert!(subject.look("asyncio-ps", &[]).contains("cups"), "it goes on");
}

#[test]
fn standard_error_that_is_not_read_keeps_no_one_from_looking() {
    let subject = Subject::start("crowd");
    for _ in 0..3 {
        subject.signal("-QUIT");
        assert_eq!(subject.snapshot().loops[0].tasks.len(), 5001);
    }
}

#[test]
fn all_loops_of_a_process_are_seen() {
    let subject = Subject::start("two loops");
    let snapshot = subject.snapshot();
    let names: Vec<_> = snapshot.loops.iter().map(|event_loop| event_loop.thread_name.as_str()).collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&"first") && names.contains(&"second"), "{names:?}");
    task(&snapshot, "kettle of the first");
    task(&snapshot, "kettle of the second");
    let quiet: Vec<_> = snapshot.loops.iter().filter(|event_loop| event_loop.answered_after.is_none()).collect();
    let [idle] = &quiet[..] else { panic!("{quiet:#?}") };
    assert_eq!((idle.activity.kind, idle.tasks.len()), (ActivityKind::BetweenPasses, 0));
    let threads: std::collections::HashSet<_> = snapshot.loops.iter().map(|event_loop| event_loop.thread).collect();
    assert_eq!(threads.len(), 3);
}

#[test]
fn a_loop_beside_one_that_is_stuck_is_seen_as_ever() {
    let mut subject = Subject::start("stuck beside another");
    for _ in 0..2 {
        let snapshot = subject.snapshot();
        let [stuck, goes_on] = &snapshot.loops[..] else { panic!("{:#?}", snapshot.loops) };
        assert_eq!((stuck.thread_name.as_str(), stuck.answered_after), ("first", None));
        // The time is its own, and not that of the loop for which all wait.
        assert!(goes_on.answered_after.is_some_and(|seconds| seconds < 0.9), "{:?}", goes_on.answered_after);
        let kettle = task(&snapshot, "kettle");
        assert_eq!((kind(kettle), kettle.at.line), ("timer", line_of("oven")));
        let blocker = task(&snapshot, "blocker");
        assert!(goes_on.tasks.contains(kettle) && stuck.tasks.contains(blocker));
        let [finding] = &snapshot.findings[..] else { panic!("{:#?}", snapshot.findings) };
        let head = format!("loop {} in thread {} ", stuck.number, stuck.thread);
        assert!(finding.text.starts_with(&head), "{}", finding.text);
        assert!(finding.text.contains("does not answer: a step of blocker (block) has been running"), "{finding:#?}");
    }
    subject.signal("-QUIT");
    let written = subject.errors_until("blocked: ");
    for name in ["kettle", "blocker", "bread"] {
        assert!(written.contains(&format!("(T) {name}\n")), "{written}");
    }
    assert!(written.contains(" tasks in 2 loops\n"), "{written}");
}

#[test]
fn a_deadlock_is_still_reported_and_can_be_looked_into() {
    let subject = Subject::start("deadlock");
    assert_eq!(kind(task(&subject.snapshot(), "waiter")), "future");
    assert_eq!(kind(task(&subject.snapshot(), "waiter")), "future");
    let (_, errors) = subject.kill();
    assert_eq!(errors.matches("deadlock: every task waits").count(), 1, "{errors}");

    let virtually = [("ASYNCIO_INSPECT", "1"), ("ASYNCIO_CLOCK", "virtual")];
    let subject = Subject::start_in("deadlock", tempfile::TempDir::new().unwrap(), &virtually, "ready");
    let (ended, errors) = subject.end();
    assert!(!ended && errors.starts_with("Error: RuntimeError: deadlock: every task waits"), "{errors}");
}

#[test]
fn watching_prints_again_and_again() {
    let subject = Subject::start("kitchen");
    let mut watch = Command::new(env!("CARGO_BIN_EXE_asyncio-ps"))
        .args([&subject.id().to_string(), "--watch=0.1", "--json"])
        .env("XDG_RUNTIME_DIR", subject.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        let snapshot = Snapshot::from_json(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(snapshot.pid, subject.id());
    }
    let id = subject.id();
    subject.kill();
    assert!(lines.all(|line| line.is_ok()), "and ends with the process");
    let output = watch.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(errors, format!("asyncio-ps: there is no process {id}\n"));
}
