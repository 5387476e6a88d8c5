//! A question of the page 24-objections: A program asks, waits a second for the
//! answer, and asks again, ten times. How long does it take with asyncio?

use asyncio::{Result, sleep};

// ANCHOR: program
async fn ask() -> Result<()> {
    sleep(1).await
}

async fn program() -> Result<()> {
    for _ in 0..10 {
        ask().await?;
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
