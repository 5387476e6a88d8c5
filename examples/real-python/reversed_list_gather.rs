//! Two lists are reversed at once. Awaiting the group means waiting for all of it;
//! the results stand in the order of the arguments.
//!
//! Run it: `cargo run --example reversed_list_gather`
//!
//! Shows: reversed_list_gather

use asyncio::{Result, create_task, gather, run, sleep};
use guide::repr::Repr;
use guide_extra::time::strftime;

// ANCHOR: program
async fn coro(seq: Vec<u32>) -> Result<Vec<u32>> {
    sleep(seq.iter().copied().max().unwrap_or(0)).await?;
    Ok(seq.into_iter().rev().collect())
}

async fn program() -> Result<Vec<Vec<u32>>> {
    let t = create_task(coro(vec![3, 2, 1]));
    let t2 = create_task(coro(vec![10, 5, 0]));
    println!("Start: {}", strftime("%X"));
    let a = gather([&t, &t2]).await?;
    println!("End: {}", strftime("%X"));
    println!("Both tasks done: {}", [t, t2].iter().all(|task| task.done()).repr());
    Ok(a)
}

fn main() -> Result<()> {
    println!("{:?}", run(program())?);
    Ok(())
}
// ANCHOR_END: program
