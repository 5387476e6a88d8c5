//! How to get a value out of a coroutine: await the coroutine, or make a task of
//! it, which you can await as often as you like.
//!
//! Run it: `cargo run --example coroutine_returns_value`
//!
//! Shows: coroutine_returns_value, await_created_task, await_task_twice,
//! await_done_task_is_immediate

use asyncio::{Result, create_task, run, sleep};

async fn other_coro() -> Result<u32> {
    Ok(100)
}

async fn bystander() -> Result<()> {
    println!("  (another task runs)");
    Ok(())
}

async fn program() -> Result<()> {
    // ANCHOR: coroutine
    let value = other_coro().await?;
    println!("from the coroutine: {value}");
    // ANCHOR_END: coroutine

    // ANCHOR: one_line
    let value = create_task(other_coro()).await?;
    println!("from a task, created and awaited in one line: {value}");
    // ANCHOR_END: one_line

    // ANCHOR: twice
    let task = create_task(other_coro());
    println!("awaited once: {}", (&task).await?);
    // The task is done by now. This await does not suspend, so the bystander has to
    // wait for the sleep below.
    create_task(bystander());
    println!("awaited again: {}", (&task).await?);
    println!("by its method: {}", task.result()?);
    sleep(0).await?;
    println!("taken: {}", task.await?);
    // ANCHOR_END: twice
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
