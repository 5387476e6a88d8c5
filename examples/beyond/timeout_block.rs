//! A time limit for a block, `async with asyncio.timeout(1) as limit`, since Python
//! 3.11: the block may move or remove the limit, which afterwards tells whether it
//! was reached.
//!
//! Run it: `cargo run --example timeout_block`

use asyncio::{
    Result, Timeout, TimeoutError, get_running_loop, run, sleep, timeout,
    timeout_at,
};
use guide::repr::Repr;

// ANCHOR: upload
/// Every part that arrives gives the next part five more seconds.
async fn upload(limit: &Timeout) -> Result<()> {
    let event_loop = get_running_loop()?;
    for part in 1..=4 {
        sleep(2 * part).await?;
        println!("  part {part}");
        limit.reschedule(event_loop.time() + 5.0)?;
    }
    Ok(())
}
// ANCHOR_END: upload

// ANCHOR: main
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    println!("five seconds for each part");
    let start = event_loop.time();
    let limit = timeout(5);
    match limit.run(upload).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!(
                "  given up after {:.1} s, expired: {}",
                event_loop.time() - start,
                limit.expired().repr()
            );
        }
        uploaded => uploaded?,
    }

    println!("until a point in time, and then without end");
    let limit = timeout_at(event_loop.time() + 1.0);
    let patient = async |limit: &Timeout| {
        println!(
            "  left: {:.1} s",
            limit.when().unwrap_or(f64::INFINITY) - event_loop.time()
        );
        limit.reschedule(None)?;
        sleep(2).await
    };
    limit.run(patient).await?;
    println!("  expired: {}", limit.expired().repr());
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
