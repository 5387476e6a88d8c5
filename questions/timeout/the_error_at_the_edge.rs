//! A question of the page timeout: Where does the cancellation become a
//! `TimeoutError`?

use asyncio::{Result, sleep, timeout};

// ANCHOR: program
async fn program() -> Result<()> {
    let outside = timeout(1)
        .run(async |_limit| {
            let inside = sleep(60).await;
            println!("inside: {:?}", inside.as_ref().unwrap_err());
            inside
        })
        .await;
    println!("outside: {:?}", outside.unwrap_err());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
