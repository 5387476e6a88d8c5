//! `cargo xtask explore ID`: runs an example under many schedules, and lists its possible outputs, each with its shortest
//! schedule. With `--all`, runs every example, and compares the result with `tests/guide/orders.toml`.
//!
//! Each schedule is a process of its own, because an example is a whole program. Its choices are returned in a file, so that the
//! token of an output can list them, and the library's search for a shorter schedule can request further runs. (`asyncio::explore`
//! searches a function, a thousand times as fast.)

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use asyncio_simulation::{Deviation, Schedule, Tried, shrink};
use guide_tests::catalogue::rows;
use guide_tests::examples::{Example, examples};
use guide_tests::oracle::Oracle;
use guide_tests::orders::{
    Depends, FIFO, Orders, Run, agree, choices_of_twin, first_difference, loosely_under, orders, ruled, under,
};
use guide_tests::program::{Programs, build};
use guide_tests::python::Python;
use guide_tests::root;
use guide_tests::twins::twins;
use indicatif::ProgressBar;

use crate::guide::choose;

/// The number of schedules under which each program runs for the table.
const SCHEDULES: u64 = 20;

/// How many further runs may shorten a schedule of the table.
const TRIES: u32 = 400;

/// A program that takes more steps is not explored: it is about the number of tasks, not about their order.
const LONGEST: usize = 20_000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The example to run
    #[arg(value_name = "ID", required_unless_present = "all")]
    name: Option<String>,
    /// The number of schedules to run [default: 200, or no limit with `--seconds`]
    #[arg(long)]
    schedules: Option<u64>,
    /// The number of seconds after which no further schedule starts; shortening the schedules takes more time
    #[arg(long)]
    seconds: Option<f64>,
    /// The seed of the first random walk, from which the others count up
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The number of further schedules to run for each output, to shorten its schedule
    #[arg(long, default_value_t = 2000)]
    tries: u32,
    /// Run all examples that use nothing outside of their loop, and compare with the table of those that depend on the order
    #[arg(long, conflicts_with_all = ["name", "seed", "schedules", "seconds", "tries"])]
    all: bool,
    /// Rewrite the table
    #[arg(long, requires = "all")]
    bless: bool,
}

/// An output, how often it occurred, and its schedule with the fewest deviations.
struct Outcome {
    count: u64,
    deviations: Vec<String>,
}

/// The outputs of a program.
#[derive(Default)]
struct Outcomes(BTreeMap<String, Outcome>);

impl Outcomes {
    fn add(&mut self, Run { text, deviations, .. }: Run) {
        let known = self.0.entry(text).or_insert_with(|| Outcome { count: 0, deviations: deviations.clone() });
        known.count += 1;
        if deviations.len() < known.deviations.len() {
            known.deviations = deviations;
        }
    }
}

