//! A scheduler of a few lines: generators as tasks, `yield` as the place where each
//! lets the others run. `yield_from` is how one waits for another, and how
//! coroutines were written before there was `await`.
//!
//! Run it: `cargo run --example generators_are_semicoroutines`
//!
//! Shows: generators_are_semicoroutines, generator_based_coroutine_34,
//! semicoroutine_yields_to_its_caller

use std::collections::VecDeque;

use asyncio::{Generator, Result};

// ANCHOR: tasks
/// Pauses for some rounds and then returns its result.
fn pause(rounds: u32, result: &'static str) -> Generator<(), (), &'static str> {
    Generator::new(async move |mut y| {
        for _ in 0..rounds {
            y.yield_(()).await?;
        }
        Ok(result)
    })
}

fn cook(name: &'static str, rounds: u32) -> Generator<()> {
    Generator::new(async move |mut y| {
        println!("{name}: begins");
        // result = yield from pause(rounds)
        let result = y.yield_from(&pause(rounds, "done")).await?;
        println!("{name}: {}", result.unwrap_or_default());
        Ok(())
    })
}
// ANCHOR_END: tasks

// ANCHOR: scheduler
fn main() -> Result<()> {
    let mut ready =
        VecDeque::from([cook("soup", 3), cook("salad", 1), cook("tea", 2)]);
    while let Some(mut task) = ready.pop_front() {
        if task.next().transpose()?.is_some() {
            ready.push_back(task);
        }
    }
    Ok(())
}
// ANCHOR_END: scheduler
