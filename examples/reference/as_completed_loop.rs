//! A plain `for` iterates over `as_completed`: awaiting an item returns the next
//! result, whichever task it comes from.
//!
//! Run it: `cargo run --example as_completed_loop`
//!
//! Shows: as_completed_signature, as_completed_loop

use asyncio::{Result, as_completed, run, sleep_result};

// ANCHOR: program
async fn program() -> Result<()> {
    let offers = [
        sleep_result(3, "Lisbon"),
        sleep_result(1, "Kyoto"),
        sleep_result(2, "Quito"),
    ];
    for next in as_completed(offers) {
        let earliest = next.await?;
        println!("an offer from {earliest}");
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
