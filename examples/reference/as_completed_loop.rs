//! `as_completed` is walked with a plain `for`: each item, awaited, gives the next
//! result there is, whoever it comes from.
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
