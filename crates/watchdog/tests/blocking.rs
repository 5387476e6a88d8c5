//! What debug mode writes to standard error about steps that take too long. Each test runs itself as a child process.

#[macro_use]
extern crate asyncio_testing;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use asyncio_runtime::{Clock, EventLoop, Result, Task, create_task, sleep};
// Linked in.
use asyncio_watchdog as _;

/// Longer than a busy machine keeps a step from running, shorter than the slow ones.
const LIMIT: f64 = 0.5;

/// Runs a program as the test of this name in a process of its own, and returns the lines that begin with `Executing`. The
/// process is killed once it has written `lines` of them, so the program may block for ever.
fn said(test: &str, lines: usize, program: impl FnOnce()) -> Option<Vec<String>> {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env("IN_CHILD", "1").env_remove("ASYNCIO_DEBUG");
    let mut child = child.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let said = stderr.lines().map(|line| line.unwrap()).filter(|line| line.starts_with("Executing"));
    let said = said.take(lines).collect();
    let _ = child.kill();
    child.wait().unwrap();
    Some(said)
}

fn debug_mode(clock: Clock) -> EventLoop {
    let event_loop = EventLoop::with_clock(clock);
    event_loop.set_slow_callback_duration(LIMIT);
    event_loop.set_debug(true);
    event_loop
}

async fn blocks(naps: u32) -> Result<()> {
    for _ in 0..naps {
        sleep(0.001).await?;
    }
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

#[test]
fn a_step_that_never_ends_is_told_of_with_the_line_of_its_last_await() {
    let line = line!() - 9;
    let program = || {
        let main = async { create_task(blocks(3)).named("sleeper").await };
        debug_mode(Clock::Real).run_until_complete(main).unwrap();
    };
    let test = "a_step_that_never_ends_is_told_of_with_the_line_of_its_last_await";
    let Some(said) = said(test, 1, program) else { return };
    let file = file!();
    assert_eq!(
        said,
        [format!(
            "Executing <Task pending name='sleeper' coro=<blocks()>> is taking longer than 0.500 seconds; \
             its last await was at {file}:{line}"
        )]
    );
}

/// Each loop has a thread that watches it, and one that goes on is not accused.
#[test]
fn loops_that_are_stuck_are_told_of_and_not_the_one_beside_them() {
    let program = || {
        let start = |main: fn(&'static str) -> Task<()>, name: &'static str| {
            thread::spawn(move || debug_mode(Clock::Real).run_until_complete(async move { main(name).await }).unwrap())
        };
        let goes_on = start(|name| create_task(ticks()).named(name), "goes on");
        let stuck = |name| create_task(blocks(3)).named(name);
        drop((start(stuck, "first"), start(stuck, "second")));
        goes_on.join().unwrap();
    };
    let Some(mut said) = said("loops_that_are_stuck_are_told_of_and_not_the_one_beside_them", 2, program) else {
        return;
    };
    said.sort();
    for (said, name) in said.iter().zip(["first", "second"]) {
        let task =
            format!("Executing <Task pending name='{name}' coro=<blocks()>> is taking longer than 0.500 seconds");
        assert!(said.starts_with(&task), "{said}");
    }
    assert_eq!(said.len(), 2);
}

async fn ticks() -> Result<()> {
    loop {
        sleep(0.001).await?;
    }
}

/// A task that blocks at once has not awaited yet.
#[test]
fn a_first_step_is_told_of_with_the_line_of_its_creation() {
    let line = line!() + 1;
    let program = || debug_mode(Clock::Real).run_until_complete(async { create_task(blocks(0)).await }).unwrap();
    let test = "a_first_step_is_told_of_with_the_line_of_its_creation";
    let Some(said) = said(test, 1, program) else { return };
    assert!(said[0].ends_with(&format!("; it was created at {}:{line}", file!())), "{said:?}");
}

/// One report while the callback blocks, one afterwards; a callback has no await.
#[test]
fn a_slow_callback_is_told_of_once_before_the_report_that_it_has_ended() {
    let program = || {
        let event_loop = debug_mode(Clock::Real);
        event_loop.call_soon(slow).unwrap();
        event_loop.run_until_complete(sleep(0.01)).unwrap();
        event_loop.close().unwrap();
    };
    fn slow() {
        thread::sleep(Duration::from_millis(1500));
    }
    let test = "a_slow_callback_is_told_of_once_before_the_report_that_it_has_ended";
    let Some(said) = said(test, 9, program) else { return };
    let [during, after] = &said[..] else { panic!("{said:?}") };
    assert!(during.starts_with("Executing <Handle ") && during.contains("slow()"), "{during}");
    assert!(during.ends_with("> is taking longer than 0.500 seconds"), "{during}");
    assert!(after.starts_with("Executing <Handle ") && after.contains("> took "), "{after}");
}

/// Virtual time stands still during a step, so no thread watches it.
#[test]
fn on_the_virtual_clock_a_slow_callback_is_told_of_only_when_it_has_ended() {
    let program = || {
        let event_loop = debug_mode(Clock::Virtual);
        event_loop.call_soon(|| thread::sleep(Duration::from_millis(1500))).unwrap();
        event_loop.run_until_complete(sleep(1)).unwrap();
    };
    let test = "on_the_virtual_clock_a_slow_callback_is_told_of_only_when_it_has_ended";
    let Some(said) = said(test, 9, program) else { return };
    let [after] = &said[..] else { panic!("{said:?}") };
    assert!(after.starts_with("Executing <Handle ") && after.contains("> took "), "{after}");
}

/// Quick steps, a loop that sleeps, and a loop that is not in debug mode any more.
#[test]
fn nothing_is_said_where_nothing_is_held_up() {
    let program = || {
        debug_mode(Clock::Real).run_until_complete(sleep(1)).unwrap();
        let event_loop = debug_mode(Clock::Real);
        event_loop.set_debug(false);
        event_loop.call_soon(|| thread::sleep(Duration::from_millis(1500))).unwrap();
        event_loop.run_until_complete(sleep(0.01)).unwrap();
    };
    if let Some(said) = said("nothing_is_said_where_nothing_is_held_up", 9, program) {
        assert_eq!(said, [""; 0]);
    }
}
