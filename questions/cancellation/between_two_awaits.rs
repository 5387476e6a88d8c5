//! A question of the page cancellation: The task asks for its own cancellation and
//! goes on working. What does this program print?

use asyncio::{Result, create_task, current_task, sleep};

// ANCHOR: program
async fn work() -> Result<u32> {
    let me = current_task()?.expect("it runs in a task");
    me.cancel();
    println!("still working");
    Ok(5)
}

async fn program() -> Result<()> {
    let task = create_task(work());
    sleep(1).await?;
    println!("cancelled: {}", task.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
