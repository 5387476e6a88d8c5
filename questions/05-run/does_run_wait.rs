//! A question of the page 05-run: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn save() -> Result<()> {
    println!("saving");
    let result = sleep(1).await;
    println!("saved: {}", result.is_ok());
    result
}

async fn program() -> Result<()> {
    create_task(save());
    sleep(0).await?;
    println!("main ends");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
