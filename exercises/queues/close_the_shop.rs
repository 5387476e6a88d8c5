//! The consumer never learns that no more items will come, and the program
//! deadlocks. Shut the queue down when all items are in it, and let the consumer
//! return what it has collected.

use asyncio::{Queue, QueueShutDown, Result, create_task, sleep};

async fn produce(queue: Queue<u32>) -> Result<()> {
    for item in 1..=5 {
        sleep(1).await?;
        queue.put(item).await?;
    }
    // START
    // SOLUTION
    queue.shutdown(false);
    // END
    Ok(())
}

async fn consume(queue: Queue<u32>) -> Result<Vec<u32>> {
    let mut items = Vec::new();
    loop {
        match queue.get().await {
            Ok(item) => items.push(item),
            // START
            // SOLUTION
            Err(error) if error.is::<QueueShutDown>() => return Ok(items),
            // END
            Err(error) => return Err(error),
        }
    }
}

async fn pipeline() -> Result<Vec<u32>> {
    let queue = Queue::new(2);
    let producer = create_task(produce(queue.clone()));
    let items = consume(queue).await?;
    producer.await?;
    Ok(items)
}

#[cfg(test)]
mod tests {
    use asyncio::{Clock, Runner};

    use super::*;

    /// Runs a coroutine on the virtual clock: its result, and the seconds it took.
    fn timed<T: 'static>(
        coroutine: impl Future<Output = Result<T>> + 'static,
    ) -> (Result<T>, f64) {
        let runner = Runner::new().clock(Clock::Virtual);
        let event_loop = runner.get_loop().unwrap();
        let start = event_loop.time();
        let result = runner.run(coroutine);
        let seconds = event_loop.time() - start;
        (result, (seconds * 1000.0).round() / 1000.0)
    }

    #[test]
    fn the_consumer_ends_with_all_items() {
        let (result, _) = timed(pipeline());
        match result {
            Ok(items) => assert_eq!(items, [1, 2, 3, 4, 5]),
            Err(error) if error.is::<QueueShutDown>() => {
                panic!("the items were lost with the QueueShutDown")
            }
            Err(error) => panic!("{error}"),
        }
    }
}
