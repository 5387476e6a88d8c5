//! A question of the page 03-when: Each of ten requests *waits* two seconds for a
//! server. How long do they take together?

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn request() -> Result<()> {
    sleep(2).await
}

async fn program() -> Result<()> {
    gather((0..10).map(|_| request())).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
