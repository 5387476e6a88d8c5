//! A test binary with a mutant: how it ends, or that it does not.
//!
//! On a busy machine a test may wait minutes for a processor. So a hang is not a matter of time alone: all threads of the
//! process sleep and have done so for a while, or it has computed far more than any test does.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::tree::{Binary, Tree};

/// How a binary ended.
pub(super) enum End {
    Passed {
        tests: usize,
    },
    /// The first test that failed, or the last that began, if the process was killed.
    Failed {
        test: String,
    },
    Hangs,
}

/// No test sleeps so long.
const QUIET: Duration = Duration::from_secs(40);

/// Nor does one of the binaries compute so long, unmutated.
const BUSY: Duration = Duration::from_secs(60);

/// Runs a test binary with the mutant of this number in a process group of its own. 0 is no mutant.
pub(super) fn run(tree: &Tree, binary: &Binary, number: u32, arguments: &[&str]) -> Result<End> {
    let file = format!("{number}-{}-{}-{:?}.log", binary.package, binary.name, thread::current().id());
    let log = tree.root.with_file_name("logs").join(file.replace(['(', ')'], ""));
    fs::create_dir_all(log.parent().context("a file is in a folder")?)?;
    let file = File::create(&log)?;
    let mut command = tree.command(binary);
    command.args(arguments).env("ASYNCIO_MUTANT", number.to_string()).stdin(Stdio::null());
    let mut child = command.stdout(file.try_clone()?).stderr(file).process_group(0).spawn()?;
    let ended = wait(&mut child)?;
    // What the tests have started may go on.
    kill(&child);
    child.wait()?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(match ended {
        Some(true) => End::Passed { tests: said.lines().filter(|line| is_of_test(line, "ok")).count() },
        Some(false) => End::Failed { test: failed_test(&said).unwrap_or("?").to_owned() },
        None => End::Hangs,
    })
}

/// Does the harness say so of a test in this line?
fn is_of_test(line: &str, how: &str) -> bool {
    line.starts_with("test ") && line.ends_with(&format!("... {how}"))
}

fn failed_test(said: &str) -> Option<&str> {
    let name = |line: &'_ str| line.find(" ... ").map(|end| end.min(line.len()));
    let of = |line| Some(&str::strip_prefix(line, "test ")?[..name(line)?.checked_sub("test ".len())?]);
    let failed = said.lines().find(|line| is_of_test(line, "FAILED")).and_then(of);
    failed.or_else(|| said.lines().rev().find_map(of))
}

/// Waits for the end: was it a success? `None` if it does not come.
fn wait(child: &mut Child) -> Result<Option<bool>> {
    let mut quiet_since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        let Activity { computed, sleeps } = activity(child.id());
        if !sleeps {
            quiet_since = Instant::now();
        }
        if quiet_since.elapsed() > QUIET || computed > BUSY {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

struct Activity {
    computed: Duration,
    sleeps: bool,
}

/// What a process has computed, and whether all of its threads sleep; elsewhere than on Linux, it always seems to.
fn activity(process: u32) -> Activity {
    let mut activity = Activity { computed: Duration::ZERO, sleeps: true };
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    for stat in tasks.filter_map(|task| fs::read_to_string(task.path().join("stat")).ok()) {
        // Behind the name, which may have spaces in it: the state, and eleven fields on the ticks in user and system mode.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        activity.sleeps &= fields.first().is_none_or(|state| *state == "S");
        activity.computed += Duration::from_millis(10 * (ticks(11) + ticks(12)));
    }
    activity
}

/// Ends the process and all of its group.
fn kill(child: &Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // Fails if nothing is left of it.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_test_that_failed_is_named() {
        let said = "running 2 tests\ntest a::b ... ok\ntest random programs from 0 ... FAILED\ntest c ... ok\n";
        assert_eq!(failed_test(said), Some("random programs from 0"));
        assert_eq!(failed_test("test a ... ok\ntest b ... \nthread b panicked"), Some("b"));
        assert_eq!(failed_test("killed"), None);
    }

    #[test]
    fn a_process_sleeps_or_computes() {
        let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
        let mut worker = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        // Both take a moment to come so far.
        let comes =
            |so: &dyn Fn() -> bool| (0..2000).any(|_| so() || (thread::sleep(Duration::from_millis(10)), false).1);
        let (sleeps, computes) =
            (comes(&|| activity(sleeper.id()).sleeps), comes(&|| activity(worker.id()).computed > Duration::ZERO));
        let works = !activity(worker.id()).sleeps;
        sleeper.kill().unwrap();
        worker.kill().unwrap();
        sleeper.wait().unwrap();
        worker.wait().unwrap();
        assert!(sleeps && computes && works);
    }
}
