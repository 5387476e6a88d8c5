//! Awaiting tasks one after the other resembles `gather` as long as all goes well.
//! An error of a later task is seen only when the earlier ones have ended; `gather`
//! passes it on at once.
//!
//! Run it: `cargo run --example gather_against_awaiting_in_turn`
//!
//! Shows: gather_against_awaiting_in_turn

use asyncio::time::perf_counter;
use asyncio::{Result, ValueError, create_task, gather, run, sleep};

// ANCHOR: program
async fn slow() -> Result<u32> {
    sleep(3).await?;
    Ok(1)
}

async fn fails() -> Result<u32> {
    sleep(1).await?;
    Err(ValueError::new("no such page").into())
}

async fn in_turn() -> Result<u32> {
    let tasks = [create_task(slow()), create_task(fails())];
    let mut sum = 0;
    for task in tasks {
        sum += task.await?;
    }
    Ok(sum)
}

async fn gathered() -> Result<u32> {
    let numbers = gather([create_task(slow()), create_task(fails())]).await?;
    Ok(numbers.iter().sum())
}

async fn program() -> Result<()> {
    let start = perf_counter();
    if let Err(error) = in_turn().await {
        println!("in turn: {error} after {:.0} s", perf_counter() - start);
    }
    let start = perf_counter();
    if let Err(error) = gathered().await {
        println!("gather: {error} after {:.0} s", perf_counter() - start);
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
