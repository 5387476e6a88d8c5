//! `cargo xtask conform`: shows by running both that we do the same as CPython.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use conform::cpython::{Reference, script};
use conform::generate;
use conform::outside::Kind;
use guide_tests::oracle::Oracle;
use guide_tests::python::Python;

use crate::{coverage, fetch_python, programs, twins};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The number of random programs to run
    #[arg(long, default_value_t = 10_000)]
    programs: u64,
    /// The seed of the first program, from which the others count up; by default, a new one, which is printed
    #[arg(long)]
    seed: Option<u64>,
    /// Instead of random programs, run all programs with at most this many steps to choose (4 takes minutes)
    #[arg(long, value_name = "SIZE", conflicts_with = "programs")]
    all_small: Option<u32>,
    /// Of the small programs, or of the wrong versions of the reference, run only one in this many
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    every: u64,
    /// The theme of all random programs
    #[arg(long, value_name = "THEME", value_parser = clap::builder::PossibleValuesParser::new(conform::generate::themes()))]
    theme: Option<String>,
    /// Instead, run programs that use the world outside of a loop, on the real clock: threads, streams, servers, processes or all
    #[arg(long, value_name = "KIND", value_parser = kinds, conflicts_with_all = ["theme", "all_small"])]
    outside: Option<Kinds>,
    /// Run every random program under a schedule of its own, and compare each choice as well: how many entries were ready, and
    /// which of them ran.
    #[arg(long, conflicts_with_all = ["all_small", "outside", "reference", "twins"])]
    schedules: bool,
    /// Compare with conform/reference, the order of steps as a readable program: the recorded traces and altered ones, random
    /// programs (all small ones with --all-small), or the traces with wrong versions of it
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "traces")]
    reference: Option<Against>,
    /// Instead, report which lines of the crates the random programs reach (needs `rustup component add llvm-tools`)
    #[arg(long)]
    coverage: bool,
    /// Instead, print the random program with this seed in Python; with --outside, as data
    #[arg(long, value_name = "SEED")]
    show: Option<u64>,
    /// Continue until this many differences are found
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    differences: usize,
    /// Instead, rewrite the corpus: the traces of the named programs, and this many random programs with their traces
    #[arg(long, value_name = "PROGRAMS")]
    record: Option<usize>,
    /// Instead, run the examples and their Python twins, and compare the outputs
    #[arg(long)]
    twins: bool,
    /// The sections, programs or rows whose twins to run; by default, all
    #[arg(value_name = "SECTION|ID", requires = "twins")]
    names: Vec<String>,
    /// Instead, install the required CPython in a folder of its own (with apt-get, from Debian), unless one as new is found
    #[arg(long)]
    fetch_python: bool,
    /// The CPython to compare with, 3.13 or newer; by default, the newest on this machine
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Compare with the npm package pyodide under Node, as Node finds it from this folder; by default, from the folder
    /// conform, if there is no CPython
    #[arg(long, value_name = "DIR", conflicts_with_all = ["python", "twins"])]
    pyodide: Option<PathBuf>,
}

/// What is compared with the reference.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Against {
    Traces,
    Programs,
    Mutants,
}

/// Of [`Kind::ALL`].
#[derive(Clone, Debug)]
struct Kinds(Vec<Kind>);

fn kinds(name: &str) -> Result<Kinds, String> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| name == "all" || name == kind.name()).collect();
    if kinds.is_empty() { Err("there is no such kind".to_owned()) } else { Ok(Kinds(kinds)) }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let oracle = Oracle::load()?;
    if arguments.fetch_python {
        return fetch_python::run(&oracle);
    }
    match arguments.reference {
        Some(Against::Traces) => return accepts(&Python::find(arguments.python.as_deref())?),
        Some(Against::Mutants) => return mutants(&Python::find(arguments.python.as_deref())?, arguments.every),
        Some(Against::Programs) | None => {}
    }
    if arguments.coverage {
        return coverage::run(arguments.programs, arguments.seed.unwrap_or_else(programs::new_seed));
    }
    if arguments.twins {
        let python = Python::find(arguments.python.as_deref()).context(
            "the twins open sockets and start threads and processes, so they run on a CPython and not on Pyodide",
        )?;
        println!("CPython {} at {}", python.version, python.path.display());
        remark(&oracle, &python.version);
        return twins::run(&python, &arguments.names);
    }
    let python = match arguments.reference {
        Some(_) => Reference::Model(Python::find(arguments.python.as_deref())?),
        None => Reference::find(arguments.python.as_deref(), arguments.pyodide.as_deref())?,
    };
    println!("{python}");
    remark(&oracle, python.version());
    if let Some(size) = arguments.all_small {
        return programs::run_small(&python, size, arguments.every.max(1), arguments.differences);
    }
    let theme = arguments.theme.as_deref();
    if let (Some(Kinds(kinds)), Some(seed)) = (&arguments.outside, arguments.show) {
        for kind in kinds {
            println!("{}", serde_json::to_string(&kind.program(seed))?);
        }
        return Ok(());
    }
    if let Some(seed) = arguments.show {
        let program = theme.map_or_else(|| generate::program(seed), |theme| generate::program_about(theme, seed));
        println!("{}\n{}", serde_json::to_string(&program)?, conform::cpython::source(&python, &program)?);
        return Ok(());
    }
    let seed = arguments.seed.unwrap_or_else(programs::new_seed);
    if let Some(Kinds(kinds)) = &arguments.outside {
        return programs::run_outside(&python, kinds, seed, arguments.programs, arguments.differences);
    }
    match arguments.record {
        Some(programs) => conform::corpus::record(&python, seed, programs),
        None => {
            let schedules = arguments.schedules;
            programs::run(&python, theme, seed, arguments.programs, arguments.differences, schedules)
        }
    }
}

/// Runs the recorded programs on `conform/reference`, which must accept their traces and refuse altered ones.
pub(crate) fn accepts(python: &Python) -> Result<()> {
    let status = script(python, "accepts.py").arg("--alterations").status()?;
    ensure!(status.success(), "conform/reference and a recorded trace differ");
    Ok(())
}

/// Changes `conform/reference` in every possible way, or in one of `every` ways; the recorded traces must refuse each change.
pub(crate) fn mutants(python: &Python, every: u64) -> Result<()> {
    let status = script(python, "mutants.py").arg(every.to_string()).status()?;
    ensure!(status.success(), "the recorded traces accept a wrong version of conform/reference");
    Ok(())
}

/// A remark on a comparison with a version other than the intended one.
fn remark(oracle: &Oracle, version: &str) {
    if let Some(remark) = oracle.remark(version) {
        println!("{remark}");
    }
}
