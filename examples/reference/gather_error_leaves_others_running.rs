//! A gathering fails with the first error, at once. The members that are still
//! running are not touched: they go on, and nobody is left to receive what they
//! return.
//!
//! Run it: `cargo run --example gather_error_leaves_others_running`
//!
//! Shows: gather_error_leaves_others_running

use asyncio::{Exception, Result, gather, run, sleep};
use guide::repr::raised;

// ANCHOR: program
async fn drill(site: &str, days: u32) -> Result<()> {
    for day in 1..=days {
        sleep(1).await?;
        println!("{site}: day {day}");
    }
    if site == "Ridge" {
        Err(Exception::new("the drill broke").into())
    } else {
        Ok(())
    }
}

async fn program() -> Result<()> {
    if let Err(error) = gather([drill("Coast", 3), drill("Ridge", 1)]).await {
        println!("caught: {}", raised(&error));
    }
    sleep(3).await?;
    println!("going home");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
