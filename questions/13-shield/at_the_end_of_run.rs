//! A question of the page 13-shield: What does this program print?

use asyncio::{Result, create_task, shield, sleep};

// ANCHOR: program
async fn save() -> Result<()> {
    let slept = sleep(5).await;
    println!("saved: {}", slept.is_ok());
    slept
}

async fn program() -> Result<()> {
    let request = create_task(async { shield(save()).await });
    sleep(1).await?;
    request.cancel();
    sleep(1).await?;
    println!("main ends");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
