//! A question of the page 21-website-status: The same with a limit of two seconds
//! for each site. After how many seconds does `gather` return?

use asyncio::{Result, gather, sleep, wait_for};

// ANCHOR: program
async fn ask(site: u32) -> Result<u32> {
    sleep(if site == 4 { 6 } else { 1 }).await?;
    Ok(200)
}

async fn program() -> Result<()> {
    let asked = (0..10).map(|site| wait_for(ask(site), 2));
    gather(asked).return_exceptions().await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
