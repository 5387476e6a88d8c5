//! A question of the page cancellation: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn session() -> Result<()> {
    let result = sleep(3600).await;
    println!("closing");
    sleep(5).await?;
    println!("closed");
    result
}

async fn program() -> Result<()> {
    let task = create_task(session());
    sleep(1).await?;
    task.cancel();
    sleep(1).await?;
    task.cancel();
    let _ = (&task).await;
    println!("cancelled: {}", task.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
