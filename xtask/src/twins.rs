//! `cargo xtask conform --twins`: the examples beside their Python twins.
//!
//! Both run on virtual time and with the same seed, so that their whole output can be compared. If the steps of a twin are stored
//! for its player, they must be the steps that it takes.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use console::style;
use guide_tests::catalogue::rows;
use guide_tests::examples::{Example, examples};
use guide_tests::oracle::Oracle;
use guide_tests::program::{Clock, Programs, build};
use guide_tests::python::Python;
use guide_tests::root;
use guide_tests::timeline::{
    self,
    twin::{self, Twin},
};
use guide_tests::twins::{Twins, compare, run_twin, twins};

use crate::guide::{choose, difference, for_each};

pub(crate) fn run(python: &Python, names: &[String]) -> Result<()> {
    let (twins, chosen) = (twins(root())?, choose(names, examples(root())?, &rows()?)?);
    let programs = build(&chosen, &[])?;
    let (with, without): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|example| twins.reason(&example.name).is_none());

    let begun = Instant::now();
    let compared = for_each(&with, 2, |example| one(python, &programs, &twins, example));
    let seconds = begun.elapsed().as_secs_f64();

    let mut bad = 0;
    for (example, compared) in with.iter().zip(compared) {
        match compared {
            Ok((twin, ours)) if twin == ours => continue,
            Ok((twin, ours)) => {
                println!("{} {} (- CPython, + ours)", style("DIFFERS").red().bold(), example.name);
                difference(&twin, &ours);
            }
            Err(error) => println!("{} {}\n    {error:#}", style("FAILED ").red().bold(), example.name),
        }
        bad += 1;
    }
    for example in &without {
        println!("{} {}: {}", style("no twin").dim(), example.name, twins.reason(&example.name).unwrap_or_default());
    }
    if bad > 0 {
        bail!("of {} programs, {bad} did not print what their twins print", with.len());
    }
    println!("{} programs printed what their twins print, in {seconds:.1} s", with.len());
    Ok(())
}

/// The output of both, after applying the rules.
fn one(python: &Python, programs: &Programs, twins: &Twins, example: &Example) -> Result<(String, String)> {
    let printed = if twin::path(root(), &example.name).is_file() {
        let (steps, printed) = twin::record(python, example)?;
        // Older versions may take other steps.
        if is_meant(python)? && is_changed(steps, programs, example)? {
            bail!(
                "it does not take the steps that are kept: `cargo xtask timeline --bless {}` if they are right",
                example.name
            );
        }
        printed
    } else {
        run_twin(python, example)?
    };
    compare(example, &printed, &programs.run(example, Clock::Virtual)?, twins)
}

/// Are these not the steps that are kept? Those that are not kept are compared with the program's.
fn is_changed(steps: Twin, programs: &Programs, example: &Example) -> Result<bool> {
    let kept = Twin::kept(root(), &example.name)?;
    if kept.whole.is_none() {
        return Ok(steps != kept);
    }
    let (run, _) = timeline::record(programs, example)?;
    let differences = twin::compare(&run, &steps);
    ensure!(differences.is_empty(), "its steps are not those of its twin: {}", differences.join(", "));
    Ok(steps.shortened(&run.shortened()) != kept)
}

/// Is this the CPython whose behaviour is ours?
fn is_meant(python: &Python) -> Result<bool> {
    Ok(Oracle::load()?.is_new_enough(&python.version))
}
