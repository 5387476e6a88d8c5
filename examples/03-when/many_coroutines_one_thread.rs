//! One hundred thousand coroutines sleep at the same time, in one thread: as long
//! as a program waits for something else, their number matters little.
//!
//! Run it: `cargo run --example many_coroutines_one_thread`
//!
//! Shows: many_coroutines_one_thread

use std::cell::Cell;

use asyncio::{Result, gather, run, sleep};

thread_local! {
    /// How many sleep at this moment.
    static ASLEEP: Cell<usize> = const { Cell::new(0) };
}

// ANCHOR: many
async fn nap() -> Result<usize> {
    ASLEEP.set(ASLEEP.get() + 1);
    sleep(5).await?;
    let with_me = ASLEEP.get();
    ASLEEP.set(with_me - 1);
    Ok(with_me)
}

async fn program() -> Result<()> {
    let asleep = gather((0..100_000).map(|_| nap())).await?;
    println!("naps: {}", asleep.len());
    println!("at the same time: {}", asleep.iter().max().unwrap_or(&0));
    Ok(())
}
// ANCHOR_END: many

fn main() -> Result<()> {
    run(program())
}
