//! A zoo of programs with faults that first in, first out does not show but other orders do, and of the same programs mended.
//!
//! Each fault must be found within a budget from a fixed seed, and shrunk; each mended program must survive the same budget.
//! `ASYNCIO_ZOO=1000000` sets another budget; `ASYNCIO_ZOO_TABLE=1` prints the table of the documentation. `replays.txt` has
//! the shrunk schedule of each fault, and the number of ready entries at each step; `ASYNCIO_ZOO_BLESS=1` writes that file.
//! `twins.py` has the same programs for CPython, which `tests/tests/schedules.rs` runs under these schedules.

#[macro_use]
extern crate asyncio_testing;

mod alone;
mod cancellation;
mod locks;
mod queues;
mod services;
mod state;
mod threads;

use std::time::Instant;

use asyncio::simulation::{Exploration, Explore, Failure, Found, Strategy, explore};
use asyncio::{Result, sleep};

/// A program, with and without its fault.
struct Specimen {
    name: &'static str,
    search: fn(mended: bool, strategy: Strategy, budget: u64) -> Exploration,
}

/// Makes specimens of these functions, whose argument says whether the program is mended.
macro_rules! specimens {
    ($($name:ident),* $(,)?) => {
        [$($crate::Specimen {
            name: stringify!($name),
            search: |mended, strategy, budget| {
                $crate::limited(asyncio::simulation::explore(move || $name(mended)), strategy, budget)
            },
        }),*]
    };
}
use specimens;

fn limited<F, M, T>(search: Explore<F>, strategy: Strategy, budget: u64) -> Exploration
where
    F: Fn() -> M + Sync,
    M: Future<Output = Result<T>> + 'static,
    T: std::fmt::Debug + 'static,
{
    search.strategy(strategy).schedules(budget).steps(5_000).run()
}

/// Yields this many times.
async fn give_way(times: u32) -> Result<()> {
    for _ in 0..times {
        sleep(0).await?;
    }
    Ok(())
}

fn all() -> Vec<Specimen> {
    let mut all = Vec::new();
    all.extend(state::all());
    all.extend(locks::all());
    all.extend(queues::all());
    all.extend(cancellation::all());
    all.extend(services::all());
    all
}

/// The number of schedules that each program gets.
fn budget() -> u64 {
    std::env::var("ASYNCIO_ZOO").ok().map_or(400, |budget| budget.parse().expect("a number of schedules"))
}

#[test]
fn each_fault_is_found_and_shrunk() {
    let (mut simple, mut problems, mut replays) = (0, Vec::new(), String::new());
    for Specimen { name, search } in all() {
        let result = search(false, Strategy::Mixed, budget());
        let Some(found) = result.failure else {
            problems.push(format!("{name}: no fault in {} schedules", result.schedules));
            continue;
        };
        let left = found.schedule.deviations().expect("a list").len();
        if found.after == 0 {
            problems.push(format!("{name} fails first in, first out: {}", found.failure));
        } else if left > 5 {
            problems.push(format!("{name} needs {left} deviations:\n{}", found.story));
        }
        simple += u32::from(left <= 3);
        let ready = found.timeline.lines().map(|line| line.rsplit_once('[').expect("a step").1.replace(" ready]", ""));
        replays += &format!("{name} {} {}\n", found.schedule, ready.collect::<Vec<_>>().join(" "));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(simple as usize * 10 >= all().len() * 9, "only {simple} need three deviations or fewer");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zoo/replays.txt");
    if std::env::var_os("ASYNCIO_ZOO_BLESS").is_some() {
        std::fs::write(path, replays).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(path).unwrap(), replays);
    }
}

