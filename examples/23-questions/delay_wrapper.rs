//! How to run a task after a delay: a wrapper that sleeps first and then awaits
//! what it was given. It works on any coroutine because a coroutine does nothing
//! before it is awaited.
//!
//! Run it: `cargo run --example delay_wrapper`
//!
//! Shows: delay_wrapper, await_delayed_coroutine, delayed_task

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: delay
async fn delay<T>(
    coro: impl Future<Output = Result<T>>,
    seconds: f64,
) -> Result<T> {
    sleep(seconds).await?;
    coro.await
}
// ANCHOR_END: delay

async fn ring(bell: &str) -> Result<()> {
    println!("{bell} rings");
    Ok(())
}

async fn program() -> Result<()> {
    // ANCHOR: task
    let task = create_task(delay(ring("the egg timer"), 3.0));
    println!("the eggs are in the water");
    // ANCHOR_END: task

    // ANCHOR: await
    delay(ring("the door bell"), 1.0).await?;
    println!("the door is open");
    // ANCHOR_END: await

    task.await
}

fn main() -> Result<()> {
    run(program())
}
