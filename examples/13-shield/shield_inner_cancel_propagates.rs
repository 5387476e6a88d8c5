//! A shield works in one direction: if the task under it is cancelled, the shield
//! is cancelled too, and so is every wait for it.
//!
//! Run it: `cargo run --example shield_inner_cancel_propagates`
//!
//! Shows: shield_inner_cancel_propagates

use asyncio::{Result, create_task, run, shield, sleep};
use guide::repr::{Repr, raised};

// ANCHOR: program
async fn knit(garment: &str) -> Result<&str> {
    let knitted = sleep(5).await;
    if knitted.is_err() {
        println!("{garment}: the needles are put away");
    }
    knitted?;
    Ok(garment)
}

async fn program() -> Result<()> {
    let task = create_task(knit("cardigan"));
    let shielded = shield(&task);
    sleep(1).await?;

    println!("cancel() of the task: {}", task.cancel().repr());
    println!(
        "the shield, before the task has heard of it: done={}",
        shielded.done().repr()
    );
    if let Err(error) = (&shielded).await {
        println!("awaiting the shield raises {}", raised(&error));
    }
    println!("task cancelled={}, {shielded:?}", task.cancelled().repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
