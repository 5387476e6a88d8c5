//! A question of the page 12-wait-for: What does this program print?

use asyncio::{Result, TimeoutError, create_task, sleep, wait_for};

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(sleep(60));
    match wait_for(&task, 1).await {
        Err(error) if error.is::<TimeoutError>() => println!("too late"),
        _ => println!("in time"),
    }
    println!("cancelled: {}", task.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
