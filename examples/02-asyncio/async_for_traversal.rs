//! `async for` waits for each item of an asynchronous iterator: in Rust `while let`
//! with an `anext` that is awaited. The loop is no parallel one: fetching and
//! handling take turns, and together as long as the sum of both.
//!
//! Run it: `cargo run --example async_for_traversal`
//!
//! Shows: async_for_traversal, async_for_is_not_parallel

use asyncio::time::perf_counter;
use asyncio::{AsyncIterator, Result, run, sleep};

// ANCHOR: iterator
/// The pages of a report, each fetched when it is asked for.
struct Pages {
    fetched: u32,
    last: u32,
}

impl AsyncIterator for Pages {
    type Item = u32;

    /// The next page, `None` after the last: `__anext__`.
    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.fetched == self.last {
            return Ok(None);
        }
        sleep(1).await?;
        self.fetched += 1;
        Ok(Some(self.fetched))
    }
}
// ANCHOR_END: iterator

// ANCHOR: traverse
async fn program() -> Result<()> {
    let start = perf_counter();
    let clock = || format!("{:.0} s", perf_counter() - start);
    let mut pages = Pages { fetched: 0, last: 3 };
    while let Some(page) = pages.anext().await? {
        println!("{}: page {page} is there", clock());
        sleep(1).await?;
        println!("{}: page {page} is read", clock());
    }
    println!("{}: the end", clock());
    Ok(())
}
// ANCHOR_END: traverse

fn main() -> Result<()> {
    run(program())
}
