//! A question of the page scheduling: What does this program print?

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn count(name: &'static str) -> Result<()> {
    for number in 1..=2 {
        println!("{name} {number}");
        sleep(0).await?;
    }
    Ok(())
}

async fn program() -> Result<()> {
    gather([count("a"), count("b")]).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
