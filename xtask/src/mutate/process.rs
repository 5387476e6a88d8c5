//! Runs a test of the copy in a process of its own, and finds out how it ends, or that it hangs.
//!
//! On a busy machine a test may wait minutes for a processor, so elapsed time alone does not prove a hang. A test hangs if all
//! threads of its process have slept for far longer than the test takes without a mutant, or if it has computed far more. There
//! is a time limit only for a test that does neither, because something wakes it now and then.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::tree::{Binary, Tree};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    /// There is no test of this name, or it is ignored.
    Absent,
    Failed,
    Hangs,
}

/// How long a test took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Took {
    /// The time from its start to its end.
    pub(super) elapsed: Duration,
    pub(super) computed: Duration,
}

/// The limits of a test.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The limit with all threads asleep. A process that has started others may wait for them three times as long.
    quiet: Duration,
    computed: Duration,
    elapsed: Duration,
}

impl Limits {
    /// The limits of a test that is run for the first time.
    pub(super) const UNKNOWN: Self =
        Self { quiet: Duration::from_secs(40), computed: Duration::from_secs(60), elapsed: Duration::from_secs(600) };

    /// The limits of tests that run one after the other, from the times that they take without a mutant.
    pub(super) fn of(usual: impl Iterator<Item = Took>) -> Self {
        let (mut longest, mut all) = (Duration::ZERO, Took::default());
        for Took { elapsed, computed } in usual {
            longest = longest.max(elapsed);
            all = Took { elapsed: all.elapsed + elapsed, computed: all.computed + computed };
        }
        Self {
            quiet: Duration::from_secs(6).max(3 * longest),
            computed: Duration::from_secs(3).max(5 * all.computed),
            elapsed: Duration::from_secs(60).max(10 * all.elapsed),
        }
    }
}

/// The instruction for the switch of the copy.
pub(super) enum Choice<'a> {
    Mutant(u32),
    /// No mutant; the numbers of the mutants that are reached go into this file.
    Noted(&'a Path),
}

/// Runs tests of a binary, one after the other, in a process group of their own. Returns how they ended, and what they wrote.
pub(super) fn run(
    tree: &Tree,
    binary: &Binary,
    tests: &[&str],
    choice: &Choice<'_>,
    limits: Limits,
) -> Result<(End, Took, String)> {
    let mut command = tree.command(binary);
    match choice {
        Choice::Mutant(number) => command.env("ASYNCIO_MUTANT", number.to_string()),
        Choice::Noted(path) => command.env("ASYNCIO_MUTANTS_REACHED", path),
    };
    let file = match choice {
        Choice::Mutant(number) => format!("{number}-{:?}.log", thread::current().id()),
        Choice::Noted(_) => format!("noted-{:?}.log", thread::current().id()),
    };
    let log = tree.root.with_file_name("logs").join(file.replace(['(', ')'], ""));
    fs::create_dir_all(log.parent().context("a file is in a folder")?)?;
    let file = File::create(&log)?;
    command.args(["--exact", "--test-threads=1"]).args(tests);
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let (ended, computed) = wait(&mut child, limits)?;
    let took = Took { elapsed: start.elapsed(), computed };
    // Processes that the test has started may still be running.
    kill(&child);
    child.wait()?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let end = match ended {
        Some(true) if has_passed(&said) => End::Passed,
        Some(true) => End::Absent,
        Some(false) => End::Failed,
        None => End::Hangs,
    };
    Ok((end, took, said))
}

/// Has the harness reported that a test passed? Only its last line is reliable: what a test writes to standard error is in the
/// line of the test.
fn has_passed(said: &str) -> bool {
    said.lines().filter_map(|line| line.strip_prefix("test result: ok. ")).any(|counts| !counts.starts_with("0 passed"))
}

/// The first test that failed or, if the process did not end, the one that started last.
pub(super) fn suspect(said: &str) -> Option<&str> {
    let name = |line: &'_ str| line.find(" ... ").or_else(|| line.find(" ..."));
    let of = |line| Some(&str::strip_prefix(line, "test ")?[..name(line)?.checked_sub("test ".len())?]);
    let failed = |line: &&str| line.starts_with("test ") && line.ends_with("... FAILED");
    said.lines().find(failed).and_then(of).or_else(|| said.lines().rev().find_map(of))
}

