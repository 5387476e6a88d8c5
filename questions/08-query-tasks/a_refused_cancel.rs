//! A question of the page 08-query-tasks: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn stubborn() -> Result<&'static str> {
    let _ = sleep(5).await;
    sleep(5).await?;
    Ok("finished")
}

async fn program() -> Result<()> {
    let task = create_task(stubborn());
    sleep(1).await?;
    task.cancel();
    println!("{}", (&task).await?);
    println!("cancelled: {}", task.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
