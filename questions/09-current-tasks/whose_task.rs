//! A question of the page 09-current-tasks: `report` is a coroutine that is awaited
//! in three ways. Which names does it print?

use asyncio::{Result, create_task, current_task};

// ANCHOR: program
async fn report() -> Result<()> {
    let task = current_task()?.expect("a coroutine runs in a task");
    println!("{}", task.get_name());
    Ok(())
}

async fn program() -> Result<()> {
    report().await?;
    create_task(report()).named("worker").await?;
    let inner = async { report().await };
    inner.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
