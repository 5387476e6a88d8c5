//! Runs programs on CPython and on the runtime: the progress, and the results.
//!
//! Everything else is in the package `conform`.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use conform::compare::{Difference, Figures, Source, compare, side_by_side};
use conform::corpus::{Entry, Named};
use conform::cpython::Reference;
use conform::language::Program;
use conform::outside::{self, Kind};
use conform::{generate, small};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// The number of programs after which a line shows the progress.
const TELL: u64 = 10_000;

/// A new seed, from the time of day.
pub(crate) fn new_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Compares this many random programs, from this seed on, until this many differences are found. If a theme is given, all
/// programs have it.
pub(crate) fn run(
    python: &Reference,
    theme: Option<&str>,
    seed: u64,
    programs: u64,
    differences: usize,
    schedules: bool,
) -> Result<()> {
    let theme = theme.map(str::to_owned);
    let mut option = theme.as_ref().map_or(String::new(), |theme| format!(" --theme {theme}"));
    if schedules {
        option += " --schedules";
    }
    println!("cargo xtask conform --programs {programs} --seed {seed}{option}");
    let source: Source = match theme {
        Some(theme) => Arc::new(move |seed| generate::program_about(&theme, seed)),
        None => Arc::new(generate::program),
    };
    let source: Source = match schedules {
        true => Arc::new(move |seed| Program { schedule: Some(seed), ..gathering_once(source(seed)) }),
        false => source,
    };
    compare_all(python, &source, seed..seed.saturating_add(programs), differences)
}

/// The program without futures that are gathered twice. For these CPython has one callback and we have two; the second does
/// nothing visible, except to a schedule.
fn gathering_once(program: Program) -> Program {
    fn walk(value: &mut Value) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(walk),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    if let ("gather", Some(Value::Array(items))) = (name.as_str(), inner.get_mut("items")) {
                        let mut seen = Vec::new();
                        items.retain(|item| {
                            let is_new = !seen.contains(item) || item.get("slot").is_none();
                            seen.push(item.clone());
                            is_new
                        });
                    }
                    walk(inner);
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(&program).expect("a program is data");
    walk(&mut value);
    serde_json::from_value(value).expect("it is still a program")
}

/// Compares all programs up to a size, or one in `every`.
pub(crate) fn run_small(python: &Reference, size: u32, every: u64, differences: usize) -> Result<()> {
    let families = small::families();
    let all = small::programs(&families, size);
    for family in &families {
        println!("{:>8} {}", family.programs(size), family.name);
    }
    println!("{all:>8} programs of at most {size} steps to choose, of which each of {every} is run");
    let source: Source = Arc::new(move |number| small::program(&families, size, number * every));
    compare_all(python, &source, 0..all.div_ceil(every), differences)
}

/// Compares this many programs of each of these kinds, which use the world outside of a loop.
pub(crate) fn run_outside(python: &Reference, kinds: &[Kind], seed: u64, programs: u64, most: usize) -> Result<()> {
    for &kind in kinds {
        let start = Instant::now();
        let name = kind.name();
        println!("cargo xtask conform --outside {name} --programs {programs} --seed {seed}");
        let bar = ProgressBar::new(programs);
        let (lines, differences) = outside::compare(python, kind, seed..seed.saturating_add(programs), most, |now| {
            bar.set_position(now - seed)
        })?;
        bar.finish_and_clear();
        println!("{programs} programs in {:.0} s, {lines} lines of trace", start.elapsed().as_secs_f64());
        for difference in &differences {
            println!("\nprogram {}\n{}", difference.seed, serde_json::to_string_pretty(&difference.program)?);
            println!("{}", side_by_side(&difference.theirs, &difference.ours));
        }
        if let Some(difference) = differences.first() {
            bail!("the traces of program {} of the {name} differ", difference.seed);
        }
    }
    println!("no difference");
    Ok(())
}

fn compare_all(python: &Reference, source: &Source, numbers: Range<u64>, differences: usize) -> Result<()> {
    let start = Instant::now();
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} programs, {per_sec}, {eta} left")?;
    let bar = ProgressBar::new(numbers.end - numbers.start).with_style(style);
    let said = Cell::new(0);
    let result = compare(python, source, numbers, differences, |figures| {
        bar.set_position(figures.programs);
        // Without a visible progress bar, prints a line now and then.
        if bar.is_hidden() && figures.programs >= said.get() + TELL {
            said.set(figures.programs);
            println!("{} programs, {} differences", figures.programs, figures.different);
        }
    });
    bar.finish_and_clear();
    let (figures, differences) = result?;
    let Figures { programs, lines, returned, raised, deadlocked, endless, different: _, unsteady } = figures;
    println!("{programs} programs in {:.0} s, {lines} lines of trace", start.elapsed().as_secs_f64());
    println!("{returned} returned, {raised} raised, in {deadlocked} nothing could happen any more");
    if endless > 0 {
        println!("with {endless} more CPython does not come to an end");
    }
    if unsteady > 0 {
        println!("{unsteady} differed only once, on the side of CPython");
    }
    for difference in &differences {
        show(python, difference)?;
    }
    match differences.first() {
        None => println!("no difference"),
        Some(difference) => bail!("the traces of program {} differ", difference.number),
    }
    Ok(())
}

fn show(python: &Reference, difference: &Difference) -> Result<()> {
    let Difference { number, program, theirs, ours } = difference;
    println!("\nprogram {number}\n{}", conform::cpython::source(python, program)?);
    println!("{}", side_by_side(theirs, ours));
    let entry = Entry { program: program.clone(), trace: Vec::new() };
    let named = Named { about: "What it shows.".to_owned(), entry };
    println!("To keep it, see conform/README.md:\n{}", serde_json::to_string(&named)?);
    Ok(())
}
