//! A task that notices its cancellation, passes it on and cleans up on the way; its
//! creator gets the error from the await.
//!
//! Run it: `cargo run --example cancel_me`
//!
//! Shows: cancel_me

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn cancel_me() -> Result<()> {
    println!("cancel_me(): before sleep");

    let slept = sleep(3600).await;
    if slept.as_ref().is_err_and(|error| error.is_cancelled()) {
        println!("cancel_me(): cancel sleep");
    }
    // The lines before the error is passed on are Python's `finally`.
    println!("cancel_me(): after sleep");
    slept
}

async fn program() -> Result<()> {
    let task = create_task(cancel_me());
    sleep(1).await?;

    task.cancel();
    match task.await {
        Err(error) if error.is_cancelled() => {
            println!("main(): cancel_me is cancelled now")
        }
        outcome => outcome?,
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
