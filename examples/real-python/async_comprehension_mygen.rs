//! Two asynchronous comprehensions over a generator of powers of two. Neither makes
//! the iteration concurrent: one after the other they take the sum of all sleeps.
//!
//! Run it: `cargo run --example async_comprehension_mygen`
//!
//! Shows: async_comprehension_mygen, mygen, async_comprehension_is_not_concurrent

use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};

// ANCHOR: program
/// Yields powers of two.
fn mygen(u: u32) -> AsyncGenerator<u32> {
    AsyncGenerator::new(async move |mut y| {
        for i in 0..u {
            y.yield_(2_u32.pow(i)).await?;
            sleep(0.1).await?;
        }
        Ok(())
    })
}

async fn program() -> Result<()> {
    let start = asyncio::time::perf_counter();
    let g: Vec<u32> = mygen(10).collect().await?;
    let f: Vec<u32> = mygen(10).filter(|j| (j / 3) % 5 == 0).collect().await?;
    println!("{g:?}");
    println!("{f:?}");
    // Twenty sleeps of a tenth of a second: none of them at the same time as
    // another.
    assert!(asyncio::time::perf_counter() - start > 1.99);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
