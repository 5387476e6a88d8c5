//! A question of the page 15-iterators: What does the last line print?

use asyncio::{AsyncIterator, Result, anext, from_iter};

// ANCHOR: program
async fn program() -> Result<()> {
    let mut items = from_iter(["tea"]);
    println!("{:?}", items.anext().await?);
    println!("{:?}", items.anext().await?);
    println!("{:?}", anext(&mut items).await.is_err());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
