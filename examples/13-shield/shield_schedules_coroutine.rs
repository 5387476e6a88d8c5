//! A coroutine given to `asyncio.shield` becomes a task at once, so it runs even if
//! the shield is never awaited.
//!
//! Run it: `cargo run --example shield_schedules_coroutine`
//!
//! Shows: shield_schedules_coroutine

use asyncio::{Result, coroutine, run, shield, sleep};

// ANCHOR: program
async fn save(file: &str) -> Result<()> {
    println!("saving {file}");
    sleep(1).await?;
    println!("{file} is saved");
    Ok(())
}

async fn program() -> Result<()> {
    let prepared = coroutine(save("draft.txt"));
    let shielded = shield(save("final.txt"));
    sleep(2).await?;
    println!("the shield that nobody awaited: {shielded:?}");
    println!("the coroutine that nobody awaited has not begun");
    prepared.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
