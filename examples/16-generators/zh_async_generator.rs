//! The Chinese guide's asynchronous generator, item by item and then as a list:
//! twenty seconds.
//!
//! Run it: `cargo run --example zh_async_generator`
//!
//! Shows: zh_async_generator

use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};

// ANCHOR: program
fn async_generator() -> AsyncGenerator<u32> {
    AsyncGenerator::new(async |mut y| {
        for i in 0..10 {
            sleep(1).await?;
            y.yield_(i).await?;
        }
        Ok(())
    })
}

async fn program() -> Result<()> {
    let mut items = async_generator();
    while let Some(item) = items.anext().await? {
        println!("{item}");
    }
    let results: Vec<u32> = async_generator().collect().await?;
    println!("{results:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
