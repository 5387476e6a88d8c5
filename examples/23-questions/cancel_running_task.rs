//! How to stop a task: ask it to cancel, and give it a moment to react.
//!
//! Run it: `cargo run --example cancel_running_task`
//!
//! Shows: cancel_running_task

use asyncio::{Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: task
async fn task_coroutine() -> Result<()> {
    println!("executing the task");
    sleep(1).await
}
// ANCHOR_END: task

// ANCHOR: main
async fn program() -> Result<()> {
    println!("main coroutine started");
    let task = create_task(task_coroutine());
    sleep(0.1).await?;
    let was_cancelled = task.cancel();
    println!("was canceled: {}", was_cancelled.repr());
    // Give the task the step in which the request arrives.
    sleep(0.1).await?;
    println!("canceled: {}", task.cancelled().repr());
    println!("main coroutine done");
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
