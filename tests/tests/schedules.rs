//! A schedule means the same in both languages: a program under `ASYNCIO_SCHEDULE` makes the same choices as its twin on CPython,
//! and a race ends in the same way. Without a CPython as new as the intended one, only the program runs.

#[macro_use]
extern crate asyncio_testing;

use std::path::Path;
use std::process::Command;

use guide_tests::examples::examples;
use guide_tests::oracle::Oracle;
use guide_tests::orders::{self, Depends, Stages, orders};
use guide_tests::program::{Clock, build};
use guide_tests::python::Python;
use guide_tests::root;

/// Programs, and a schedule that another version of the program would not follow.
const PROGRAMS: [(&str, &str); 6] = [
    ("race_condition", "1:fence:dev:1=1/100,2=5/100"),
    ("race_condition_fixed_by_lock", "1:fence:dev:1=1/100"),
    ("factorial_gather", "1:fence:dev:1=2/3"),
    ("shield_task", "1:fence:dev:"),
    ("task_group", "1:fence:dev:1=1/2"),
    ("wait_for_timeout", "1:fence:dev:"),
];

/// A CPython as new as the intended one.
fn python() -> Option<Python> {
    let oracle = Oracle::load().unwrap();
    Python::find(None).ok().filter(|python| oracle.is_new_enough(&python.version))
}

/// The output of a command, and its choices.
fn under(mut command: Command, schedule: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    command.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{schedule}: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), std::fs::read_to_string(trace).unwrap())
}

#[test]
fn a_program_and_its_twin_make_the_same_choices() {
    let mut chosen = examples(root()).unwrap();
    chosen.retain(|example| PROGRAMS.iter().any(|(name, _)| *name == example.name));
    assert_eq!(chosen.len(), PROGRAMS.len());
    let programs = build(&chosen, &["--quiet"]).unwrap();
    let python = python();
    for example in chosen {
        let (_, listed) = PROGRAMS.iter().find(|(name, _)| *name == example.name).unwrap();
        for schedule in [*listed, "1:fence:walk:1", "1:fence:walk:2", "1:fence:walk:3"] {
            let ours = under(programs.command(&example.name, Clock::Virtual).unwrap(), schedule);
            assert!(ours.1.lines().count() > 5, "{}: it follows no schedule", example.name);
            let Some(python) = &python else { continue };
            let mut twin = Command::new(&python.path);
            twin.arg(root().join("examples/virtual.py"));
            twin.arg(root().join("examples").join(&example.path).with_extension("py"));
            twin.env("ASYNCIO_SEED", "1").env("TZ", "UTC").env("PYTHONUTF8", "1");
            let theirs = under(twin, schedule);
            assert_eq!(ours.1, theirs.1, "{} under {schedule}", example.name);
            // The others print addresses.
            if example.name.starts_with("race") {
                assert_eq!(ours.0, theirs.0, "{} under {schedule}", example.name);
            }
        }
    }
}

/// Checks that a twin fails under the schedule under which its program fails, with the same number of ready entries at each
/// step.
fn fails_alike(python: &Python, arguments: &[&Path], schedule: &str, ready: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut twin = Command::new(&python.path);
    twin.arg(root().join("examples/virtual.py")).args(arguments).current_dir(folder.path()).env("PYTHONUTF8", "1");
    let output = twin.env("ASYNCIO_SCHEDULE", schedule).env("ASYNCIO_SCHEDULE_TRACE", &trace).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?} does not fail under {schedule}");
    assert!(!errors.contains("StaleSchedule"), "{arguments:?} under {schedule}: {errors}");
    let choices = std::fs::read_to_string(&trace).unwrap();
    let theirs: Vec<&str> = choices.lines().map(|choice| choice.split(' ').next().unwrap()).collect();
    // After the failure, one of the two may continue with its tasks.
    let both = ready.len().min(theirs.len());
    assert_eq!(ready[..both], theirs[..both], "{arguments:?} under {schedule}");
    let last = schedule.rsplit([':', ',']).next().and_then(|deviation| deviation.split('=').next()).unwrap();
    assert!(both > last.parse::<usize>().unwrap(), "{arguments:?} under {schedule} ends before the last deviation");
}

