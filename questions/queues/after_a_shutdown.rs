//! A question of the page queues: The queue is shut down while two items are in it.
//! What does the consumer get?

use asyncio::{Queue, Result};

// ANCHOR: program
async fn program() -> Result<()> {
    let queue = Queue::new(0);
    queue.put(1).await?;
    queue.put(2).await?;
    queue.shutdown(false);
    println!("put: {}", queue.put(3).await.is_ok());
    while let Ok(item) = queue.get().await {
        println!("got {item}");
    }
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
