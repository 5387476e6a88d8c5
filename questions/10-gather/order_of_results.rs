//! A question of the page 10-gather: What does this program print?

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn lap(name: &'static str, seconds: u32) -> Result<&'static str> {
    sleep(seconds).await?;
    println!("{name} is back");
    Ok(name)
}

async fn program() -> Result<()> {
    let all = gather([lap("Ada", 2), lap("Bo", 1)]).await?;
    println!("{all:?}");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
