//! The producer is a hundred times as fast as the consumer, and the queue grows and
//! grows. Let no more than five items wait in it.

use asyncio::{Queue, Result, create_task, sleep};

/// Returns the largest number of items that have waited.
async fn pipeline() -> Result<usize> {
    // START
    // let queue = Queue::new(0);
    // SOLUTION
    let queue = Queue::new(5);
    // END
    let consumer = create_task({
        let queue = queue.clone();
        async move {
            for _ in 0..200 {
                queue.get().await?;
                sleep(1).await?;
            }
            Ok(())
        }
    });
    let mut most = 0;
    for item in 0..200 {
        queue.put(item).await?;
        most = most.max(queue.qsize());
        sleep(0.01).await?;
    }
    consumer.await?;
    Ok(most)
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
    fn five_items_wait_at_most() {
        let (result, seconds) = timed(pipeline());
        let most = result.unwrap();
        assert!((2..=5).contains(&most), "{most} items have waited");
        assert!((200.0..202.0).contains(&seconds), "it took {seconds} s");
    }
}
