//! A question of the page 13-shield: What does this program print?

use asyncio::{Result, create_task, shield, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let work = create_task(sleep(5));
    let shielded = shield(&work);
    sleep(1).await?;
    shielded.cancel();
    println!("shield: {}", shielded.cancelled());
    sleep(10).await?;
    println!("work: {}", work.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
