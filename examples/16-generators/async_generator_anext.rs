//! Steps of an asynchronous generator by hand, and what is left in a list.
//!
//! Run it: `cargo run --example async_generator_anext`
//!
//! Shows: async_generator_anext, async_generator_anext_one_line,
//! async_generator_comprehension

use asyncio::{AsyncGenerator, AsyncIterator, Result, anext, run, sleep};

fn lighthouse(flashes: u32) -> AsyncGenerator<u32> {
    AsyncGenerator::new(async move |mut y| {
        println!("    the lamp is lit");
        for flash in 1..=flashes {
            sleep(0.5).await?;
            y.yield_(flash).await?;
        }
        Ok(())
    })
}

// ANCHOR: step
async fn program() -> Result<()> {
    let mut flashes = lighthouse(6);
    println!("called: nothing ran yet");

    let awaitable = anext(&mut flashes);
    println!("one step made: nothing ran yet");
    println!("{}", awaitable.await?);

    println!("{}", anext(&mut flashes).await?);

    let rest: Vec<u32> = flashes.map(|flash| 10 * flash).collect().await?;
    println!("{rest:?}");
    Ok(())
}
// ANCHOR_END: step

fn main() -> Result<()> {
    run(program())
}
