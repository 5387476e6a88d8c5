//! `asyncio.wait_for` is a coroutine: it does nothing, and its time does not run,
//! until it is awaited or made a task. What it is given as a coroutine runs in the
//! task that awaits (up to CPython 3.11 it became a task of its own).
//!
//! Run it: `cargo run --example wait_for_is_lazy`
//!
//! Shows: wait_for_is_lazy, wait_for_wraps_coroutine

use asyncio::{Result, create_task, current_task, run, sleep, wait_for};

// ANCHOR: whoami
async fn write_letter() -> Result<()> {
    let name = current_task()?.map(|task| task.get_name());
    println!("written in {}", name.as_deref().unwrap_or("no task"));
    sleep(1).await
}
// ANCHOR_END: whoami

// ANCHOR: program
async fn program() -> Result<()> {
    let waiting = wait_for(write_letter(), 2);
    sleep(10).await?;
    println!("ten seconds later: nothing is written, and no time has run out");
    waiting.await?;

    println!("scheduled as a task:");
    create_task(wait_for(write_letter(), 2)).named("the-wait").await?;

    println!("given as a task:");
    wait_for(create_task(write_letter()).named("the-letter"), 2).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
