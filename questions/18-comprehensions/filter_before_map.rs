//! A question of the page 18-comprehensions: Which items does `map` see?

use asyncio::{AsyncIterator, Result, from_iter};

// ANCHOR: program
async fn program() -> Result<()> {
    let doubled: Vec<u32> = from_iter(1..=4)
        .filter(|number| number % 2 == 0)
        .map(|number| {
            println!("map sees {number}");
            number * 2
        })
        .collect()
        .await?;
    println!("{doubled:?}");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
