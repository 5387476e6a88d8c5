//! What all peers' programs share: choosing a workload, scaling it, measuring it, and printing the result. Nothing here runs
//! inside a measured loop.
//!
//! It relies on Linux: memory is read from `/proc`, processors are pinned by the driver.

mod load;
mod measure;
mod numbers;
mod sizes;

pub use load::{CHUNK, ECHO_CONNECTIONS, LOOPS_CONNECTIONS, Load, Loaded, compute, echo_thread, one_and_two_loops};
pub use measure::{Idle, Run, parked, parked_count, room_for};
pub use numbers::Numbers;
pub use sizes::Sizes;

/// A workload: its name, and what runs it once in a fresh runtime.
pub type Row = (&'static str, fn());

/// The whole `main` of a peer. `PEER list` prints the names of its workloads; `PEER NAME` runs
/// one and prints one line of `measure=value` pairs.
///
/// A run that hangs ends itself after 120 seconds, or after `BENCH_ALARM` seconds.
pub fn main(tables: &[&[Row]]) {
    let asked = std::env::args().nth(1).unwrap_or_else(|| "list".into());
    let mut rows = tables.iter().copied().flatten();
    if asked == "list" {
        rows.for_each(|(name, _)| println!("{name}"));
    } else if let Some((_, run)) = rows.find(|(name, _)| *name == asked) {
        nix::unistd::alarm::set(number_from_env("BENCH_ALARM", 120.0) as u32);
        run();
    } else {
        eprintln!("there is no workload {asked:?}: see `list`");
        std::process::exit(2);
    }
}

/// `count` times the environment variable `SCALE`, and at least one.
pub fn scaled(count: usize) -> usize {
    ((count as f64 * number_from_env("SCALE", 1.0)) as usize).max(1)
}

/// The number in an environment variable. A value that is not a number is the caller's error, which measuring something else
/// would hide.
fn number_from_env(name: &str, default: f64) -> f64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is not a number")),
        Err(_) => default,
    }
}
