//! A loop that is left early leaves its generator open. One that is closed, and
//! awaited, cleans up at once; one that is dropped is closed by the loop soon
//! after; one that is kept, at the latest when `run` ends.
//!
//! Run it: `cargo run --example run_finalizes_async_generators`
//!
//! Shows: run_finalizes_async_generators, run_signature

use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};

// ANCHOR: generator
fn rows(table: &'static str) -> AsyncGenerator<u32> {
    AsyncGenerator::new(async move |mut y| {
        let mut row = 0;
        // try: while True: yield row
        let end = loop {
            row += 1;
            if let Err(error) = y.yield_(row).await {
                break error;
            }
        };
        // finally:
        sleep(0.1).await?;
        println!("    {table}: connection closed after {end:?}");
        Err(end)
    })
}
// ANCHOR_END: generator

// ANCHOR: program
async fn program() -> Result<AsyncGenerator<u32>> {
    let mut planets = rows("planets");
    println!("planet {:?}", planets.anext().await?);
    planets.aclose().await?;
    println!("closed");

    let mut moons = rows("moons");
    println!("moon {:?}", moons.anext().await?);
    drop(moons);
    println!("dropped");
    sleep(1).await?;

    let mut stars = rows("stars");
    println!("star {:?}", stars.anext().await?);
    println!("the program ends");
    Ok(stars)
}

fn main() -> Result<()> {
    let mut stars = run(program())?;
    println!("after run: {:?}", run(async move { stars.anext().await })?);
    Ok(())
}
// ANCHOR_END: program
