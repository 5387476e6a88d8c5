//! The six programs of the page *It hangs. What now?*: each is reported correctly, with the line to look at.
//!
//! For two of them, the output of a tool in another process is kept in `tests/hangs`, for the page to include. It is updated by
//! `INSTA_UPDATE=always cargo test -p guide-tests --test hangs`.

#[macro_use]
extern crate asyncio_testing;

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use guide_tests::examples::{Example, examples};
use guide_tests::program::{Clock, LIMIT, Programs, build, cargo};
use guide_tests::{read, root};
use regex::Regex;

const NAMES: [&str; 6] =
    ["forgotten_task_done", "partial_deadlock", "forgotten_release", "futurelock", "blocking_step", "lost_consumer"];

/// The six programs, built; and with them `asyncio-ps` and `asyncio-pstree`.
static PROGRAMS: LazyLock<(Vec<Example>, Programs)> = LazyLock::new(|| {
    let mut examples = examples(root()).unwrap();
    examples.retain(|example| NAMES.contains(&example.name.as_str()));
    assert_eq!(examples.len(), NAMES.len());
    let built = build(&examples, &["--quiet"]).unwrap();
    let tool = ["build", "--quiet", "--package", "asyncio-inspect", "--bins"];
    assert!(cargo().args(tool).status().unwrap().success());
    (examples, built)
});

/// `examples/beyond/NAME.rs:LINE` of the only line of a program with this code.
fn at(name: &str, code: &str) -> String {
    let text = read(root().join(format!("examples/beyond/{name}.rs"))).unwrap();
    let mut lines = text.lines().zip(1..).filter(|(line, _)| line.contains(code));
    let (Some((_, line)), None) = (lines.next(), lines.next()) else { panic!("{name} has not one line with {code}") };
    format!("examples/beyond/{name}.rs:{line}")
}

/// The output and the log of a program under the virtual clock.
fn said(name: &str) -> String {
    let (examples, programs) = &*PROGRAMS;
    let example = examples.iter().find(|example| example.name == name).unwrap();
    programs.run(example, Clock::Virtual).unwrap().to_string()
}

#[track_caller]
fn says(name: &str, expected: &[&str]) {
    let said = said(name);
    assert!(said.contains(&expected.join("\n")), "{said}");
    assert_eq!(said.matches("deadlock: ").count(), 1, "{said}");
}

const ALL_WAIT: &str = "deadlock: every task waits, and nothing is left that could wake one";

#[test]
fn a_join_without_task_done_names_the_task_that_took_last() {
    let (join, get) = (at("forgotten_task_done", "dishes.join()"), at("forgotten_task_done", "dishes.get()"));
    let joins = format!("  Task-1 waits for <Queue.join waiters=1>, last taken from by washer, at {join} in program()");
    says(
        "forgotten_task_done",
        &[
            ALL_WAIT,
            &joins,
            &format!("    taken at {get}"),
            &format!("  washer waits for <Queue.get waiters=1> at {get} in wash()"),
        ],
    );
}

#[test]
fn a_partial_deadlock_names_its_tasks_and_locks() {
    let second = at("partial_deadlock", "to.lock()");
    let waits = |name: &str, other: &str| {
        format!("  {name} waits for <Lock waiters=1>, acquired by {other}, at {second} in transfer()")
    };
    let head = "partial deadlock: 2 tasks wait for each other, while others go on";
    says("partial_deadlock", &[head, &waits("rent", "refund"), &waits("refund", "rent")]);
}

#[test]
fn a_lock_that_was_not_released_names_the_place_where_it_was_acquired() {
    let acquire = at("forgotten_release", "account.acquire()");
    let done = "acquired by a task that is done,";
    let waits = format!("  withdraw 30 waits for <Lock waiters=1>, {done} at {acquire} in withdraw()");
    says(
        "forgotten_release",
        &[&waits, &format!("    acquired at {acquire} and never released; did you mean `lock()`?")],
    );
}

#[test]
fn a_futurelock_names_the_wait_that_is_not_polled() {
    let (unpolled, second) = (at("futurelock", "log.acquire()"), at("futurelock", "let _held = log.lock()"));
    let waits = format!("  writer waits for <Lock waiters=2> at {second} in write()");
    let offered = "futurelock: the lock was released, and offered to a wait of this task at";
    says("futurelock", &[&waits, &format!("    {offered} {unpolled} that is not being polled")]);
}

/// A program in real time that can be inspected. It is killed when the test ends.
struct Subject {
    process: Child,
    folder: tempfile::TempDir,
}

impl Subject {
    fn start(name: &str) -> Self {
        let (_, programs) = &*PROGRAMS;
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
        let mut command = programs.command(name, Clock::Real).unwrap();
        command.env_remove("ASYNCIO_CLOCK").env("ASYNCIO_INSPECT", "1").env("ASYNCIO_DEBUG", "1");
        command.env("XDG_RUNTIME_DIR", folder.path()).env("TMPDIR", folder.path());
        // Nothing is ever written to this pipe.
        command.stdin(Stdio::piped()).stdout(file("stdout")).stderr(file("stderr"));
        Self { process: command.spawn().unwrap(), folder }
    }

