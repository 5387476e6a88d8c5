//! `[await a for a in awaitables]` awaits one after the other; `gather` awaits the
//! same ones together, in the time of the longest.
//!
//! Run it: `cargo run --example await_comprehension`
//!
//! Shows: await_comprehension, await_comprehension_is_sequential

use asyncio::time::perf_counter;
use asyncio::{AsyncIterator, Result, await_each, gather, run, sleep_result};

// ANCHOR: program
async fn weigh(parcel: u32) -> Result<u32> {
    sleep_result(0.5, 100 * parcel).await
}

async fn program() -> Result<()> {
    let start = perf_counter();
    let weights: Vec<u32> = await_each((1..=4).map(weigh)).collect().await?;
    println!("one by one: {weights:?} after {:.1} s", perf_counter() - start);

    let start = perf_counter();
    let weights = gather((1..=4).map(weigh)).await?;
    println!("together: {weights:?} after {:.1} s", perf_counter() - start);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
