//! A loop runs in one thread, on one processor. Where that is not enough, each of
//! several threads runs a loop of its own, and they share the work.
//!
//! Run it: `cargo run --example one_core_is_usually_enough`
//!
//! Shows: one_core_is_usually_enough

use std::thread;

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn serve(customer: u32) -> Result<u32> {
    sleep(0.05).await?;
    Ok(customer)
}

/// What one loop does: its share of the customers, all at the same time.
async fn shop(customers: std::ops::Range<u32>) -> Result<usize> {
    Ok(gather(customers.map(serve)).await?.len())
}

fn main() -> Result<()> {
    let loops = [0..500, 500..1000].map(|share| thread::spawn(|| run(shop(share))));
    for (number, shop) in loops.into_iter().enumerate() {
        let served = shop.join().expect("a loop's thread does not panic")?;
        println!("loop {number} has served {served}");
    }
    Ok(())
}
// ANCHOR_END: program
