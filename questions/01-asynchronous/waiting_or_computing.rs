//! A question of the page 01-asynchronous: `time::sleep` blocks the thread, as a
//! long computation does. After how many seconds does this end?

use asyncio::{Result, gather, sleep, time};

// ANCHOR: program
async fn compute() -> Result<()> {
    time::sleep(2);
    Ok(())
}

async fn program() -> Result<()> {
    gather!(compute(), compute(), sleep(3)).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
