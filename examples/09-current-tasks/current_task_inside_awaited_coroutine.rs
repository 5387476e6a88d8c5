//! Whose task is it? A coroutine that is awaited runs in the task that awaits it;
//! one that was made into a task has its own; a callback has none.
//!
//! Run it: `cargo run --example current_task_inside_awaited_coroutine`
//!
//! Shows: current_task_snippet, current_task_inside_awaited_coroutine,
//! current_task_is_main_or_created

use asyncio::{Result, create_task, current_task, get_running_loop, run, sleep};

// ANCHOR: ask
fn tell(who: &str) {
    let task = current_task().expect("called while a loop runs");
    let name = task.map_or("none".into(), |task| task.get_name());
    println!("{who}: {name}");
}

async fn lift(what: &str) -> Result<()> {
    tell(what);
    Ok(())
}

async fn lift_with_help(what: &str) -> Result<()> {
    lift(what).await
}
// ANCHOR_END: ask

// ANCHOR: main
async fn program() -> Result<()> {
    tell("the main coroutine");
    lift("awaited").await?;
    lift_with_help("awaited by an awaited one").await?;
    create_task(lift("made a task")).named("lifter").await?;
    create_task(lift_with_help("awaited in that task")).named("helper").await?;
    get_running_loop()?.call_soon(|| tell("a callback"))?;
    sleep(0).await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
