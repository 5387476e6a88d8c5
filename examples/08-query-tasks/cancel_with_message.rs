//! A request may carry a message. It is found in the `CancelledError`, by the task
//! itself and by whoever awaits it.
//!
//! Run it: `cargo run --example cancel_with_message`
//!
//! Shows: cancel_with_message

use asyncio::{CancelledError, Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: main
async fn broadcast() -> Result<()> {
    sleep(3600).await.inspect_err(|error| println!("in the task: {}", error.repr()))
}

async fn program() -> Result<()> {
    for message in [Some("stop now"), None] {
        let task = create_task(broadcast());
        sleep(1).await?;
        match message {
            Some(message) => task.cancel_with(message),
            None => task.cancel(),
        };
        if let Err(error) = task.await {
            println!("awaited: {}", error.repr());
            let cancelled = error.downcast_ref::<CancelledError>();
            println!(
                "the message: {}",
                cancelled.and_then(CancelledError::message).repr()
            );
        }
    }
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
