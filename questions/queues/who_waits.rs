//! A question of the page queues: The queue has room for one item. What does this
//! program print?

use asyncio::{Queue, Result, create_task, sleep};

// ANCHOR: program
async fn produce(queue: Queue<u32>) -> Result<()> {
    for item in 1..=3 {
        queue.put(item).await?;
        println!("put {item}");
    }
    Ok(())
}

async fn program() -> Result<()> {
    let queue = Queue::new(1);
    create_task(produce(queue.clone()));
    sleep(1).await?;
    println!("got {}", queue.get().await?);
    sleep(1).await?;
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
