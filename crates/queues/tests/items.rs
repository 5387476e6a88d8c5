//! A queue as an asynchronous iterator.

#[macro_use]
extern crate asyncio_testing;

use asyncio_iterators::AsyncIterator;
use asyncio_queues::Queue;
use asyncio_runtime::{Clock, Runner, create_task, sleep};

#[test]
fn iterating_waits_for_items_and_ends_with_the_queue() {
    let seen = Runner::new().clock(Clock::Virtual).run(async {
        let queue = Queue::new(1);
        let mut items = queue.items();
        let reader = create_task(async move {
            let mut seen = Vec::new();
            while let Some(item) = items.anext().await? {
                seen.push(item);
            }
            assert_eq!(items.anext().await?, None, "the end stays the end");
            Ok(seen)
        });
        for item in 0..5 {
            queue.put(item).await?;
            sleep(1).await?;
        }
        queue.put(5).await?;
        queue.shutdown(false);
        reader.await
    });
    assert_eq!(seen.unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_cancelled_iteration_loses_no_item() {
    Runner::new()
        .clock(Clock::Virtual)
        .run(async {
            let queue = Queue::new(0);
            let mut items = queue.items();
            let reader = create_task(async move { items.anext().await });
            sleep(0).await?;
            queue.put_nowait(1)?;
            reader.cancel();
            assert!(reader.await.unwrap_err().is_cancelled());
            assert_eq!(queue.get_nowait()?, 1);
            Ok(())
        })
        .unwrap();
}
