//! A task that main does not await may not get to its end: when main returns, `run`
//! cancels what is left.
//!
//! Run it: `cargo run --example unawaited_task_is_cancelled_at_exit`
//!
//! Shows: unawaited_task_is_cancelled_at_exit

use asyncio::{Result, Task, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn coro(seq: Vec<u32>) -> Result<Vec<u32>> {
    println!("reversing {seq:?}");
    sleep(seq.iter().copied().max().unwrap_or(0)).await?;
    println!("never printed: it takes three seconds");
    Ok(seq.into_iter().rev().collect())
}

async fn program() -> Result<Task<Vec<u32>>> {
    let t = create_task(coro(vec![3, 2, 1]));
    // Without `(&t).await?` the loop waits for main alone, which takes one second.
    sleep(1).await?;
    println!("main returns, t done: {}", t.done().repr());
    Ok(t)
}

fn main() -> Result<()> {
    let t = run(program())?;
    println!(
        "after run, t done: {}, t cancelled: {}",
        t.done().repr(),
        t.cancelled().repr()
    );
    Ok(())
}
// ANCHOR_END: program
