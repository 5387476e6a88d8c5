//! A question of the page 16-generators: What does this program print?

use asyncio::{AsyncGenerator, AsyncIterator, Result};

// ANCHOR: program
fn letters() -> AsyncGenerator<char> {
    println!("called");
    AsyncGenerator::new(async |mut y| {
        println!("begun");
        y.yield_('a').await?;
        println!("ended");
        Ok(())
    })
}

async fn program() -> Result<()> {
    let mut letters = letters();
    println!("made");
    println!("{:?}", letters.anext().await?);
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
