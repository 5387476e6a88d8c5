//! All tasks: the one that asks, the suspended ones, and the scheduled ones that
//! have not begun, each once. Who is done is not.
//!
//! Run it: `cargo run --example all_tasks_includes_scheduled_suspended_current`
//!
//! Shows: all_tasks_snippet, all_tasks_includes_scheduled_suspended_current

use asyncio::{Result, all_tasks, create_task, current_task, run, sleep};

// ANCHOR: main
async fn swim(lanes: u32) -> Result<()> {
    sleep(lanes).await
}

async fn program() -> Result<()> {
    let _done = create_task(swim(1)).named("done");
    let suspended = create_task(swim(3)).named("suspended");
    sleep(2).await?;
    let scheduled = create_task(swim(1)).named("scheduled");

    let current = current_task()?;
    for task in all_tasks()? {
        let asking =
            if Some(&task) == current.as_ref() { ", who asks" } else { "" };
        println!("{}{asking}", task.get_name());
    }
    suspended.await?;
    scheduled.await?;

    println!("at the end: {}", all_tasks()?.len());
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
