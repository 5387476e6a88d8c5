//! A question of the page 04-coroutines: A task is ready to run. Does it get a turn
//! at the line `quick().await`?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn quick() -> Result<u32> {
    Ok(1)
}

async fn program() -> Result<()> {
    create_task(async {
        println!("the task");
        Ok(())
    });
    quick().await?;
    println!("after quick");
    sleep(0).await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
