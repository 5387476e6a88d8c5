//! The right choice of each question is what the program prints, or what the compiler says.
//!
//! Each program runs in a process of its own, which is this test again, on the virtual clock. Nothing here knows the book.
#![allow(dead_code, reason = "a question may be about code that does not run")]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use exercises::compiler::Compiler;
use exercises::root;
use libtest_mimic::{Arguments, Trial};
use questions::{By, Question, questions, with_only};
use wait_timeout::ChildExt as _;

mod programs;

/// The variable that names the program for the process that runs it.
const NAME: &str = "ASYNCIO_QUESTION";

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(NAME) {
        let (_, program) = programs::ALL
            .iter()
            .find(|(other, _)| *other == name)
            .expect("the table has it");
        return match program() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:?}");
                ExitCode::FAILURE
            }
        };
    }
    let list = match questions(root()) {
        Ok(list) => list,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let trial = |question: Question| {
        Trial::test(question.name.clone(), move || {
            Ok(check(&question).map_err(in_words)?)
        })
    };
    libtest_mimic::run(
        &Arguments::from_args(),
        list.into_iter().map(trial).collect(),
    )
    .exit_code()
}

fn in_words(error: anyhow::Error) -> String {
    format!("{error:#}")
}

/// Runs a coroutine and prints the seconds that it took: the answer of questions that ask for them.
pub(crate) fn seconds(
    program: impl Future<Output = asyncio::Result<()>> + 'static,
) -> asyncio::Result<()> {
    asyncio::run(async {
        let event_loop = asyncio::get_running_loop()?;
        let start = event_loop.time();
        program.await?;
        println!("{:.0}", event_loop.time() - start);
        Ok(())
    })
}

/// Is the right choice what comes out, and none of the others?
fn check(question: &Question) -> Result<()> {
    let answer = match question.by {
        By::Running => run(&question.name)?,
        By::Compiling => {
            verdict(&std::fs::read_to_string(root().join(question.program()))?)?
        }
        By::Parts => return check_parts(question),
    };
    let right = question.right().answer.trim();
    ensure!(
        right == answer.trim(),
        "the right choice is\n{right}\nand what comes out is\n{}",
        answer.trim()
    );
    Ok(())
}

/// What a program prints.
fn run(name: &str) -> Result<String> {
    ensure!(
        programs::ALL.iter().any(|(other, _)| *other == name),
        "{name} is not in tests/programs.rs"
    );
    let mut child = Command::new(std::env::current_exe()?)
        .env_clear()
        .envs([
            (NAME, name),
            ("ASYNCIO_CLOCK", "virtual"),
            ("PATH", "/usr/bin:/bin"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // They print a few lines, which a pipe holds.
    if child.wait_timeout(Duration::from_secs(60))?.is_none() {
        child.kill()?;
        child.wait()?;
        bail!("the program does not end");
    }
    let mut printed = String::new();
    child.stdout.take().context("it has a pipe")?.read_to_string(&mut printed)?;
    Ok(printed)
}

/// The compiler's first error, or `compiles`.
fn verdict(text: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("program.rs");
    std::fs::write(&file, text)?;
    let compiler = Compiler::beside_this_binary(root(), folder.path())?;
    let errors = compiler.errors(&file, &folder.path().join("program.rmeta"))?;
    Ok(errors.into_iter().next().unwrap_or_else(|| "compiles".to_owned()))
}

/// Exactly the right part compiles, and the others have the errors that the choices tell of.
fn check_parts(question: &Question) -> Result<()> {
    let text =
        std::fs::read_to_string(root().join(Path::new(&question.program())))?;
    let parts: Vec<&str> =
        question.choice.iter().map(|choice| choice.answer.as_str()).collect();
    for choice in &question.choice {
        questions::part(&text, &choice.answer)?;
        let said = verdict(&with_only(&text, &choice.answer, &parts))?;
        let expected = match (&choice.error, choice.right) {
            (None, true) => "compiles",
            (Some(error), false) => error,
            _ => bail!("part {} needs either `right` or `error`", choice.answer),
        };
        ensure!(
            said == expected,
            "of part {} the compiler says {said}, not {expected}",
            choice.answer
        );
    }
    Ok(())
}