/// Each fault of the zoo, under the schedule that `asyncio::explore` has found.
#[test]
fn the_faults_of_the_zoo_are_faults_in_python() {
    let Some(python) = python() else { return };
    let zoo = root().join("crates/simulation/tests/zoo");
    let replays = std::fs::read_to_string(zoo.join("replays.txt")).unwrap();
    assert!(replays.lines().count() >= 40);
    for line in replays.lines() {
        let [name, schedule, ready @ ..] = &line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        fails_alike(&python, &[&zoo.join("twins.py"), Path::new(name)], schedule, ready);
    }
}

/// The report of the book's chapter.
#[test]
fn the_fault_of_the_chapter_is_one_in_python() {
    let Some(python) = python() else { return };
    let chapter = root().join("crates/simulation/tests/chapter");
    let report = std::fs::read_to_string(chapter.join("report.txt")).unwrap();
    let ready: Vec<&str> = report.lines().filter_map(|line| line.strip_suffix(" ready]")?.rsplit('[').next()).collect();
    let (_, schedule) = report.trim_end().rsplit_once("ASYNCIO_SCHEDULE=").unwrap();
    fails_alike(&python, &[&chapter.join("twin.py")], schedule, &ready);
}

/// The table of programs that depend on the order: a sample here, all of it in `cargo xtask explore --all`.
#[test]
fn a_program_of_the_table_prints_what_the_table_says() {
    const EVERY: usize = 12;
    let orders = orders().unwrap();
    let is_on_network = |depends: &&Depends| orders.explored.network.contains(&depends.program);
    let (there, here): (Vec<_>, Vec<_>) = orders.depends.iter().partition(is_on_network);
    let sample: Vec<_> = here.into_iter().step_by(EVERY).chain(there.into_iter().step_by(EVERY)).collect();
    assert!(sample.len() > 3);
    let mut chosen = examples(root()).unwrap();
    chosen.retain(|example| sample.iter().any(|depends| depends.program == example.name));
    assert_eq!(chosen.len(), sample.len());
    let stages = Stages::build(&chosen, &["--quiet"]).unwrap();
    let (python, equal) = (python(), orders::with_equal_twins().unwrap());
    for Depends { program, first, other, schedule, .. } in sample {
        let usual = orders::under(&stages, program, orders::FIFO).unwrap().text;
        let output = orders::under(&stages, program, schedule).unwrap();
        let found = orders::first_difference(&usual, &output.text);
        assert_eq!(found, (first.clone(), other.clone()), "{program} under {schedule}");
        if let Some(python) = &python
            && equal.contains(program)
        {
            let theirs = orders::choices_of_twin(python, stages.example(program).unwrap(), schedule).unwrap();
            let ours = &output.choices;
            assert!(orders::agree(ours, &theirs), "{program} and its twin under {schedule}:\n{ours}\n{theirs}");
        }
    }
}

/// `cargo xtask explore --all` has run every program, unless it is listed with a reason.
#[test]
fn every_program_was_run_under_other_orders_or_has_a_reason() {
    let (chosen, unexplored) = (orders::explored().unwrap(), orders::unexplored().unwrap());
    assert_eq!(chosen.len() + unexplored.len(), examples(root()).unwrap().len());
    let run = orders().unwrap().explored;
    assert_eq!(run.len(), chosen.len());
    assert_eq!(run, orders::groups(&chosen).unwrap(), "`cargo xtask explore --all --bless` runs those that are new");
}

/// The clock is virtual even without the variable: otherwise the timers would not be the same each time.
#[test]
fn a_stale_schedule_is_refused_and_a_real_clock_is_not_used() {
    let mut chosen = examples(root()).unwrap();
    chosen.retain(|example| example.name == "factorial_gather");
    let programs = build(&chosen, &["--quiet"]).unwrap();
    let mut command = programs.command("factorial_gather", Clock::Real).unwrap();
    let output = command.env("ASYNCIO_SCHEDULE", "1:fence:dev:1=1/4").output().unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("step 1: 3 are ready, the schedule says 4"), "{errors}");
    let mut command = programs.command("factorial_gather", Clock::Real).unwrap();
    let output = command.env("ASYNCIO_SCHEDULE", "nonsense").output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not a schedule"));
}
