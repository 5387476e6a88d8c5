//! A coroutine stops and goes on many times before it returns. Each time it finds
//! its variables as it left them, and in between it may call whatever it likes:
//! plain functions and other coroutines. Here nothing but `send` drives it, so that
//! each stop can be seen.
//!
//! Run it: `cargo run --example coroutine_suspends_many_times`
//!
//! Shows: coroutine_suspends_many_times, coroutine_calls_plain_function

use std::pin::pin;

use asyncio::coroutines::Step;
use asyncio::{Result, coroutine, sleep};

// ANCHOR: coroutine
/// A plain function: runs from its start to its end, and has no `await`.
fn checksum(block: &[u8]) -> u32 {
    block.iter().map(|byte| u32::from(*byte)).sum()
}

/// Another coroutine: its suspensions are those of whoever awaits it.
async fn receive(block: &str) -> Result<&[u8]> {
    sleep(0).await?;
    Ok(block.as_bytes())
}

async fn download(blocks: [&str; 3]) -> Result<u32> {
    let mut sum = 0;
    for block in blocks {
        let bytes = receive(block).await?;
        sum += checksum(bytes);
        println!("    {block} received, sum so far {sum}");
    }
    Ok(sum)
}
// ANCHOR_END: coroutine

// ANCHOR: drive
fn main() -> Result<()> {
    let mut coro = pin!(coroutine(download(["alpha", "beta", "gamma"])));
    loop {
        match coro.as_mut().send()? {
            Step::Suspended => println!("suspended"),
            Step::Returned(sum) => {
                println!("returned {sum}");
                return Ok(());
            }
        }
    }
}
// ANCHOR_END: drive