/// One test for each file: with a million schedules each, all programs together would take longer than a test may.
fn survive(mended: impl IntoIterator<Item = Specimen>) {
    let failed = mended.into_iter().filter_map(|Specimen { name, search }| {
        let result = search(true, Strategy::Mixed, budget());
        println!("{name}: {} schedules in {:.1} s", result.schedules, result.took.as_secs_f64());
        result.failure.is_some().then(|| format!("{name}: {result}"))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn mended_programs_with_shared_state_survive() {
    survive(state::all());
}

#[test]
fn mended_programs_with_locks_survive() {
    survive(locks::all());
}

#[test]
fn mended_programs_with_queues_survive() {
    survive(queues::all());
}

#[test]
fn mended_programs_with_cancellations_survive() {
    survive(cancellation::all());
}

#[test]
fn mended_services_survive() {
    survive(services::all());
}

/// Programs without twins: a future that is kept without being polled, and programs that fail when steps take time or a job is
/// late. The tokens of the latter have a second part, which CPython does not follow.
#[test]
fn each_fault_in_rust_alone_is_found_and_shrunk() {
    let found = alone::all().into_iter().chain(threads::all()).map(|Specimen { name, search }| {
        let result = search(false, Strategy::Mixed, budget());
        let found = result.failure.unwrap_or_else(|| panic!("{name}: no fault in {} schedules", result.schedules));
        assert!(found.after > 0, "{name} fails first in, first out: {}", found.failure);
        assert!(found.schedule.deviations().is_some_and(|deviations| deviations.len() <= 3), "{name}: {}", found.story);
        format!("| `{name}` | {} | {} | `{}` |", sort(&found), found.after, found.schedule)
    });
    let found: Vec<String> = found.collect();
    // The table of the documentation.
    let readme = include_str!("README.md");
    let listed: Vec<&str> = readme.lines().filter(|line| line.contains("1:fence:dev:")).collect();
    assert_eq!(found, listed);
}

#[test]
fn mended_programs_with_threads_survive() {
    survive(threads::all());
}

#[test]
fn the_other_mended_programs_without_twins_survive() {
    survive(alone::all());
}

#[test]
fn there_are_thirty() {
    assert!(all().len() >= 30, "{}", all().len());
    let names: std::collections::BTreeSet<_> = all().iter().map(|specimen| specimen.name).collect();
    assert_eq!(names.len(), all().len());
}

/// The failure in a word or two.
fn sort(found: &Found) -> &'static str {
    match found.failure {
        Failure::Panic { .. } => "panic",
        Failure::Error(_) => "error",
        Failure::Deadlock(_) => "deadlock",
        Failure::Leaked(_) => "tasks left",
        Failure::Invariant { .. } => "invariant",
        _ => "other",
    }
}

/// For the documentation: after how many schedules each strategy finds each fault.
#[test]
fn the_table() {
    if std::env::var_os("ASYNCIO_ZOO_TABLE").is_none() {
        return;
    }
    println!("| program | failure | walk | PCT 2 | PCT 3 | POS | delays | deviations left | ms |");
    println!("| --- | --- | --: | --: | --: | --: | --: | --: | --: |");
    for Specimen { name, search } in all().into_iter().chain(alone::all()).chain(threads::all()) {
        let begun = Instant::now();
        let mixed = search(false, Strategy::Mixed, 1_000_000).failure.expect("it is found");
        let took = begun.elapsed().as_millis();
        let strategies = [
            Strategy::Walk,
            Strategy::Pct { depth: 2 },
            Strategy::Pct { depth: 3 },
            Strategy::Pos,
            Strategy::Delays(3),
        ];
        let after: Vec<String> = strategies
            .iter()
            .map(|strategy| {
                let result = search(false, *strategy, 100_000);
                result.failure.map_or("-".to_owned(), |_| result.schedules.to_string())
            })
            .collect();
        let left = mixed.schedule.deviations().expect("a list").len() + mixed.schedule.mishaps().expect("a list").len();
        println!("| `{name}` | {} | {} | {left} | {took} |", sort(&mixed), after.join(" | "));
    }
}

/// Its fault is found also where the search may only prove that there is none.
#[test]
fn a_mended_program_is_proven_up_to_two_delays() {
    let result = explore(|| state::check_then_act(true)).strategy(Strategy::Delays(2)).run();
    assert!(result.proof.is_some_and(|proof| proof.delays == 2 || proof.complete), "{result}");
}
