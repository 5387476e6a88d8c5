//! The items of an asynchronous iterator in a list: Python's
//! `[item async for item in iterator]` is `collect`.
//!
//! Run it: `cargo run --example async_iterator_comprehension`
//!
//! Shows: async_iterator_comprehension, async_for_list_comprehension

use asyncio::{AsyncIterator, Result, run, sleep};

/// Sizes of oak leaves, in millimetres, as they come off the scale.
struct Leaves {
    measured: u32,
}

impl AsyncIterator for Leaves {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.measured == 5 {
            return Ok(None);
        }
        sleep(0.2).await?;
        self.measured += 1;
        Ok(Some(30 * self.measured))
    }
}

// ANCHOR: collect
async fn program() -> Result<()> {
    // [size async for size in Leaves()]
    let sizes: Vec<u32> = Leaves { measured: 0 }.collect().await?;
    println!("{sizes:?}");

    // [size / 10 async for size in Leaves() if size > 60]
    let large: Vec<u32> = Leaves { measured: 0 }
        .filter(|size| *size > 60)
        .map(|size| size / 10)
        .collect()
        .await?;
    println!("{large:?}");
    Ok(())
}
// ANCHOR_END: collect

fn main() -> Result<()> {
    run(program())
}
