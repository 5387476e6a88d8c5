//! A task that waits for a set with itself in it waits for ever, because it cannot
//! end while it waits; only a time limit helps. Awaiting oneself directly is
//! caught.
//!
//! Run it: `cargo run --example waiting_on_own_task_blocks_forever`
//!
//! Shows: waiting_on_own_task_blocks_forever

use asyncio::{Result, all_tasks, create_task, current_task, run, wait};
use guide::repr::Repr;

// ANCHOR: itself
async fn wait_for_myself() -> Result<()> {
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    myself.join().await
}
// ANCHOR_END: itself

async fn program() -> Result<()> {
    // ANCHOR: set
    let (done, pending) = wait(&all_tasks()?).timeout(0.1).await?;
    println!("done: {}, pending: {}", done.len(), pending.len());
    println!(
        "the pending one is myself: {}",
        (current_task()?.as_ref() == pending.first()).repr()
    );
    // ANCHOR_END: set

    if let Err(error) = create_task(wait_for_myself()).named("narcissus").await {
        println!("{error}");
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
