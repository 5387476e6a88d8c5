//! A question of the page 18-comprehensions: `[await price(fruit) for fruit in
//! fruits]`: how long does it take for three fruits?

use asyncio::{AsyncIterator, Result, await_each, sleep_result};

// ANCHOR: program
async fn price(fruit: &'static str) -> Result<usize> {
    sleep_result(2, fruit.len()).await
}

async fn program() -> Result<()> {
    let prices = await_each(["fig", "plum", "pear"].map(price));
    let _all: Vec<usize> = prices.collect().await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
