//! An asynchronous generator sleeps a second before each number from 0 to 9: a
//! coroutine that yields. It is an asynchronous iterator without a type of its own.
//!
//! Run it: `cargo run --example async_generator`
//!
//! Shows: async_generator, define_async_generator, async_generator_awaits,
//! create_async_generator, traverse_async_generator,
//! async_generator_is_an_async_iterator, yield_makes_async_generator

use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};

// ANCHOR: generator
fn async_generator() -> AsyncGenerator<u32> {
    AsyncGenerator::new(async |mut y| {
        for number in 0..10 {
            sleep(1).await?;
            y.yield_(number).await?;
        }
        Ok(())
    })
}
// ANCHOR_END: generator

// ANCHOR: traverse
async fn program() -> Result<()> {
    let mut numbers = async_generator();
    while let Some(number) = numbers.anext().await? {
        println!("{number}");
    }
    Ok(())
}
// ANCHOR_END: traverse

fn main() -> Result<()> {
    run(program())
}
