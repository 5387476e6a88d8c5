//! A shield keeps off the cancellation of its waiters, nothing else: when the work
//! is cancelled in another way, here by itself, the shield is cancelled too.
//!
//! Run it: `cargo run --example shield_cancelled_from_within`
//!
//! Shows: shield_cancelled_from_within

use asyncio::{Result, current_task, run, shield, sleep};
use guide::repr::{Repr, raised};

// ANCHOR: program
async fn give_up() -> Result<()> {
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    myself.cancel();
    // The request arrives at the next await.
    sleep(1).await
}

async fn program() -> Result<()> {
    let shielded = shield(give_up());
    if let Err(error) = (&shielded).await {
        println!("{}", raised(&error));
    }
    println!("the shield is cancelled: {}", shielded.cancelled().repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
