//! A question of the page 11-wait: How many tasks are in `done`?

use asyncio::ReturnWhen::FirstCompleted;
use asyncio::{Result, create_task, sleep, wait};

// ANCHOR: program
async fn program() -> Result<()> {
    let tasks = [2, 1, 1].map(|seconds| create_task(sleep(seconds)));
    let (done, _) = wait(&tasks).return_when(FirstCompleted).await?;
    println!("{}", done.len());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
