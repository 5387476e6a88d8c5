//! A question of the page 07-tasks: The handle of the task is dropped at once. What
//! does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn write() -> Result<()> {
    sleep(1).await?;
    println!("written");
    Ok(())
}

async fn program() -> Result<()> {
    drop(create_task(write()));
    sleep(2).await?;
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
