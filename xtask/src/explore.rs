//! `cargo xtask explore ID`: runs an example under many schedules, and lists its possible outputs, each with its shortest
//! schedule. With `--all`, runs every example, and compares the result with `tests/guide/orders.toml`.
//!
//! Each schedule is a process of its own, because an example is a whole program. Its choices are returned in a file, so that the
//! token of an output can list them, and the library's search for a shorter schedule can request further runs. (`asyncio::explore`
//! searches a function, a thousand times as fast.) A program with connections runs on the simulated network.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use asyncio_simulation::{Deviation, Mishap, Schedule, Tried, shrink, shrink_mishaps};
use guide_tests::catalogue::rows;
use guide_tests::oracle::Oracle;
use guide_tests::orders::{
    Depends, FIFO, Orders, Run, Stages, agree, choices_of_twin, explored, first_difference, groups, loosely_under,
    orders, under, unexplored, walk, with_equal_twins,
};
use guide_tests::python::Python;
use guide_tests::root;
use indicatif::ProgressBar;

use crate::guide::choose;

/// The number of schedules under which each program runs for the table.
const SCHEDULES: u64 = 20;

/// A program that takes more steps than this runs under fewer schedules.
const LONG: usize = 50_000;
const SCHEDULES_OF_LONG: u64 = 5;

/// How many further runs may shorten a schedule of the table.
const TRIES: u32 = 400;

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
    /// Only run the example under this schedule, and show its output
    #[arg(long, conflicts_with_all = ["seed", "schedules", "seconds", "tries"])]
    schedule: Option<String>,
    /// Run all examples, and compare with the table of those that depend on the order
    #[arg(long, conflicts_with_all = ["name", "seed", "schedules", "seconds", "tries", "schedule"])]
    all: bool,
    /// Rewrite the table
    #[arg(long, requires = "all")]
    bless: bool,
}

/// The choices of a run other than the ordinary ones.
#[derive(Clone, Default)]
struct Course {
    deviations: Vec<Deviation>,
    mishaps: Vec<Mishap>,
}

impl Course {
    fn of(run: &Run) -> Result<Self> {
        let schedule: Schedule = token(&run.deviations, &run.mishaps).parse()?;
        Ok(Self {
            deviations: schedule.deviations().unwrap_or_default().to_vec(),
            mishaps: schedule.mishaps().unwrap_or_default().to_vec(),
        })
    }

    fn len(&self) -> usize {
        self.deviations.len() + self.mishaps.len()
    }

    fn token(&self) -> String {
        let deviations = self.deviations.iter().map(|Deviation { step, index, len, .. }| {
            // In this run, a different number of entries may be ready at that step.
            format!("{step}={index}/{}", (*len).max(index + 1))
        });
        let mishaps = self.mishaps.iter().map(ToString::to_string);
        token(&deviations.collect::<Vec<_>>(), &mishaps.collect::<Vec<_>>())
    }
}

fn token(deviations: &[String], mishaps: &[String]) -> String {
    let part = if mishaps.is_empty() { "" } else { "+1:time:dev:" };
    format!("{FIFO}{}{part}{}", deviations.join(","), mishaps.join(","))
}

/// An output, how often it occurred, and its schedule with the fewest deviations.
struct Outcome {
    count: u64,
    course: Course,
}

/// The outputs of a program.
#[derive(Default)]
struct Outcomes(BTreeMap<String, Outcome>);

impl Outcomes {
    fn add(&mut self, run: Run) -> Result<()> {
        let course = Course::of(&run)?;
        let known = self.0.entry(run.text).or_insert_with(|| Outcome { count: 0, course: course.clone() });
        known.count += 1;
        if course.len() < known.course.len() {
            known.course = course;
        }
        Ok(())
    }
}

/// The search for a shorter schedule that leads to such an output.
struct Shortening<'a> {
    stages: &'a Stages,
    name: &'a str,
    is_such: &'a dyn Fn(&str) -> bool,
    /// How many further runs there may be.
    left: u32,
    failed: Option<anyhow::Error>,
}

