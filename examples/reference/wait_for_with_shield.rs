//! A time limit cancels what it waits for, and so does the cancellation of the
//! waiting task. A shield keeps the awaited task alive: the limit ends the wait
//! alone, and the task can be awaited again.
//!
//! Run it: `cargo run --example wait_for_with_shield`
//!
//! Shows: wait_for_cancelled_cancels_inner, wait_for_with_shield

use asyncio::{Result, create_task, run, shield, sleep, sleep_result, wait_for};
use guide::repr::{Repr, raised};

async fn program() -> Result<()> {
    // ANCHOR: shield
    let download = create_task(sleep_result(2, "4096 bytes"));
    if let Err(error) = wait_for(shield(&download), 1).await {
        println!(
            "{}; the download is done: {}",
            raised(&error),
            download.done().repr()
        );
    }
    println!("{}", download.await?);
    // ANCHOR_END: shield

    // ANCHOR: cancelled
    let upload = create_task(sleep_result(3600, "sent"));
    let waiter = create_task(wait_for(upload.clone(), 60));
    sleep(1).await?;
    waiter.cancel();
    if let Err(error) = waiter.await {
        println!(
            "{}; the upload is cancelled: {}",
            raised(&error),
            upload.cancelled().repr()
        );
    }
    // ANCHOR_END: cancelled
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
