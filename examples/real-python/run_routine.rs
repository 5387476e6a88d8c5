//! `run` is what makes the routine run: it says Hello and, a second later, World.
//!
//! Run it: `cargo run --example run_routine`
//!
//! Shows: run_routine

use asyncio::{Result, run, sleep};

// ANCHOR: program
async fn greeting() -> Result<()> {
    println!("Hello ...");
    sleep(1).await?;
    println!("World!");
    Ok(())
}

fn main() -> Result<()> {
    let routine = greeting();
    run(routine)
}
// ANCHOR_END: program
