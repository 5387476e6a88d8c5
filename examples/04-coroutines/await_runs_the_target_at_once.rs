//! Awaiting a coroutine schedules nothing: its body runs at once, inside the task
//! of the caller. Another task that has been ready for longer waits until the
//! caller has to.
//!
//! Run it: `cargo run --example await_runs_the_target_at_once`
//!
//! Shows: await_runs_the_target_at_once

use asyncio::{Result, create_task, current_task, run, sleep};

// ANCHOR: program
fn say(what: &str) -> Result<()> {
    let task = current_task()?.expect("a coroutine runs in a task");
    println!("{}: {what}", task.get_name());
    Ok(())
}

async fn other() -> Result<()> {
    say("the other task's first step")
}

async fn target() -> Result<()> {
    say("inside the target")
}

async fn program() -> Result<()> {
    let other = create_task(other()).named("other");
    say("the other task is ready")?;
    target().await?;
    say("back from the target")?;
    sleep(0).await?;
    say("back from sleep(0)")?;
    other.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
