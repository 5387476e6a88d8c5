//! A question of the page 11-wait: Two seconds are over. What happens to the tasks
//! that are not done?

use asyncio::{Result, create_task, sleep, wait};

// ANCHOR: program
async fn program() -> Result<()> {
    let tasks = [1, 3, 5].map(|seconds| create_task(sleep(seconds)));
    let (done, pending) = wait(&tasks).timeout(2).await?;
    println!("{} done, {} pending", done.len(), pending.len());
    sleep(2).await?;
    println!("{:?}", tasks.map(|task| task.done()));
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
