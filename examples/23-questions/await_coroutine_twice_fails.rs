//! A coroutine can be awaited once. Awaited by value it is gone, which the compiler
//! checks; the error that Python raises at run time comes from a pinned coroutine
//! object that is awaited by reference.
//!
//! Run it: `cargo run --example await_coroutine_twice_fails`
//!
//! Shows: await_coroutine_twice_fails

use std::pin::pin;

use asyncio::{Result, coroutine, run};

async fn other_coro() -> Result<u32> {
    Ok(100)
}

// ANCHOR: twice
async fn program() -> Result<()> {
    let mut coro = pin!(coroutine(other_coro()));
    println!("once: {}", coro.as_mut().await?);
    if let Err(error) = coro.as_mut().await {
        println!("twice: {error:?}");
    }
    Ok(())
}
// ANCHOR_END: twice

fn main() -> Result<()> {
    run(program())
}
