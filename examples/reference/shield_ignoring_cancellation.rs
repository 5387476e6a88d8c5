//! A shield and a handler for `CancelledError` together ignore a cancellation
//! altogether: the work goes on, and so does the caller. Whoever asked for the
//! cancellation waits in vain, so this is seldom a good idea.
//!
//! Run it: `cargo run --example shield_ignoring_cancellation`
//!
//! Shows: shield_ignoring_cancellation

use asyncio::{Result, create_task, run, shield, sleep, sleep_result};
use guide::repr::Repr;

// ANCHOR: program
async fn stubborn() -> Result<Option<i32>> {
    let res = match shield(sleep_result(2, 42)).await {
        Ok(res) => Some(res),
        Err(error) if error.is_cancelled() => None,
        Err(error) => return Err(error),
    };
    println!("going on with {}", res.repr());
    Ok(res)
}

async fn program() -> Result<()> {
    let task = create_task(stubborn());
    sleep(1).await?;
    println!("asked to stop: {}", task.cancel().repr());
    println!("returned {}", (&task).await?.repr());
    println!("cancelled: {}", task.cancelled().repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
