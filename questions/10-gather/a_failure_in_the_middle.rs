//! A question of the page 10-gather: What does this program print?

use asyncio::{Result, ValueError, gather, sleep};

// ANCHOR: program
async fn job(number: u32) -> Result<()> {
    sleep(number).await?;
    if number == 1 {
        return Err(ValueError::new("one has failed").into());
    }
    println!("{number} is done");
    Ok(())
}

async fn program() -> Result<()> {
    if let Err(error) = gather([job(1), job(2)]).await {
        println!("{error}");
    }
    sleep(5).await?;
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