/// Waits for the end. Returns whether it was a success, or `None` if the process does not end, and the processor time that the
/// process had last used.
fn wait(child: &mut Child, limits: Limits) -> Result<(Option<bool>, Duration)> {
    let start = Instant::now();
    let mut quiet_since = start;
    let mut last = Duration::ZERO;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((Some(status.success()), last));
        }
        let Activity { computed, sleeps } = activity(child.id());
        last = last.max(computed);
        if !sleeps {
            quiet_since = Instant::now();
        }
        let is_quiet = |limit| quiet_since.elapsed() > limit;
        if is_quiet(limits.quiet) && (is_quiet(3 * limits.quiet) || !has_children(child.id())) {
            return Ok((None, last));
        }
        if computed > limits.computed || start.elapsed() > limits.elapsed {
            return Ok((None, last));
        }
        thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(50));
    }
}

struct Activity {
    computed: Duration,
    sleeps: bool,
}

/// The processor time of a process, and whether all of its threads sleep; on systems other than Linux they always seem to.
fn activity(process: u32) -> Activity {
    // With the threads that have ended.
    let mut activity = Activity { computed: Duration::ZERO, sleeps: true };
    if let Some((_, _, computed)) = stat(Path::new(&format!("/proc/{process}/stat"))) {
        activity.computed = computed;
    }
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    for (name, sleeps, _) in threads.filter_map(|thread| stat(&thread.path().join("stat"))) {
        // The guard of the tests wakes every second to read the clock.
        activity.sleeps &= sleeps || name == "time limits";
    }
    activity
}

/// The name of a process or thread, whether it sleeps, and its processor time.
fn stat(path: &Path) -> Option<(String, bool, Duration)> {
    let stat = fs::read_to_string(path).ok()?;
    // The name, which may have spaces in it, then the state, and eleven fields on the ticks in user and system mode.
    let (name, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    let computed = Duration::from_millis(10 * (ticks(11) + ticks(12)));
    Some((name.split_once('(')?.1.to_owned(), fields.first() == Some(&"S"), computed))
}

/// Has this process started others that still exist?
fn has_children(process: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let mut children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children.any(|children| !children.trim().is_empty())
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
    fn a_test_that_is_ignored_has_not_passed() {
        assert!(has_passed("running 1 test\ntest a::b ... ok\n\ntest result: ok. 1 passed"));
        assert!(has_passed(
            "running 1 test\ntest a::b ... Executing <Handle f()>\nok\n\ntest result: ok. 1 passed; 0 failed"
        ));
        assert!(!has_passed("running 1 test\ntest a::b ... ignored\n\ntest result: ok. 0 passed"));
        assert!(!has_passed("running 0 tests\n\ntest result: ok. 0 passed"));
    }

    #[test]
    fn the_test_that_failed_is_named() {
        let said = "running 2 tests\ntest a::b ... ok\ntest random programs from 0 ... FAILED\ntest c ... ok\n";
        assert_eq!(suspect(said), Some("random programs from 0"));
        assert_eq!(suspect("test a ... ok\ntest b ... \nthread b panicked"), Some("b"));
        assert_eq!(suspect("killed"), None);
    }

    #[test]
    fn what_sleeps_or_computes_too_long_hangs() {
        let limits = |quiet, computed| Limits {
            quiet: Duration::from_millis(quiet),
            computed: Duration::from_millis(computed),
            elapsed: Duration::from_secs(600),
        };
        let ends = |script: &str, limits| {
            let mut child = Command::new("sh").args(["-c", script]).process_group(0).spawn().unwrap();
            let (ended, _) = wait(&mut child, limits).unwrap();
            kill(&child);
            child.wait().unwrap();
            ended
        };
        assert_eq!(ends("exec sleep 600", limits(100, 600_000)), None);
        assert_eq!(ends("while :; do :; done", limits(600_000, 100)), None);
        assert_eq!(ends("exit 3", limits(600_000, 600_000)), Some(false));
        assert_eq!(ends("sleep 0.01", limits(600_000, 600_000)), Some(true));
    }

    #[test]
    fn a_process_sleeps_or_computes() {
        let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
        let mut worker = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        // Both take a moment to get there.
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
