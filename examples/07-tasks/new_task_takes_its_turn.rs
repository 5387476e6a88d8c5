//! A new task takes its turn in the queue: behind what was ready before it, and
//! ahead of what becomes ready later. It does not wait until everything else has
//! finished.
//!
//! Run it: `cargo run --example new_task_takes_its_turn`
//!
//! Shows: new_task_takes_its_turn

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn old() -> Result<()> {
    for step in 1..=3 {
        println!("old task, step {step}");
        sleep(0).await?;
    }
    Ok(())
}

async fn new() -> Result<()> {
    println!("new task, step 1");
    Ok(())
}

async fn program() -> Result<()> {
    let old = create_task(old());
    sleep(0).await?;
    let new = create_task(new());
    println!("main has made the new task");
    old.await?;
    new.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
