//! How a program reports what it measured, a line for each figure: what, a number and its unit, separated by tabs.
//!
//! `cargo xtask measure` runs a program and its Python twin several times and writes the medians into
//! `bench/figures/measured`. The unit `s` is shown in the unit that suits the number.

pub mod echo;

use std::time::Instant;

/// Reports one figure.
pub fn report(what: &str, number: f64, unit: &str) {
    println!("{what}\t{number}\t{unit}");
}

/// Calls a function and reports the time it took, divided by the number of operations that it did.
pub fn time<T>(what: &str, operations: u32, function: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = function();
    report(what, start.elapsed().as_secs_f64() / f64::from(operations), "s");
    result
}

/// The middle one of some numbers.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