    /// What it has written to `stdout` or `stderr` so far.
    fn written(&self, to: &str) -> String {
        read(self.folder.path().join(to)).unwrap()
    }

    /// The output of a tool, as soon as it contains this text.
    fn shown_with(&self, tool: &str, text: &str) -> String {
        let (examples, programs) = &*PROGRAMS;
        let example = programs.command(&examples[0].name, Clock::Real).unwrap();
        let beside = std::path::Path::new(example.get_program()).parent().unwrap().parent().unwrap();
        let begin = Instant::now();
        loop {
            let mut command = Command::new(beside.join(tool));
            command.arg(self.process.id().to_string());
            let output = command.env("XDG_RUNTIME_DIR", self.folder.path()).output().unwrap();
            let shown = String::from_utf8(output.stdout).unwrap();
            if shown.contains(text) {
                return shown;
            }
            assert!(begin.elapsed() < LIMIT, "{shown}{}", String::from_utf8_lossy(&output.stderr));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Compares a text with its snapshot, without parts that differ from run to run.
fn keep(name: &str, text: &str) {
    let times = Regex::new(r"\bfor \d+(?:\.\d+)? (?:ms|s|min)\b").unwrap().replace_all(text, "for TIME").into_owned();
    let masked = Regex::new(r"\bthread \d+").unwrap().replace_all(&times, "thread TID").into_owned();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root().join("tests/hangs"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, masked));
}

/// A table without parts that differ from run to run, with its columns as narrow as possible.
fn masked(table: &str) -> String {
    let (head, rest) = table.split_once('\n').unwrap();
    let starts: Vec<usize> = Regex::new(r"\S+(?: \S+)*").unwrap().find_iter(head).map(|name| name.start()).collect();
    let cells = |line: &str| -> Vec<String> {
        let ends = starts.iter().skip(1).copied().chain([line.len()]);
        let cells = starts.iter().zip(ends).map(|(start, end)| line.get(*start..end.min(line.len())).unwrap_or(""));
        cells.map(|cell| cell.trim_end().to_owned()).collect()
    };
    let (_rule, rest) = rest.split_once('\n').unwrap();
    let (lines, below) = rest.split_at(rest.find("\n\n").map_or(rest.len(), |end| end + 1));
    let mut rows = vec![cells(head)];
    for mut row in lines.lines().map(cells) {
        for (name, cell) in rows[0].iter().zip(&mut row) {
            match name.as_str() {
                "tid" => *cell = "TID".to_owned(),
                "task id" => *cell = "ID".to_owned(),
                "since" => *cell = "TIME".to_owned(),
                _ => {}
            }
        }
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap() + 2;
    let padded = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:width$}", width = width(column)));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    let rule = "-".repeat((0..starts.len()).map(width).sum::<usize>() - 2);
    let mut text: String = rows.iter().map(padded).collect();
    text.insert_str(text.find('\n').unwrap(), &format!("\n{rule}"));
    text + below
}

#[test]
fn a_step_that_blocks_is_named_while_it_does() {
    let subject = Subject::start("blocking_step");
    let tree = subject.shown_with("asyncio-pstree", "a step of question (ask) has been running for ");
    let before = at("blocking_step", "sleep(0.2)");
    assert!(tree.ends_with(&format!("; its last await was at {before}\n")), "{tree}");
    let expected = format!(
        "Executing <Task pending name='question' coro=<ask()>> is taking longer than 0.100 seconds; \
         its last await was at {before}\n"
    );
    let begin = Instant::now();
    while !subject.written("stderr").ends_with(&expected) {
        assert!(begin.elapsed() < LIMIT, "{}", subject.written("stderr"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let (command, stdout) = ("ASYNCIO_DEBUG=1 ASYNCIO_INSPECT=1 cargo run --example", subject.written("stdout"));
    keep("blocking_step", &format!("$ {command} blocking_step\n{stdout}{expected}\n$ asyncio-pstree PID\n{tree}"));
}

#[test]
fn a_producer_without_consumer_is_suspected() {
    let subject = Subject::start("lost_consumer");
    let tree = subject.shown_with("asyncio-pstree", "suspicion: ");
    let (put, get) = (at("lost_consumer", "shelf.put(loaf)"), at("lost_consumer", "shelf.get()"));
    let told = format!(
        "the tasks that take from a full queue may be gone: baker waits for <Queue.put waiters=1>, \
         last taken from by a task that is done (taken at {get}),"
    );
    assert!(tree.contains(&format!("suspicion: {told} at {put} in bake(), for ")), "{tree}");
    let (command, stdout) = ("ASYNCIO_INSPECT=1 cargo run --example", subject.written("stdout"));
    keep("lost_consumer", &format!("$ {command} lost_consumer\n{stdout}\n$ asyncio-pstree PID\n{tree}"));
    let table = masked(&subject.shown_with("asyncio-ps", "suspicion: "));
    assert!(
        table.lines().any(|row| row.contains("  baker ") && row.contains(&format!("  {put}  <Queue.put "))),
        "{table}"
    );
    keep("lost_consumer_table", &format!("$ asyncio-ps PID\n{table}"));
}
