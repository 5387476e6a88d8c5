//! An asynchronous iterator sleeps a second before each number from 1 to 10, and a
//! loop prints them: Python's `async for` is `while let` with `anext().await`.
//!
//! Run it: `cargo run --example async_iterator`
//!
//! Shows: async_iterator, define_async_iterator, async_iterator_awaits,
//! create_async_iterator, traverse_async_iterator

use asyncio::{AsyncIterator, Result, run, sleep};

// ANCHOR: iterator
struct CustomIterator {
    counter: u32,
}

impl AsyncIterator for CustomIterator {
    type Item = u32;

    /// `async def __anext__(self)`
    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.counter >= 10 {
            return Ok(None);
        }
        sleep(1).await?;
        self.counter += 1;
        Ok(Some(self.counter))
    }
}
// ANCHOR_END: iterator

// ANCHOR: traverse
async fn program() -> Result<()> {
    let mut numbers = CustomIterator { counter: 0 };
    while let Some(number) = numbers.anext().await? {
        println!("{number}");
    }
    Ok(())
}
// ANCHOR_END: traverse

fn main() -> Result<()> {
    run(program())
}
