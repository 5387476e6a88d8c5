//! A schedule is the same in both languages: a program under `ASYNCIO_SCHEDULE` makes the choices that its twin makes on CPython,
//! and a race ends in the same way. Without a CPython as new as the one that is meant, only the program runs.

use std::process::Command;

use guide_tests::examples::examples;
use guide_tests::oracle::Oracle;
use guide_tests::orders::{self, Depends, orders};
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

/// What a command prints, and its choices.
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
    let oracle = Oracle::load().unwrap();
    let python = Python::find(None).ok().filter(|python| oracle.is_new_enough(&python.version));
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

/// The table of programs that depend on the order: a sample here, all of it in `cargo xtask explore --all`.
#[test]
fn a_program_of_the_table_prints_what_the_table_says() {
    const EVERY: usize = 12;
    let orders = orders().unwrap();
    let sample: Vec<_> = orders.depends.iter().step_by(EVERY).collect();
    assert!(sample.len() > 3);
    let mut chosen = examples(root()).unwrap();
    chosen.retain(|example| sample.iter().any(|depends| depends.program == example.name));
    assert_eq!(chosen.len(), sample.len());
    let programs = build(&chosen, &["--quiet"]).unwrap();
    for Depends { program, first, other, schedule, .. } in sample {
        let usual = orders::under(&programs, program, orders::FIFO).unwrap().text;
        let output = orders::under(&programs, program, schedule).unwrap().text;
        let found = orders::first_difference(&usual, &output);
        assert_eq!(found, (first.clone(), other.clone()), "{program} under {schedule}");
    }
}

/// The clock is virtual without being told so: otherwise the timers would not be the same each time.
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
