//! The chores of this repository: `cargo xtask VERB`.
//!
//! The core idea is a table from verb to function, one file per verb. The checks themselves are in the package `guide-tests`,
//! so that `cargo test` finds the same problems as `cargo xtask`.

mod bench;
mod bless;
mod book;
mod ci;
mod conform;
mod coverage;
mod crawler;
mod ecosystem;
mod exercise;
mod explore;
mod fetch_python;
mod guide;
mod instructions;
mod interop;
mod measure;
mod mutate;
mod package;
mod programs;
mod project;
mod sanitize;
mod tidy;
mod timeline;
mod twins;
mod wasm;

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The chores of this repository")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the programs of the guide, and compare their output with the expected one
    Guide(guide::Arguments),
    /// Rewrite the snapshots and the generated tables
    Bless(bless::Arguments),
    /// Check the pages of the book, and build it in target/book
    Book(book::Arguments),
    /// Check every page of the book in Chromium, on a phone and a desktop, light and dark
    Browser(book::Arguments),
    /// Open a trace in Perfetto, and check that Perfetto reports no error
    Perfetto(book::Arguments),
    /// List the missing translations of the Chinese edition, or update its catalogue
    Translations(book::Arguments),
    /// Show how a program runs, step by step, as a drawing and in words
    Timeline(timeline::Arguments),
    /// Work on the exercises of the book: list, next, start, check, hint, watch, reset
    Exercise(exercise::Arguments),
    /// Run an example under many schedules, and list its outputs
    Explore(explore::Arguments),
    /// Compare the speed of the runtime with that of its peers
    Bench(bench::Arguments),
    /// Measure the times that the book states, in Rust and in Python
    Measure(measure::Arguments),
    /// Count the instructions of hot paths, and compare them with the committed counts
    Instructions(instructions::Arguments),
    /// Compare the behaviour of programs with CPython
    Conform(conform::Arguments),
    /// Test streams with CPython, curl, openssl, nginx and wrk, as far as they are installed
    Interop(interop::Arguments),
    /// Lint and test the crawler, and run it while its workers and their Redis are killed
    Crawler(crawler::Arguments),
    /// Lint and run the programs that use other crates, and compare their output
    Ecosystem(ecosystem::Arguments),
    /// Do everything that publishing the crates takes, except for publishing them
    Package(package::Arguments),
    /// Create the project of the chapter on snapshot tests in an empty folder, and run it and its tests
    Project(project::Arguments),
    /// Search for memory errors, data races, lost wake-ups and leaks
    Sanitize(sanitize::Arguments),
    /// Check that the tests notice deliberate errors in the crates
    Mutate(mutate::Arguments),
    /// Check the form of files, examples, links and pages
    Tidy,
    /// Build for WebAssembly, and run every program that can run there under Node
    Wasm(wasm::Arguments),
    /// Run all checks that a change has to pass
    Ci(ci::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Guide(arguments) => guide::run(&arguments),
        Verb::Bless(arguments) => bless::run(&arguments),
        Verb::Book(arguments) => book::run("book", &arguments),
        Verb::Browser(arguments) => book::run("browser", &arguments),
        Verb::Perfetto(arguments) => book::run("perfetto", &arguments),
        Verb::Translations(arguments) => book::run("translations", &arguments),
        Verb::Timeline(arguments) => timeline::run(&arguments),
        Verb::Explore(arguments) => explore::run(&arguments),
        Verb::Exercise(arguments) => exercise::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Measure(arguments) => measure::run(&arguments),
        Verb::Instructions(arguments) => instructions::run(&arguments),
        Verb::Conform(arguments) => conform::run(&arguments),
        Verb::Interop(arguments) => interop::run(&arguments),
        Verb::Crawler(arguments) => crawler::run(&arguments),
        Verb::Ecosystem(arguments) => ecosystem::run(&arguments),
        Verb::Package(arguments) => package::run(&arguments),
        Verb::Project(arguments) => project::run(&arguments),
        Verb::Sanitize(arguments) => sanitize::run(&arguments),
        Verb::Mutate(arguments) => mutate::run(&arguments),
        Verb::Tidy => tidy::run(),
        Verb::Wasm(arguments) => wasm::run(&arguments),
        Verb::Ci(arguments) => ci::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", console::style("error:").red().bold());
            ExitCode::FAILURE
        }
    }
}

/// A cargo command at the root of the workspace.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = guide_tests::program::cargo();
    command.args(arguments);
    command
}

/// Runs a command to its end; its output goes to the terminal.
fn finish(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !status.success() {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        bail!("failed: cargo {}", words.join(" "));
    }
    Ok(())
}
