//! A coroutine that is awaited is part of the task that awaits it; one that is made
//! a task goes its own way, whatever its creator does, even if nobody keeps the
//! handle.
//!
//! Run it: `cargo run --example task_runs_independently`
//!
//! Shows: all_coroutines_managed_as_tasks, task_runs_independently,
//! task_can_be_discarded

use asyncio::{Result, create_task, current_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: carry
async fn carry(load: &str) -> Result<()> {
    let task = current_task()?.expect("a coroutine that runs is part of a task");
    for half in ["up", "down"] {
        println!("  {}: {load} {half}", task.get_name());
        sleep(0).await?;
    }
    Ok(())
}
// ANCHOR_END: carry

// ANCHOR: main
async fn program() -> Result<()> {
    println!("awaited directly, one after the other");
    carry("bricks").await?;
    carry("sand").await?;

    println!("as tasks");
    // Awaited later, asked now and then, thrown away.
    let bricks = create_task(carry("bricks"));
    let sand = create_task(carry("sand"));
    create_task(carry("water"));
    println!("  the creator goes on");
    bricks.await?;
    println!("  sand is down: {}", sand.done().repr());
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
