//! How to run something in the background: create a task and go on. It begins when
//! its creator suspends, for which `sleep(0)` is enough, and every `sleep(0)` is
//! one pass of the loop.
//!
//! Run it: `cargo run --example run_task_in_background`
//!
//! Shows: run_task_in_background, sleep_zero_lets_task_start

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: backup
async fn backup() -> Result<()> {
    for folder in ["letters", "photos", "music"] {
        println!("  backup: {folder}");
        sleep(0).await?;
    }
    Ok(())
}
// ANCHOR_END: backup

// ANCHOR: main
async fn program() -> Result<()> {
    let task = create_task(backup());
    println!("main: goes on at once");

    sleep(0).await?;
    println!("main: one pass of the loop later");
    sleep(0).await?;
    println!("main: one more");

    task.await?;
    println!("main: the backup is done");
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
