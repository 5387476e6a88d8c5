//! `wait` returns the very tasks that it was given, so a task can be looked up in
//! `done`. A coroutine has no such identity, which is why `wait` takes none.
//!
//! Run it: `cargo run --example wait_task_in_done`
//!
//! Shows: wait_task_in_done

use asyncio::{Result, create_task, run, wait};
use guide::repr::Repr;

// ANCHOR: program
async fn ultimate_question() -> Result<i32> {
    Ok(42)
}

async fn program() -> Result<()> {
    let task = create_task(ultimate_question());
    let (done, pending) = wait([&task]).await?;
    println!("in done: {}", done.contains(&task).repr());
    println!("in pending: {}", pending.contains(&task).repr());
    if done.contains(&task) {
        println!("result: {}", task.result()?);
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
