//! What a reader does at the desk: open, solve, check, break, reset.

#[macro_use]
extern crate asyncio_testing;

use std::path::Path;

use exercises::compiler::Compiler;
use exercises::desk::{Desk, Outcome, State};
use exercises::list::{Exercise, find};
use exercises::root;
use exercises::source::Version;

/// A desk in an empty folder, with a compiler and an exercise.
fn desk(folder: &Path, name: &str) -> (Desk, Compiler, Exercise) {
    let desk = Desk::at(root(), &folder.join("desk")).unwrap();
    let compiler = Compiler::beside_this_binary(root(), folder).unwrap();
    let exercise = find(&desk.exercises, name).unwrap().clone();
    (desk, compiler, exercise)
}

#[test]
fn an_exercise_is_solved_as_long_as_the_file_stays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, compiler, exercise) = desk(folder.path(), "two_cups");
    let state = || desk.state(&exercise).unwrap();
    assert_eq!(state(), State::New);

    let path = desk.open(&exercise).unwrap();
    assert_eq!(state(), State::New);
    let Outcome::Failed(report, _) =
        desk.check(&exercise, &compiler, false).unwrap()
    else {
        panic!("it is not solved")
    };
    let (test, why) = &report.failed[0];
    assert_eq!(test, "both cups are ready after one second");
    assert!(why.starts_with("   found: 2.0\nexpected: 1.0\nat "), "{why}");

    let solution = exercise.version(root(), Version::Solution).unwrap();
    std::fs::write(&path, &solution).unwrap();
    assert_eq!(state(), State::Begun);
    let outcome = desk.check(&exercise, &compiler, false).unwrap();
    let Outcome::Solved(_, warnings) = outcome else { panic!("{outcome:?}") };
    assert_eq!((warnings.as_str(), state()), ("", State::Solved));

    let with_more = solution.replacen(
        "async fn ",
        "fn idle() {\n    Ok::<(), ()>(());\n}\n\nasync fn ",
        1,
    );
    std::fs::write(&path, with_more).unwrap();
    let outcome = desk.check(&exercise, &compiler, false).unwrap();
    let Outcome::Solved(_, warnings) = outcome else { panic!("{outcome:?}") };
    assert!(warnings.contains("must be used"), "{warnings}");

    std::fs::write(&path, solution + "// One more thought.\n").unwrap();
    assert_eq!(state(), State::Begun);
}

#[test]
fn the_next_exercise_is_the_first_that_is_not_solved() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, compiler, _) = desk(folder.path(), "two_cups");
    let first = desk.next().unwrap().unwrap();
    assert_eq!(first.name, desk.exercises[0].name);
    let path = desk.open(first).unwrap();
    std::fs::write(path, first.version(root(), Version::Solution).unwrap())
        .unwrap();
    desk.check(first, &compiler, false).unwrap();
    assert_eq!(desk.next().unwrap().unwrap().name, desk.exercises[1].name);
    let after = |index: usize| {
        desk.after(&desk.exercises[index]).unwrap().unwrap().name.as_str()
    };
    assert_eq!(after(0), desk.exercises[1].name);
    assert_eq!(after(7), desk.exercises[7].name, "it is not solved itself");
}

#[test]
fn what_does_not_compile_is_said_in_the_words_of_the_compiler() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, compiler, exercise) = desk(folder.path(), "move_into_the_task");
    let outcome = desk.check(&exercise, &compiler, false).unwrap();
    let Outcome::DoesNotCompile(words) = outcome else {
        panic!("it lacks a `move`")
    };
    assert!(words.contains("E0373") && words.contains("async move"), "{words}");
}

#[test]
fn a_warning_of_the_compiler_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, compiler, exercise) = desk(folder.path(), "forgotten_await");
    let outcome = desk.check(&exercise, &compiler, false).unwrap();
    let Outcome::Failed(_, warnings) = outcome else { panic!("nothing is saved") };
    assert!(
        warnings.contains("futures do nothing unless you `.await`"),
        "{warnings}"
    );
}

#[test]
fn changed_tests_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, compiler, exercise) = desk(folder.path(), "two_cups");
    let path = desk.open(&exercise).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("seconds, 1.0", "seconds, 2.0")).unwrap();
    assert_eq!(
        desk.check(&exercise, &compiler, false).unwrap(),
        Outcome::OtherTests
    );
}

#[test]
fn a_reset_keeps_the_readers_file() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _, exercise) = desk(folder.path(), "two_cups");
    let path = desk.open(&exercise).unwrap();
    assert_eq!(desk.reset(&exercise).unwrap(), None, "nothing was changed");
    std::fs::write(&path, "// All gone.\n").unwrap();
    let old = desk.reset(&exercise).unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(old).unwrap(), "// All gone.\n");
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        exercise.version(root(), Version::Start).unwrap()
    );
}

#[test]
fn an_unknown_name_has_a_hint() {
    let desk = Desk::new(root()).unwrap();
    let error = find(&desk.exercises, "two_cup").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown exercise \"two_cup\": did you mean \"two_cups\"?"
    );
}
