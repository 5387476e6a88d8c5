//! A task reverses a list, after a pause as long as its largest element. Once it
//! was awaited it is done.
//!
//! Run it: `cargo run --example reversed_list_task`
//!
//! Shows: reversed_list_task

use asyncio::{Result, create_task, run, sleep};
use guide::builtins::type_of;
use guide::repr::Repr;

// ANCHOR: program
async fn coro(seq: Vec<u32>) -> Result<Vec<u32>> {
    sleep(seq.iter().copied().max().unwrap_or(0)).await?;
    Ok(seq.into_iter().rev().collect())
}

async fn program() -> Result<()> {
    // A task is more than this needs: `coro(vec![3, 2, 1]).await?` would do.
    let t = create_task(coro(vec![3, 2, 1]));
    (&t).await?;
    println!("t: type {}", type_of(&t));
    println!("t done: {}", t.done().repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
