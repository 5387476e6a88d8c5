//! A pool offers each operation twice: waiting for the result, and handing out a
//! future at once. Python's older pools call the two `apply` and `apply_async`;
//! with an executor the first is `submit` followed by `result`.
//!
//! Run it: `cargo run --example pool_apply_and_apply_async`
//!
//! Shows: pool_apply_and_apply_async

use std::sync::mpsc;

use asyncio::{Result, ThreadPoolExecutor, TimeoutError};
use guide::repr::Repr;

// ANCHOR: apply
fn square(number: u32) -> u32 {
    number * number
}

fn wait_or_go_on(pool: &ThreadPoolExecutor) -> Result<()> {
    // apply: the call returns when the function has.
    println!("apply: {}", pool.submit(|| square(7))?.result(None)?);

    // apply_async: the call returns at once.
    let (open, gate) = mpsc::channel::<u32>();
    let squared = pool.submit(move || square(gate.recv().unwrap_or_default()))?;
    println!("apply_async, ready: {}", squared.done().repr());
    match squared.result(0.05) {
        Err(error) if error.is::<TimeoutError>() => println!("gave up for now"),
        other => println!("{other:?}"),
    }
    let (tell, told) = mpsc::channel();
    squared.add_done_callback(move || {
        let _ = tell.send("the callback has run");
    });
    open.send(8)?;
    println!("{}", told.recv()?);
    println!("apply_async, result: {}", squared.result(None)?);
    Ok(())
}
// ANCHOR_END: apply

// ANCHOR: map
fn map(pool: &ThreadPoolExecutor) -> Result<()> {
    let jobs: Vec<_> =
        (1..=5).map(|n| pool.submit(move || square(n))).collect::<Result<_>>()?;
    let squares: Vec<_> =
        jobs.iter().map(|job| job.result(None)).collect::<Result<_>>()?;
    println!("map: {squares:?}");
    Ok(())
}
// ANCHOR_END: map

fn main() -> Result<()> {
    let pool = ThreadPoolExecutor::new(2)?;
    wait_or_go_on(&pool)?;
    map(&pool)
}
