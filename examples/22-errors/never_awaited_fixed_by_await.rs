//! The three ways to let a coroutine object run: hand it to `run`, await it, or
//! make a task of it. None draws the warning of a coroutine that was never awaited.
//!
//! Run it: `cargo run --example never_awaited_fixed_by_await`
//!
//! Shows: never_awaited_fixed_by_run, never_awaited_fixed_by_await,
//! never_awaited_fixed_by_task

use asyncio::{Result, coroutine, create_task, run};

async fn custom_coro(how: &str) -> Result<()> {
    println!("hi there, {how}");
    Ok(())
}

async fn program() -> Result<()> {
    // ANCHOR: await
    let coro = coroutine(custom_coro("awaited"));
    coro.await?;
    // ANCHOR_END: await

    // ANCHOR: task
    let coro = coroutine(custom_coro("as a task"));
    let task = create_task(coro);
    // ANCHOR_END: task
    task.await
}

fn main() -> Result<()> {
    // ANCHOR: run
    let coro = coroutine(custom_coro("run"));
    run(coro)?;
    // ANCHOR_END: run
    run(program())
}
