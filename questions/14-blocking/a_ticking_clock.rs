//! A question of the page 14-blocking: How often does the clock tick before
//! "copied"?

use asyncio::{Result, create_task, sleep, time, to_thread};

// ANCHOR: program
async fn tick() -> Result<()> {
    for _ in 0..3 {
        sleep(1).await?;
        println!("tick");
    }
    Ok(())
}

async fn program() -> Result<()> {
    let clock = create_task(tick());
    to_thread(|| time::sleep(2.5)).await?;
    println!("copied");
    clock.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
