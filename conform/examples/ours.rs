//! Runs random programs on our runtime alone, and prints how many lines of trace they wrote.
//!
//! `cargo run -p conform --example ours -- 1000 7` runs the thousand programs from seed 7 on. `cargo xtask conform --coverage`
//! builds it with counters in it, to see which lines of the crates random programs reach.

use std::process::ExitCode;

use conform::compare::ours;
use conform::generate;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(programs)), Some(Ok(seed))) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: ours PROGRAMS SEED");
        return ExitCode::FAILURE;
    };
    let lines: usize = (seed..seed + programs).map(|seed| ours(seed, &generate::program(seed)).lines().count()).sum();
    println!("{programs} programs, {lines} lines of trace");
    ExitCode::SUCCESS
}
