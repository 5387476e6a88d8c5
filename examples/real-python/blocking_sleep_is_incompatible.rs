//! Two kitchens cook the same three dishes. In the first the cooks wait with
//! `sleep` of asyncio, in the second with that of the module `time`: the compiler
//! takes both, and the second kitchen is three times as slow.
//!
//! Run it: `cargo run --example blocking_sleep_is_incompatible`
//!
//! Shows: blocking_sleep_is_incompatible

use asyncio::time::perf_counter;
use asyncio::{Result, gather, run, sleep, time};

const MENU: [&str; 3] = ["soup", "rice", "fish"];

// ANCHOR: cooks
async fn cook(dish: &str) -> Result<()> {
    println!("{dish} on the stove");
    sleep(1).await?;
    println!("{dish} served");
    Ok(())
}

async fn stubborn_cook(dish: &str) -> Result<()> {
    println!("{dish} on the stove");
    time::sleep(1);
    println!("{dish} served");
    Ok(())
}
// ANCHOR_END: cooks

// ANCHOR: program
async fn program() -> Result<()> {
    let start = perf_counter();
    gather(MENU.map(cook)).await?;
    let noon = perf_counter();
    println!("dinner took {:.0} second\n", noon - start);

    gather(MENU.map(stubborn_cook)).await?;
    println!("dinner took {:.0} seconds", perf_counter() - noon);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
