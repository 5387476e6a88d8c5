//! One hundred tasks count to one hundred, and lose all but one: each reads the
//! counter, gives way, and writes what it read plus one. Without the gap between
//! read and write nothing is lost, because nothing can come in between.
//!
//! Run it: `cargo run --example race_condition`
//!
//! Shows: race_condition

use std::cell::Cell;

use asyncio::{Result, gather, run, sleep};

thread_local! {
    /// Shared by all tasks. They run in one thread, so Rust demands no lock, and
    /// cannot see the race either.
    static COUNTER: Cell<u32> = const { Cell::new(0) };
}

// ANCHOR: race
async fn count_with_a_gap() -> Result<()> {
    let seen = COUNTER.get();
    sleep(0).await?;
    COUNTER.set(seen + 1);
    Ok(())
}
// ANCHOR_END: race

// ANCHOR: safe
async fn count_in_one_step() -> Result<()> {
    sleep(0).await?;
    COUNTER.set(COUNTER.get() + 1);
    Ok(())
}
// ANCHOR_END: safe

async fn program() -> Result<()> {
    gather((0..100).map(|_| count_with_a_gap())).await?;
    println!("with a gap: {}", COUNTER.replace(0));

    gather((0..100).map(|_| count_in_one_step())).await?;
    println!("in one step: {}", COUNTER.get());
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
