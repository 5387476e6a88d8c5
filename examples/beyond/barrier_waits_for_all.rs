//! Hikers wait at each hut until all of them are there: `asyncio.Barrier`, since
//! Python 3.11. It can be used again and again, and gives each its place, so that
//! one of them can do what is to be done once.
//!
//! Run it: `cargo run --example barrier_waits_for_all`

use asyncio::{Barrier, Result, gather, run, sleep};

// ANCHOR: program
async fn hike(name: &str, hours: u32, everybody: Barrier) -> Result<()> {
    for hut in ["the lower hut", "the upper hut"] {
        sleep(hours).await?;
        println!("{name} is at {hut}");
        let place = everybody.wait().await?;
        if place == 0 {
            println!("  all are there");
        }
    }
    Ok(())
}

async fn program() -> Result<()> {
    let everybody = Barrier::new(3)?;
    let hikers = [("Ada", 2), ("Bela", 1), ("Cleo", 3)];
    gather(hikers.map(|(name, hours)| hike(name, hours, everybody.clone())))
        .await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
