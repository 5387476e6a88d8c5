//! A question of the page rust-you-need: `load` fails with a `ValueError`. What does this program print?
#![expect(
    unreachable_patterns,
    unused_variables,
    non_snake_case,
    reason = "the compiler only warns"
)]

use asyncio::{Result, ValueError};

// ANCHOR: program
async fn load() -> Result<u32> {
    Err(ValueError::new("no such file").into())
}

async fn program() -> Result<()> {
    match load().await {
        Ok(number) => println!("{number}"),
        Err(TimeoutError) => println!("too late"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