/// The fewest deviations that lead to such an output, with the last one as early as possible, as far as `tries` runs can tell.
/// Returns the schedule, and what the program prints under it.
fn shortest(
    programs: &Programs,
    name: &str,
    is_such: impl Fn(&str) -> bool,
    deviations: &[String],
    tries: u32,
) -> Result<(String, String)> {
    let token = |deviations: &[Deviation]| {
        let all = deviations.iter().map(|Deviation { step, index, len, .. }| {
            // In this run, a different number of entries may be ready at that step.
            format!("{step}={index}/{}", (*len).max(index + 1))
        });
        format!("{FIFO}{}", all.collect::<Vec<_>>().join(","))
    };
    let parsed = |deviations: &[String]| -> Result<Vec<Deviation>> {
        let schedule: Schedule = format!("{FIFO}{}", deviations.join(",")).parse()?;
        Ok(schedule.deviations().unwrap_or_default().to_vec())
    };
    let mut left = tries;
    let mut failed = None;
    let found = shrink(parsed(deviations)?, &mut |deviations| {
        if left == 0 || failed.is_some() {
            return Tried::default();
        }
        left -= 1;
        let tried = loosely_under(programs, name, &token(deviations)).and_then(|run| {
            Ok(Tried { fails: is_such(&run.text), deviations: parsed(&run.deviations)?, widths: run.eligible })
        });
        tried.unwrap_or_else(|error| {
            failed = Some(error);
            Tried::default()
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let schedule = token(&found);
    let run = under(programs, name, &schedule)?;
    ensure!(is_such(&run.text), "{name} prints something else under {schedule}, which is the same schedule");
    Ok((schedule, run.text))
}

/// Runs a program under `schedules` schedules. Returns `None` if it always printed the same.
fn explore(programs: &Programs, name: &str, schedules: u64) -> Result<Option<Depends>> {
    let Run { text: first, eligible, .. } = under(programs, name, FIFO)?;
    // A program that differs from run to run depends on something other than the order.
    if eligible.len() > LONGEST || under(programs, name, FIFO)?.text != first {
        return Ok(None);
    }
    let mut others = Outcomes::default();
    for seed in 1..schedules {
        let run = under(programs, name, &format!("1:fence:walk:{seed}"))?;
        if run.text != first {
            others.add(run);
        }
    }
    let outputs = others.0.len() + 1;
    let nearest = others.0.into_iter().min_by_key(|(_, outcome)| outcome.deviations.len());
    let Some((_, Outcome { deviations, .. })) = nearest else { return Ok(None) };
    // Any other output will do, so that the schedule is short.
    let (schedule, text) = shortest(programs, name, |text| text != first, &deviations, TRIES)?;
    let (first, other) = first_difference(&first, &text);
    Ok(Some(Depends { program: name.to_owned(), outputs, first, other, schedule }))
}

/// Calls `work` for each number below `count`, on all processors. The results are in order.
fn on_all_processors<T: Send>(count: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    for_a_while(ProgressBar::new(count as u64), count, None, work)
}

/// The same, but no call begins after `limit`.
fn for_a_while<T: Send>(
    bar: ProgressBar,
    count: usize,
    limit: Option<Duration>,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (begun, next, results) = (Instant::now(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let is_over = || limit.is_some_and(|limit| begun.elapsed() >= limit);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // The first call is made in any case.
                    if number >= count || number > 0 && is_over() {
                        break;
                    }
                    let result = work(number);
                    bar.inc(1);
                    results.lock().expect("no thread panics").push((number, result));
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut results = results.into_inner().expect("no thread panics");
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.name {
        Some(name) => one(name, arguments),
        None => all(arguments.bless),
    }
}

/// Every program, for the table.
pub(crate) fn all(bless: bool) -> Result<()> {
    let chosen = ruled()?;
    let programs = build(&chosen, &["--quiet"])?;
    let mut found = Orders { schedules: SCHEDULES, programs: chosen.len(), depends: Vec::new() };
    let depends = on_all_processors(chosen.len(), |number| {
        let name = &chosen[number].name;
        explore(&programs, name, SCHEDULES).with_context(|| format!("cannot explore {name}"))
    });
    found.depends.extend(depends?.into_iter().flatten());
    compare_with_twins(&programs, &chosen, &found.depends)?;
    if bless {
        let head = "# The programs that print something else in another order: made by `cargo xtask explore --all --bless`.\n\n";
        std::fs::write(root().join("tests/guide/orders.toml"), head.to_owned() + &toml::to_string(&found)?)?;
        println!("{} of {} programs depend on the order", found.depends.len(), found.programs);
        return Ok(());
    }
    let expected = orders()?;
    for depends in found.depends.iter().filter(|depends| !expected.depends.contains(depends)) {
        println!("not in the table: {depends:?}");
    }
    for depends in expected.depends.iter().filter(|depends| !found.depends.contains(depends)) {
        println!("only in the table: {depends:?}");
    }
    ensure!(found == expected, "the table is another one: look at it, and `cargo xtask explore --all --bless`");
    println!("{} of {} programs depend on the order, as the table says", found.depends.len(), found.programs);
    Ok(())
}

/// Runs each schedule of the table on CPython: the program's twin must make the same choices.
fn compare_with_twins(programs: &Programs, chosen: &[Example], depends: &[Depends]) -> Result<()> {
    let oracle = Oracle::load()?;
    let Some(python) = Python::find(None).ok().filter(|python| oracle.is_new_enough(&python.version)) else {
        println!("without a CPython {} the twins are left out", oracle.version);
        return Ok(());
    };
    let twins = twins(root())?;
    let with_twin: Vec<_> = depends.iter().filter(|depends| twins.reason(&depends.program).is_none()).collect();
    let differ = on_all_processors(with_twin.len(), |number| {
        let Depends { program, schedule, .. } = with_twin[number];
        let example = chosen.iter().find(|example| example.name == *program).context("it was explored")?;
        let theirs = choices_of_twin(&python, example, schedule)?;
        let ours = under(programs, program, schedule)?.choices;
        Ok((!agree(&ours, &theirs)).then(|| format!("{program} under {schedule}")))
    });
    let differ: Vec<String> = differ?.into_iter().flatten().collect();
    ensure!(differ.is_empty(), "these make other choices than their twins: {}", differ.join(", "));
    println!("{} of them have twins, which make the same choices", with_twin.len());
    Ok(())
}

fn one(name: &str, arguments: &Arguments) -> Result<()> {
    let chosen = choose(&[name.to_owned()], examples(root())?, &rows()?)?;
    ensure!(chosen.len() == 1, "{name} is more than one program");
    let programs = build(&chosen, &["--quiet"])?;
    let name = &chosen[0].name;
    let mut outcomes = Outcomes::default();
    let limit = arguments.seconds.map(Duration::try_from_secs_f64).transpose()?;
    let count = arguments.schedules.or(limit.is_none().then_some(200));
    let bar = count.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.enable_steady_tick(Duration::from_millis(100));
    let runs = for_a_while(bar, count.map_or(Ok(usize::MAX), usize::try_from)?, limit, |number| {
        // The first one is first in, first out.
        let schedule = match number as u64 {
            0 => FIFO.to_owned(),
            number => format!("1:fence:walk:{}", arguments.seed.wrapping_add(number - 1)),
        };
        under(&programs, name, &schedule)
    });
    let runs = runs?;
    let schedules = runs.len();
    runs.into_iter().for_each(|run| outcomes.add(run));
    let outcomes: Vec<_> = outcomes.0.into_iter().collect();
    let shortened = on_all_processors(outcomes.len(), |number| {
        let (output, Outcome { deviations, .. }) = &outcomes[number];
        shortest(&programs, name, |text| text == output, deviations, arguments.tries).map(|(schedule, _)| schedule)
    });
    let mut outcomes: Vec<_> = outcomes.into_iter().zip(shortened?).collect();
    outcomes.sort_by_key(|((_, outcome), schedule)| (schedule.matches('=').count(), std::cmp::Reverse(outcome.count)));
    println!("{} outputs in {schedules} schedules", outcomes.len());
    for ((output, Outcome { count, .. }), schedule) in outcomes {
        println!("\n{count} times, ASYNCIO_SCHEDULE={schedule}");
        output.lines().for_each(|line| println!("    {line}"));
    }
    Ok(())
}
