//! The second argument of `asyncio.wait_for`: a number of seconds, whole or not, or
//! `None` for as long as it takes. Rust adds `Duration`.
//!
//! Run it: `cargo run --example wait_for_timeout_argument`
//!
//! Shows: wait_for_timeout_argument, wait_for_none_never_times_out

use std::time::Duration;

use asyncio::timeouts::TimeLimit;
use asyncio::{Result, get_running_loop, run, sleep, wait_for};

// ANCHOR: program
async fn ferry() -> Result<&'static str> {
    sleep(3).await?;
    Ok("across")
}

async fn cross(patience: &str, limit: impl TimeLimit) -> Result<()> {
    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    let outcome = wait_for(ferry(), limit).await;
    println!("{patience}: {outcome:?} after {:.1} s", event_loop.time() - start);
    Ok(())
}

async fn program() -> Result<()> {
    cross("1", 1).await?;
    cross("1.5", 1.5).await?;
    cross("1500 ms", Duration::from_millis(1500)).await?;
    cross("4", 4).await?;
    cross("None", None).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
