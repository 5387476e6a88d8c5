//! `sleep` holds up the task that awaits it and no other. With a result it is a
//! coroutine that takes its time to return a value, handy where a real one is not
//! at hand yet.
//!
//! Run it: `cargo run --example sleep_returns_result`
//!
//! Shows: sleep_signature, sleep_returns_result

use asyncio::{Result, create_task, run, sleep, sleep_result};
use guide::repr::Repr;

// ANCHOR: ticks
async fn tick() -> Result<()> {
    for second in 1..=3 {
        sleep(1).await?;
        println!("tick {second}");
    }
    Ok(())
}
// ANCHOR_END: ticks

// ANCHOR: results
async fn program() -> Result<()> {
    let ticking = create_task(tick());
    println!("with a result: {}", sleep_result(2.5, 3).await?.repr());
    println!("without one: {}", sleep(0.1).await?.repr());
    println!("after no time at all: {}", sleep_result(0, 3).await?.repr());
    ticking.await
}
// ANCHOR_END: results

fn main() -> Result<()> {
    run(program())
}
