//! Ten tasks sleep for a random fraction of a second, and `asyncio.wait` waits
//! until all of them are done.
//!
//! Run it: `cargo run --example wait_all_tasks`
//!
//! Shows: wait_all_tasks, wait_create_many_tasks

use asyncio::{Result, create_task, run, sleep, wait};
use guide::random::random;

// ANCHOR: program
async fn task_coro(arg: u32) -> Result<()> {
    let value = random();
    sleep(value).await?;
    println!(">task {arg} done with {value}");
    Ok(())
}

async fn program() -> Result<()> {
    let tasks: Vec<_> = (0..10).map(|i| create_task(task_coro(i))).collect();
    let (_done, _pending) = wait(&tasks).await?;
    println!("All done");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
