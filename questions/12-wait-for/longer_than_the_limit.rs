//! A question of the page 12-wait-for: The limit is one second. After how many
//! seconds does this program end?

use asyncio::{Result, sleep, wait_for};

// ANCHOR: program
async fn transfer() -> Result<()> {
    let result = sleep(60).await;
    sleep(4).await?; // clean up
    result
}

async fn program() -> Result<()> {
    let _ = wait_for(transfer(), 1).await;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
