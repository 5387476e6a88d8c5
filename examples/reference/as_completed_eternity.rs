//! Ten coroutines sleep for zero to nine seconds and report in turn; awaiting them
//! all takes as long as the longest.
//!
//! Run it: `cargo run --example as_completed_eternity`
//!
//! Shows: as_completed_eternity

use asyncio::{Result, as_completed, run, sleep};
use guide_extra::time::strftime;

// ANCHOR: program
async fn eternity(delay: u32) -> Result<u32> {
    sleep(delay).await?;
    println!("delay for {delay} seconds.");
    Ok(delay)
}

async fn program() -> Result<()> {
    println!("Start at: {}", strftime("%X"));
    for next in as_completed((0..10).map(eternity)) {
        next.await?;
    }
    println!("End at: {}", strftime("%X"));
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