impl Shortening<'_> {
    /// Runs the program as far as the course is possible. Returns whether the output is such, what really happened, and how many
    /// entries were eligible at each step; `None` if no run is left.
    fn attempt(&mut self, course: &Course) -> Option<(bool, Course, Vec<u8>)> {
        if self.left == 0 || self.failed.is_some() {
            return None;
        }
        self.left -= 1;
        let run = loosely_under(self.stages, self.name, &course.token());
        let found = run.and_then(|run| Ok(((self.is_such)(&run.text), Course::of(&run)?, run.eligible)));
        found.map_err(|error| self.failed = Some(error)).ok()
    }

    fn mishaps(&mut self, mut course: Course) -> Course {
        if course.mishaps.is_empty() {
            return course;
        }
        let Course { deviations, mishaps } = course.clone();
        course.mishaps = shrink_mishaps(mishaps, &mut |mishaps| {
            let tried = Course { deviations: deviations.clone(), mishaps: mishaps.to_vec() };
            let (is_such, happened, _) = self.attempt(&tried)?;
            is_such.then_some(happened.mishaps)
        });
        course
    }

    fn deviations(&mut self, mut course: Course) -> Course {
        let Course { deviations, mishaps } = course.clone();
        course.deviations = shrink(deviations, &mut |deviations| {
            let tried = Course { deviations: deviations.to_vec(), mishaps: mishaps.clone() };
            let found = self.attempt(&tried);
            found.map_or_else(Tried::default, |(fails, happened, widths)| Tried {
                fails,
                deviations: happened.deviations,
                widths,
            })
        });
        course
    }
}

/// The fewest deviations that lead to such an output, with the last one as early as possible, as far as `tries` runs can tell.
/// Returns the schedule, and what the program prints under it.
fn shortest(
    stages: &Stages,
    name: &str,
    is_such: &dyn Fn(&str) -> bool,
    course: &Course,
    tries: u32,
) -> Result<(String, String)> {
    let mut shortening = Shortening { stages, name, is_such, left: tries, failed: None };
    let course = shortening.mishaps(course.clone());
    let course = shortening.deviations(course);
    let course = shortening.mishaps(course);
    if let Some(error) = shortening.failed {
        return Err(error);
    }
    let schedule = course.token().parse::<Schedule>()?.to_string();
    let run = under(stages, name, &schedule)?;
    ensure!(is_such(&run.text), "{name} prints something else under {schedule}, which is the same schedule");
    Ok((schedule, run.text))
}

/// What was found out about a program for the table.
struct Explored {
    is_long: bool,
    /// `None` if it always printed the same.
    depends: Option<Depends>,
}

