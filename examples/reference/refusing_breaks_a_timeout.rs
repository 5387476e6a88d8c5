//! A coroutine that swallows its cancellation: the time limit around it has
//! expired, and raises no `TimeoutError`. One that takes the error for a failure
//! and tries again costs its caller the time that the limit was to save.
//!
//! Run it: `cargo run --example refusing_breaks_a_timeout`
//!
//! Shows: refusing_a_cancellation_is_discouraged

use asyncio::{Result, Timeout, get_running_loop, run, sleep, timeout};
use guide::repr::Repr;

// ANCHOR: coroutines
async fn polite(_limit: &Timeout) -> Result<&'static str> {
    sleep(5).await?;
    Ok("a page")
}

/// Mistakes the cancellation for a failure, and tries once more.
async fn stubborn(_limit: &Timeout) -> Result<&'static str> {
    for _attempt in 0..2 {
        if sleep(5).await.is_ok() {
            break;
        }
    }
    Ok("an old page")
}
// ANCHOR_END: coroutines

// ANCHOR: program
async fn program() -> Result<()> {
    let limit = timeout(1);
    let outcome = limit.run(polite).await;
    println!("polite: {}, expired: {}", outcome.repr(), limit.expired().repr());

    let start = get_running_loop()?.time();
    let limit = timeout(1);
    let outcome = limit.run(stubborn).await;
    println!("stubborn: {}, expired: {}", outcome.repr(), limit.expired().repr());
    println!("  after {:.0} seconds", get_running_loop()?.time() - start);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
