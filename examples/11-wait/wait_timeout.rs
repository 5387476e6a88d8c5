//! `asyncio.wait(tasks, timeout=2.5)` gives up after that time with what is done by
//! then. No exception is raised and no task is cancelled.
//!
//! Run it: `cargo run --example wait_timeout`
//!
//! Shows: wait_timeout, wait_timeout_is_silent

use asyncio::{Result, create_task, run, sleep, wait};
use guide::repr::Repr;

// ANCHOR: program
async fn run_lap(runner: &str, minutes: u32) -> Result<()> {
    sleep(minutes).await?;
    println!("{runner} is back");
    Ok(())
}

async fn program() -> Result<()> {
    let runners = [("Ada", 2), ("Bela", 4), ("Cleo", 1), ("Dora", 3)];
    let tasks = runners.map(|(runner, minutes)| {
        create_task(run_lap(runner, minutes)).named(runner)
    });

    let (done, pending) = wait(&tasks).timeout(2.5).await?;
    println!("time is up: {} are back, {} are not", done.len(), pending.len());
    for task in &pending {
        println!(
            "{}: done={} cancelled={}",
            task.get_name(),
            task.done().repr(),
            task.cancelled().repr()
        );
    }

    let (done, pending) = wait(&pending).await?;
    println!("later: {} more are back, {} are not", done.len(), pending.len());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
