//! A question of the page 21-website-status: Ten sites are asked at the same time.
//! Nine answer after one second, and one after six. After how many seconds does
//! `gather` return?

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn ask(site: u32) -> Result<u32> {
    sleep(if site == 4 { 6 } else { 1 }).await?;
    Ok(200)
}

async fn program() -> Result<()> {
    gather((0..10).map(ask)).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
