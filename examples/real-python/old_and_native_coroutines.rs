//! Two spellings of one coroutine. Python once decorated a generator, whose
//! `yield from` handed on every pause of what it waited for; a closure that is
//! polled does that by hand. Both can be awaited, and nobody can tell them apart.
//!
//! Run it: `cargo run --example old_and_native_coroutines`
//!
//! Shows: old_and_native_coroutines

use std::future::poll_fn;
use std::pin::Pin;

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn stuff() -> Result<u32> {
    sleep(1).await?;
    Ok(21)
}

/// The old form: it forwards every poll until the inner future is ready.
fn py34_coro() -> impl Future<Output = Result<u32>> {
    let mut stuff = Box::pin(stuff());
    poll_fn(move |cx| stuff.as_mut().poll(cx).map_ok(|number| 2 * number))
}

/// The native form.
async fn py35_coro() -> Result<u32> {
    Ok(2 * stuff().await?)
}

async fn program() -> Result<()> {
    println!("old: {}", py34_coro().await?);
    println!("native: {}", py35_coro().await?);

    let both: [Pin<Box<dyn Future<Output = _>>>; 2] =
        [Box::pin(py34_coro()), Box::pin(py35_coro())];
    println!("together: {:?}", gather(both).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
