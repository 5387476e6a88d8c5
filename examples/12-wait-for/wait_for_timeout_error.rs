//! What the `TimeoutError` of `asyncio.wait_for` looks like, that the task under it
//! is really cancelled, and what a limit of zero means: only what is done already
//! has a result.
//!
//! Run it: `cargo run --example wait_for_timeout_error`
//!
//! Shows: wait_for_timeout_error

use std::error::Error as _;

use asyncio::{Result, TimeoutError, create_task, run, sleep, wait_for};
use guide::repr::Repr;

// ANCHOR: boil
async fn boil(egg: &str) -> Result<&str> {
    println!("{egg}: into the pot");
    sleep(4).await?;
    println!("{egg}: ready");
    Ok(egg)
}
// ANCHOR_END: boil

// ANCHOR: timeout
async fn too_late() -> Result<()> {
    let task = create_task(boil("first egg"));
    if let Err(error) = wait_for(&task, 3).await {
        println!("raised: {error:?} with the message '{error:-}'");
        if let Some(timeout) = error.downcast_ref::<TimeoutError>() {
            println!("cause: {:?}", timeout.source());
        }
    }
    println!(
        "task: done={} cancelled={}",
        task.done().repr(),
        task.cancelled().repr()
    );
    Ok(())
}
// ANCHOR_END: timeout

// ANCHOR: zero
async fn no_time_at_all() -> Result<()> {
    // Not a line of the coroutine runs.
    println!("limit 0: {:?}", wait_for(boil("second egg"), 0).await);

    let task = create_task(boil("third egg"));
    sleep(5).await?;
    println!("limit 0, done before: {:?}", wait_for(task, 0).await);
    Ok(())
}
// ANCHOR_END: zero

async fn program() -> Result<()> {
    too_late().await?;
    no_time_at_all().await
}

fn main() -> Result<()> {
    run(program())
}
