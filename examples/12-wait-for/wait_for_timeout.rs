//! A coroutine that sleeps for more than a second gets 0.2 seconds:
//! `asyncio.wait_for` cancels it and raises `TimeoutError`.
//!
//! Run it: `cargo run --example wait_for_timeout`
//!
//! Shows: wait_for_timeout

use asyncio::{Result, TimeoutError, run, sleep, wait_for};
use guide::random::random;

// ANCHOR: program
async fn task_coro(_arg: u32) -> Result<()> {
    let value = 1.0 + random();
    println!(">task got {value}");
    sleep(value).await?;
    println!(">task done");
    Ok(())
}

async fn program() -> Result<()> {
    let task = task_coro(1);
    match wait_for(task, 0.2).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("Gave up waiting, task canceled")
        }
        outcome => outcome?,
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
