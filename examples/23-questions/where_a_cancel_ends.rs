//! What stops a cancellation: `shield` keeps it from going further, `timeout` turns
//! its own into a `TimeoutError` and lets one from outside through, `wait_for` does
//! the same for one awaitable.
//!
//! Run it: `cargo run --example where_a_cancel_ends`
//!
//! Shows: shield_when_caller_is_cancelled, wait_for_cancelled_cancels_inner

use asyncio::{Result, Task, create_task, run, shield, sleep, timeout, wait_for};

async fn save() -> Result<()> {
    sleep(2).await.inspect_err(|error| println!("  save: {error:?}"))?;
    println!("  saved");
    Ok(())
}

// ANCHOR: shield
async fn save_in_any_case(saving: Task<()>) -> Result<()> {
    shield(saving).await
}
// ANCHOR_END: shield

// ANCHOR: timeout
async fn save_in_time(seconds: f64) -> Result<()> {
    timeout(seconds).run(async |_| save().await).await
}
// ANCHOR_END: timeout

/// Lets a task begin, cancels it after half a second, and tells how it ended.
async fn cancel_soon(task: Task<()>) -> Result<()> {
    sleep(0.5).await?;
    task.cancel();
    report(task).await
}

async fn report(task: Task<()>) -> Result<()> {
    match task.await {
        Ok(()) => println!("ended well"),
        Err(error) => println!("ended with {error:?}"),
    }
    Ok(())
}

async fn program() -> Result<()> {
    println!("shield, cancelled from outside");
    let saving = create_task(save());
    cancel_soon(create_task(save_in_any_case(saving.clone()))).await?;
    saving.await?;

    println!("timeout, time is up");
    report(create_task(save_in_time(0.5))).await?;

    println!("timeout, cancelled from outside");
    cancel_soon(create_task(save_in_time(10.0))).await?;

    println!("wait_for, cancelled from outside");
    cancel_soon(create_task(wait_for(create_task(save()), 10))).await
}

fn main() -> Result<()> {
    run(program())
}
