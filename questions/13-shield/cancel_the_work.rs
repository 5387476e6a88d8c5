//! A question of the page 13-shield: And the other way round?

use asyncio::{Result, create_task, shield, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let work = create_task(sleep(5));
    let shielded = shield(&work);
    sleep(1).await?;
    work.cancel();
    sleep(10).await?;
    println!("shield: {}", shielded.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
