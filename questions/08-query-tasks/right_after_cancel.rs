//! A question of the page 08-query-tasks: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(sleep(60));
    sleep(1).await?;
    println!("{}", task.cancel());
    println!("{} {}", task.done(), task.cancelled());
    sleep(0).await?;
    println!("{} {}", task.done(), task.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
