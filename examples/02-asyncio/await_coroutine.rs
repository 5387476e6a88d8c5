//! `async def`, the call and `await` are three things in Python and in Rust:
//! defining a function that makes coroutines, making one, which runs none of its
//! lines, and running it while the caller is suspended.
//!
//! Run it: `cargo run --example await_coroutine`
//!
//! Shows: define_coroutine, create_coroutine_object, await_coroutine

use asyncio::{Result, coroutine, run, sleep};

// ANCHOR: define
async fn total(net: f64, tax: f64) -> Result<f64> {
    println!("adding {tax} % to {net}");
    sleep(1).await?;
    Ok(net * (100.0 + tax) / 100.0)
}
// ANCHOR_END: define

// ANCHOR: await
async fn program() -> Result<()> {
    let coro = coroutine(total(200.0, 19.0));
    println!("created the coroutine {}", coro.name());
    let sum = coro.await?;
    println!("it returned {sum}");
    // The object is for looking at: the plain call can be awaited as well.
    println!("and again: {}", total(200.0, 7.0).await?);
    Ok(())
}
// ANCHOR_END: await

fn main() -> Result<()> {
    run(program())
}
