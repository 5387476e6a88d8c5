//! A queue with five producers and a thousand consumers: waiting costs a consumer
//! next to nothing, so their number is no problem.
//!
//! Run it: `cargo run --example hundreds_of_consumers`
//!
//! Shows: hundreds_of_consumers

use asyncio::{Queue, Result, all_tasks, create_task, gather, run, sleep};

// ANCHOR: program
async fn produce(queue: Queue<u32>) -> Result<()> {
    for item in 0..400 {
        sleep(0.01).await?;
        queue.put(item).await?;
    }
    Ok(())
}

async fn consume(queue: Queue<u32>) -> Result<()> {
    loop {
        queue.get().await?;
        sleep(1).await?;
        queue.task_done()?;
    }
}

async fn program() -> Result<()> {
    let queue = Queue::new(0);
    let consumers: Vec<_> =
        (0..1000).map(|_| create_task(consume(queue.clone()))).collect();
    let producers = (0..5).map(|_| create_task(produce(queue.clone())));
    let producing = gather(producers);
    println!("tasks: {}", all_tasks()?.len());
    producing.await?;
    println!("left in the queue: {}", queue.qsize());
    queue.join().await?;
    println!("all done");
    for consumer in consumers {
        consumer.cancel();
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
