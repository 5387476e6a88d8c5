//! Random programs on CPython and on the runtime: the progress, and what was found.
//!
//! Everything else is in the package `conform`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use conform::compare::{Difference, Figures, compare, side_by_side};
use conform::corpus::{Entry, Named};
use conform::cpython::Reference;
use indicatif::{ProgressBar, ProgressStyle};

/// A seed that was not used before, unless it is a long time ago.
pub(crate) fn new_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Compares so many programs, from this seed on, up to the first difference.
pub(crate) fn run(python: &Reference, seed: u64, programs: u64) -> Result<()> {
    println!("cargo xtask conform --programs {programs} --seed {seed}");
    let start = Instant::now();
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} programs, {per_sec}, {eta} left")?;
    let bar = ProgressBar::new(programs).with_style(style);
    let result = compare(python, seed, programs, 1, |figures| bar.set_position(figures.programs));
    bar.finish_and_clear();
    let (figures, differences) = result?;
    let Figures { programs, lines, returned, raised, deadlocked, endless } = figures;
    println!("{programs} programs in {:.0} s, {lines} lines of trace", start.elapsed().as_secs_f64());
    println!("{returned} returned, {raised} raised, in {deadlocked} nothing could happen any more");
    if endless > 0 {
        println!("with {endless} more CPython does not come to an end");
    }
    let Some(difference) = differences.first() else {
        println!("no difference");
        return Ok(());
    };
    show(python, difference)?;
    bail!("the traces of seed {} differ", difference.seed)
}

fn show(python: &Reference, difference: &Difference) -> Result<()> {
    let Difference { program, theirs, ours, .. } = difference;
    println!("\n{}", conform::cpython::source(python, program)?);
    println!("{}", side_by_side(theirs, ours));
    let entry = Entry { program: program.clone(), trace: Vec::new() };
    let named = Named { about: "What it shows.".to_owned(), entry };
    println!("To keep it, see conform/README.md:\n{}", serde_json::to_string(&named)?);
    Ok(())
}
