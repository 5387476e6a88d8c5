//! The Chinese guide's asynchronous iterator, which counts to ten without ever
//! waiting.
//!
//! Run it: `cargo run --example zh_async_iterator`
//!
//! Shows: zh_async_iterator

use asyncio::{AsyncIterator, Result, run};

// ANCHOR: program
struct AsyncIter {
    counter: u32,
}

impl AsyncIterator for AsyncIter {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.counter >= 10 {
            return Ok(None);
        }
        self.counter += 1;
        Ok(Some(self.counter))
    }
}

async fn program() -> Result<()> {
    let mut items = AsyncIter { counter: 0 };
    while let Some(item) = items.anext().await? {
        println!("{item}");
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