/// Runs a program for the table.
fn explore(stages: &Stages, name: &str) -> Result<Explored> {
    let Run { text: first, eligible, .. } = under(stages, name, FIFO)?;
    let again = under(stages, name, FIFO)?.text;
    ensure!(
        again == first,
        "it depends on something other than the order: list it in unexplored.toml. It printed\n{first}\nand then\n{again}"
    );
    let is_long = eligible.len() > LONG;
    let mut others = Outcomes::default();
    for seed in 1..if is_long { SCHEDULES_OF_LONG } else { SCHEDULES } {
        let run = under(stages, name, &walk(seed))?;
        if run.text != first {
            others.add(run)?;
        }
    }
    let outputs = others.0.len() + 1;
    let nearest = others.0.into_iter().min_by_key(|(_, outcome)| outcome.course.len());
    let Some((_, Outcome { course, .. })) = nearest else { return Ok(Explored { is_long, depends: None }) };
    // Any other output will do, so that the schedule is short.
    let (schedule, text) = shortest(stages, name, &|text| text != first, &course, TRIES)?;
    let (first, other) = first_difference(&first, &text);
    Ok(Explored { is_long, depends: Some(Depends { program: name.to_owned(), outputs, first, other, schedule }) })
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
    // One more than there are processors: some programs wait for real.
    let threads = thread::available_parallelism().map_or(1, usize::from) + 1;
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
    let chosen = explored()?;
    let stages = Stages::build(&chosen, &["--quiet"])?;
    let results = on_all_processors(chosen.len(), |number| {
        let name = &chosen[number].name;
        let explored = explore(&stages, name);
        // Said at once, because the others take minutes.
        explored.as_ref().inspect_err(|error| eprintln!("cannot explore {name}: {error:#}")).ok();
        Ok((name, explored))
    });
    let mut found = Orders {
        schedules: SCHEDULES,
        schedules_of_long: SCHEDULES_OF_LONG,
        long: Vec::new(),
        explored: groups(&chosen)?,
        depends: Vec::new(),
    };
    let mut failed = Vec::new();
    for (name, explored) in results? {
        match explored {
            Ok(Explored { is_long, depends }) => {
                found.depends.extend(depends);
                found.long.extend(is_long.then(|| name.clone()));
            }
            Err(_) => failed.push(name.as_str()),
        }
    }
    let (programs, count) = (found.explored.len(), found.depends.len());
    ensure!(failed.is_empty(), "{} programs cannot be explored: {}", failed.len(), failed.join(", "));
    compare_with_twins(&stages, &found.depends)?;
    if bless {
        let head = "# The programs under other orders, and those that print something else then: made by `cargo xtask explore --all \
                    --bless`.\n\n";
        let text = head.to_owned() + &toml::to_string_pretty(&found)?;
        std::fs::write(root().join("tests/guide/orders.toml"), text)?;
        println!("{count} of {programs} programs depend on the order");
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
    println!("{count} of {programs} programs depend on the order, as the table says");
    Ok(())
}

/// Runs each schedule of the table on CPython: the program's twin must make the same choices.
fn compare_with_twins(stages: &Stages, depends: &[Depends]) -> Result<()> {
    let oracle = Oracle::load()?;
    let Some(python) = Python::find(None).ok().filter(|python| oracle.is_new_enough(&python.version)) else {
        println!("without a CPython {} the twins are left out", oracle.version);
        return Ok(());
    };
    let equal = with_equal_twins()?;
    let with_twin: Vec<_> = depends.iter().filter(|depends| equal.contains(&depends.program)).collect();
    let differ = on_all_processors(with_twin.len(), |number| {
        let Depends { program, schedule, .. } = with_twin[number];
        let theirs = choices_of_twin(&python, stages.example(program)?, schedule)?;
        let ours = under(stages, program, schedule)?.choices;
        Ok((!agree(&ours, &theirs)).then(|| format!("{program} under {schedule}")))
    });
    let differ: Vec<String> = differ?.into_iter().flatten().collect();
    ensure!(differ.is_empty(), "these make other choices than their twins: {}", differ.join(", "));
    println!("{} of them have twins, which make the same choices", with_twin.len());
    Ok(())
}

fn one(name: &str, arguments: &Arguments) -> Result<()> {
    if let Some(without) = unexplored()?.into_iter().find(|without| without.id == name) {
        bail!("{name} does not run under other orders: {}", without.because);
    }
    let chosen = choose(&[name.to_owned()], explored()?, &rows()?)?;
    ensure!(chosen.len() == 1, "{name} is more than one program");
    let stages = Stages::build(&chosen, &["--quiet"])?;
    let name = &chosen[0].name;
    if let Some(schedule) = &arguments.schedule {
        print!("{}", under(&stages, name, schedule)?.text);
        return Ok(());
    }
    let mut outcomes = Outcomes::default();
    let limit = arguments.seconds.map(Duration::try_from_secs_f64).transpose()?;
    let count = arguments.schedules.or(limit.is_none().then_some(200));
    let bar = count.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.enable_steady_tick(Duration::from_millis(100));
    let runs = for_a_while(bar, count.map_or(Ok(usize::MAX), usize::try_from)?, limit, |number| {
        // The first one is first in, first out.
        let schedule = match number as u64 {
            0 => FIFO.to_owned(),
            number => walk(arguments.seed.wrapping_add(number - 1)),
        };
        under(&stages, name, &schedule)
    });
    let runs = runs?;
    let schedules = runs.len();
    runs.into_iter().try_for_each(|run| outcomes.add(run))?;
    let outcomes: Vec<_> = outcomes.0.into_iter().collect();
    let shortened = on_all_processors(outcomes.len(), |number| {
        let (output, Outcome { course, .. }) = &outcomes[number];
        shortest(&stages, name, &|text| text == output, course, arguments.tries).map(|(schedule, _)| schedule)
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
