//! A question of the page rust-you-need: What does this program print?

use asyncio::{Result, ValueError};

// ANCHOR: program
async fn check(number: u32) -> Result<u32> {
    if number > 2 {
        return Err(ValueError::new("too big").into());
    }
    Ok(number)
}

async fn program() -> Result<()> {
    let checked: Result<u32> = async {
        println!("{}", check(1).await?);
        println!("{}", check(3).await?);
        check(2).await
    }
    .await;
    println!("{}", checked.is_err());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
