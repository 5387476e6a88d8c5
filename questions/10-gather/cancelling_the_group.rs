//! A question of the page 10-gather: Main's await of the group is cancelled by the
//! time limit. What happens to the sleepers?

use asyncio::{Result, create_task, gather, sleep, wait_for};

// ANCHOR: program
async fn program() -> Result<()> {
    let sleepers = [60, 90].map(|seconds| create_task(sleep(seconds)));
    let late = wait_for(gather([&sleepers[0], &sleepers[1]]), 1).await;
    println!("late: {}", late.is_err());
    println!("{:?}", sleepers.map(|sleeper| sleeper.cancelled()));
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
