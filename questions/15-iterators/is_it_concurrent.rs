//! A question of the page 15-iterators: Five items, a second each, and a body of
//! one second. How long does the loop take?

use asyncio::{AsyncIterator, Result, sleep};

// ANCHOR: program
struct Numbers(u32);

impl AsyncIterator for Numbers {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        sleep(1).await?;
        self.0 += 1;
        Ok((self.0 <= 5).then_some(self.0))
    }
}

async fn program() -> Result<()> {
    let mut numbers = Numbers(0);
    while let Some(_number) = numbers.anext().await? {
        sleep(1).await?;
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
