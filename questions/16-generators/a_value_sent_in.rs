//! A question of the page 16-generators: What is `got`?

use asyncio::{AsyncGenerator, Result};

// ANCHOR: program
fn echo() -> AsyncGenerator<String, u32> {
    AsyncGenerator::new(async |mut y| {
        let mut got = None;
        for _ in 0..3 {
            got = y.yield_(format!("{got:?}")).await?;
        }
        Ok(())
    })
}

async fn program() -> Result<()> {
    use asyncio::AsyncIterator;
    let mut echo = echo();
    println!("{}", echo.anext().await?.unwrap());
    println!("{}", echo.asend(7).await?.unwrap());
    println!("{}", echo.anext().await?.unwrap());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
