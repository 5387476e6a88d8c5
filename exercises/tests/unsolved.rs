//! What the reader begins with fails, for each exercise: otherwise there would be nothing to do.
//!
//! Each exercise runs in a process of its own, which is this program again, so that one that hangs can be ended. An exercise that
//! does not compile at first is given to the compiler, which must find the error that the list names.
#![allow(unused, clippy::all, reason = "what a reader begins with is unfinished")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use exercises::compiler::Compiler;
use exercises::list::{Exercise, exercises};
use exercises::root;
use exercises::source::Version;
use libtest_mimic::{Arguments, Failed, Trial};
use wait_timeout::ChildExt as _;

/// An exercise, by its name, and its tests by theirs.
type Unsolved = (&'static str, &'static [(&'static str, fn())]);

include!(concat!(env!("OUT_DIR"), "/unsolved.rs"));

/// The variable that names the exercise for the process that runs it.
const NAME: &str = "ASYNCIO_UNSOLVED";

/// The status of a process in which no test failed.
const NONE_FAILED: i32 = 3;

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(NAME) {
        return ExitCode::from(run(&name) as u8);
    }
    let list = exercises(root()).expect("the list can be read");
    let trials = list.into_iter().map(|exercise| {
        Trial::test(exercise.name.clone(), move || fails(&exercise))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Runs the tests of an exercise; the status says whether one failed.
fn run(name: &str) -> i32 {
    let (_, tests) = UNSOLVED
        .iter()
        .find(|(other, _)| *other == name)
        .expect("the table has it");
    let failed = tests
        .iter()
        .filter(|(_, test)| catch_unwind(AssertUnwindSafe(test)).is_err())
        .count();
    if failed == 0 { NONE_FAILED } else { 0 }
}

fn fails(exercise: &Exercise) -> Result<(), Failed> {
    if let Some(expected) = &exercise.compiler {
        return does_not_compile(exercise, expected);
    }
    let mut command = Command::new(std::env::current_exe()?);
    // A backtrace costs more than the test.
    command
        .env(NAME, &exercise.name)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let Some(status) = child.wait_timeout(Duration::from_secs(60))? else {
        child.kill()?;
        child.wait()?;
        return Err(
            "its tests do not end; on the virtual clock a deadlock is an error"
                .into(),
        );
    };
    match status.code() {
        Some(0) => Ok(()),
        Some(NONE_FAILED) => {
            Err("no test fails before the reader has done anything".into())
        }
        other => Err(format!("its tests ended with {other:?}").into()),
    }
}

fn does_not_compile(exercise: &Exercise, expected: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("exercise.rs");
    std::fs::write(&file, exercise.version(root(), Version::Start)?)?;
    let found = Compiler::beside_this_binary(root(), folder.path())?
        .errors(&file, &folder.path().join("exercise.rmeta"))?;
    if found.first().is_some_and(|first| first == expected) {
        return Ok(());
    }
    Err(format!("the compiler says {found:?}, the list {expected}").into())
}
