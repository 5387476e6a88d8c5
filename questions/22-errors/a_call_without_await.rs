//! A question of the page 22-errors: The compiler warns about one line. What does
//! the program print?
#![expect(unused_must_use, reason = "it is the mistake that is shown")]

use asyncio::{Result, sleep};

// ANCHOR: program
async fn save(page: u32) -> Result<()> {
    sleep(1).await?;
    println!("saved {page}");
    Ok(())
}

async fn program() -> Result<()> {
    save(1).await?;
    save(2);
    save(3).await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
