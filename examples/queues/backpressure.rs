//! A fast producer and a slow consumer: without a limit everything piles up in the
//! queue, with one the producer waits.
//!
//! Run it: `cargo run --example backpressure`
//!
//! Shows: backpressure

use asyncio::{Queue, Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

const ITEMS: usize = 50;

// ANCHOR: ends
/// Puts items as fast as it can. Returns the largest backlog it has seen.
async fn produce(queue: Queue<f64>) -> Result<usize> {
    let event_loop = get_running_loop()?;
    let mut backlog = 0;
    for _ in 0..ITEMS {
        queue.put(event_loop.time()).await?;
        backlog = backlog.max(queue.qsize());
    }
    Ok(backlog)
}

/// Takes a tenth of a second for each item. Returns the longest time that an item
/// waited.
async fn consume(queue: Queue<f64>) -> Result<f64> {
    let event_loop = get_running_loop()?;
    let mut longest = 0.0_f64;
    for _ in 0..ITEMS {
        let put_at = queue.get().await?;
        longest = longest.max(event_loop.time() - put_at);
        sleep(0.1).await?;
    }
    Ok(longest)
}
// ANCHOR_END: ends

// ANCHOR: program
async fn pipeline(name: &str, maxsize: usize) -> Result<()> {
    let start = get_running_loop()?.time();
    let queue = Queue::new(maxsize);
    let producer = create_task(produce(queue.clone()));
    let consumer = create_task(consume(queue));
    let (backlog, longest) = (producer.await?, consumer.await?);
    let seconds = get_running_loop()?.time() - start;
    let long = (longest > 1.0).repr();
    println!("{name}: {backlog} in line, one waits over a second: {long}");
    println!("  all of it took {seconds:.0} s");
    Ok(())
}

async fn program() -> Result<()> {
    pipeline("no limit", 0).await?;
    pipeline("room for two", 2).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
