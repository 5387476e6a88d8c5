//! The same two lists, taken in the order in which they are ready: the short one
//! seven seconds before the long one.
//!
//! Run it: `cargo run --example reversed_list_as_completed`
//!
//! Shows: reversed_list_as_completed

use asyncio::{Result, as_completed, create_task, run, sleep};
use guide::repr::Repr;
use guide_extra::time::strftime;

// ANCHOR: program
async fn coro(seq: Vec<u32>) -> Result<Vec<u32>> {
    sleep(seq.iter().copied().max().unwrap_or(0)).await?;
    Ok(seq.into_iter().rev().collect())
}

async fn program() -> Result<()> {
    let t = create_task(coro(vec![3, 2, 1]));
    let t2 = create_task(coro(vec![10, 5, 0]));
    println!("Start: {}", strftime("%X"));
    for res in as_completed([&t, &t2]) {
        let compl = res.await?;
        println!("res: {compl:?} completed at {}", strftime("%X"));
    }
    println!("End: {}", strftime("%X"));
    println!("Both tasks done: {}", [t, t2].iter().all(|task| task.done()).repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
