//! A question of the page 07-tasks: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn measure() -> Result<u32> {
    println!("measuring");
    Ok(7)
}

async fn program() -> Result<()> {
    let task = create_task(measure());
    sleep(1).await?;
    println!("{}", (&task).await?);
    println!("{}", task.await?);
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
