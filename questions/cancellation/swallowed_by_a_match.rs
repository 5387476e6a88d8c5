//! A question of the page cancellation: This loop is meant to survive errors. Its
//! task is cancelled after five seconds. What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn poll() -> Result<()> {
    for attempt in 1..=3 {
        println!("attempt {attempt}");
        if sleep(10).await.is_err() {
            println!("failed");
        }
    }
    Ok(())
}

async fn program() -> Result<()> {
    let task = create_task(poll());
    sleep(5).await?;
    task.cancel();
    (&task).await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
