//! `cargo xtask ci`: the checks that a change must pass, the quick ones first. People and `.ci/run` run the same checks.

use anyhow::Result;
use conform::cpython::Reference;
use conform::outside::Kind;
use guide_tests::oracle::Oracle;
use guide_tests::python::Python;

use crate::{book, cargo, crawler, ecosystem, explore, finish, package, programs, project, tidy, twins, wasm};

/// How many random programs are compared with CPython. They are the same each time, so that the result depends only on the
/// change. `cargo xtask conform` looks for differences in new programs.
const PROGRAMS: u64 = 3000;
const FIRST_SEED: u64 = 20_000_000;

/// The size up to which small programs are compared, and the sampling: one in this many.
const SMALL: u32 = 4;
const SAMPLE: u64 = 101;

/// The number of programs of each kind that uses the world outside of a loop.
const OUTSIDE: u64 = 40;

/// One in this many wrong versions of the reference is tried.
const MUTANTS: u64 = 23;

const BENCH: [&str; 2] = ["--manifest-path", "bench/Cargo.toml"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Skip `cargo test`, for a caller that has already run it
    #[arg(long)]
    skip_tests: bool,
    /// Run the long trials, the programs that use other crates, the packages, the translations, the programs in WebAssembly and the
    /// check of every page of the book in a browser, too
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    step("formatting");
    finish(&mut cargo(&["fmt", "--all", "--check"]))?;
    step("layout");
    tidy::run()?;
    step("lints");
    finish(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // The package is built alone without its features, because beside the others it would get them.
    let plain = ["clippy", "-p", "asyncio-streams", "--all-targets", "--no-default-features", "--", "-D", "warnings"];
    finish(&mut cargo(&plain))?;
    if !arguments.skip_tests {
        step("tests");
        finish(&mut cargo(&["test", "--workspace"]))?;
        // A feature that nothing in the workspace asks for.
        finish(&mut cargo(&["test", "-p", "asyncio-errors", "--features", "anyhow", "--test", "anyhow"]))?;
    }
    // A separate workspace, which nothing above has checked. The programs of its peers are checked, not built.
    step("benchmark");
    finish(cargo(&["fmt", "--all", "--check"]).args(BENCH))?;
    finish(cargo(&["clippy", "--locked", "--workspace", "--all-targets"]).args(BENCH).args(["--", "-D", "warnings"]))?;
    finish(cargo(&["test", "--bin", "bench"]).args(BENCH))?;
    // An older CPython differs here and there, so its differences are only shown.
    let oracle = Oracle::load()?;
    step("twins");
    match Python::find(None) {
        Ok(python) if oracle.is_new_enough(&python.version) => {
            twins::run(&python, &[])?;
            step("the order of steps as a program");
            crate::conform::accepts(&python)?;
            crate::conform::mutants(&python, MUTANTS)?;
            programs::run(&Reference::Model(python), None, FIRST_SEED, PROGRAMS, 1, false)?;
        }
        Ok(python) => println!("not compared with CPython {}, which is older than {}", python.version, oracle.version),
        Err(reason) => println!("not compared with CPython: {reason:#}"),
    }
    step("a few thousand random programs");
    match Reference::find(None, None) {
        Ok(python) if oracle.is_new_enough(python.version()) => {
            println!("{python}");
            programs::run(&python, None, FIRST_SEED, PROGRAMS, 1, false)?;
            step("the same under schedules");
            programs::run(&python, None, FIRST_SEED, PROGRAMS, 1, true)?;
            step("a sample of all small programs");
            programs::run_small(&python, SMALL, SAMPLE, 1)?;
            if matches!(python, Reference::Machine(_)) {
                step("threads, streams, servers and processes by the real clock");
                programs::run_outside(&python, &Kind::ALL, FIRST_SEED, OUTSIDE, 1)?;
            }
        }
        Ok(python) => println!("not compared with {python}, which is older than {}", oracle.version),
        Err(reason) => println!("not compared with CPython: {reason:#}"),
    }
    if arguments.full {
        step("ten thousand connections that are not accused");
        let healthy = ["test", "-p", "asyncio-inspect", "--test", "program", "--", "healthy"];
        finish(cargo(&healthy).env("ASYNCIO_TEST_CONNECTIONS", "10000"))?;
        step("the crawler, whose workers and Redis are killed");
        crawler::whole()?;
        step("programs with crates of others");
        ecosystem::all()?;
        step("every program in other orders");
        explore::all(false)?;
        step("a project from an empty folder");
        project::all()?;
        step("the crates as packages");
        package::all()?;
        step("the Chinese edition");
        book::translations()?;
        // Before the pages, because it fetches the compiler for the programs that run in them.
        step("WebAssembly");
        wasm::all()?;
        step("every page of the book in a browser");
        book::browser()?;
    }
    step("documentation");
    finish(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    step("book");
    book::build()?;
    println!("all is well");
    Ok(())
}

fn step(name: &str) {
    println!("{}", console::style(format!("== {name}")).bold());
}
