//! A question of the page 04-coroutines: What does this program print?

use asyncio::Result;

// ANCHOR: program
async fn greet(name: &str) -> Result<()> {
    println!("hello, {name}");
    Ok(())
}

async fn program() -> Result<()> {
    let ada = greet("Ada");
    let bo = greet("Bo");
    println!("called both");
    bo.await?;
    ada.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
