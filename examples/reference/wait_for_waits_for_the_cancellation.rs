//! When time is up, `wait_for` cancels the awaitable and waits until it has really
//! ended: a cleanup makes it overrun, and an awaitable that swallows the
//! cancellation prevails.
//!
//! Run it: `cargo run --example wait_for_waits_for_the_cancellation`
//!
//! Shows: wait_for_signature, wait_for_waits_for_the_cancellation

use asyncio::{Result, get_running_loop, run, sleep, sleep_result, wait_for};
use guide::repr::raised;

// ANCHOR: coroutines
async fn print_report() -> Result<&'static str> {
    let printed = sleep_result(3600, "report").await;
    if printed.is_err() {
        println!("feeding the paper out");
        sleep(3).await?;
    }
    printed
}

async fn print_stamp() -> Result<&'static str> {
    match sleep(3600).await {
        Err(error) if error.is_cancelled() => Ok("half a stamp"),
        other => other.map(|()| "stamp"),
    }
}
// ANCHOR_END: coroutines

// ANCHOR: program
async fn program() -> Result<()> {
    println!("in time: {}", wait_for(sleep_result(0.1, "note"), 2).await?);

    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    if let Err(error) = wait_for(print_report(), 2).await {
        println!("{} after {:.0} s", raised(&error), event_loop.time() - start);
    }

    println!("in its own time: {}", wait_for(print_stamp(), 2).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
