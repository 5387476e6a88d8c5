//! A coroutine wrapped in a task is scheduled at once and runs as soon as its
//! creator waits; awaiting the task returns what the coroutine returned.
//!
//! Run it: `cargo run --example nested_task`
//!
//! Shows: nested_task

use asyncio::{Result, create_task, run};

// ANCHOR: program
async fn nested() -> Result<i32> {
    Ok(42)
}

async fn program() -> Result<()> {
    let task = create_task(nested());
    // The handle could cancel the task now, or ask for its state. Here it waits for
    // the task to end.
    task.await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
