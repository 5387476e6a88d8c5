//! Queues: items that are lost or duplicated, ends that come too early, and waits that never end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::{Queue, Result, create_task, gather, sleep};

use crate::{Specimen, give_way, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![
        forgotten_task_done,
        poison_pill_overtakes,
        empty_then_get,
        full_then_put,
        results_in_the_order_of_completion,
        worker_that_feeds_itself,
        closed_before_the_last_item,
        one_pill_for_two_workers,
    ]
}

/// An item that arrives while the breaker is open is dropped without `task_done`.
async fn forgotten_task_done(mended: bool) -> Result<()> {
    let (queue, open) = (Queue::new(0), Rc::new(Cell::new(true)));
    let (items, broken) = (queue.clone(), Rc::clone(&open));
    let worker = create_task(async move {
        give_way(3).await?;
        for _ in 0..2 {
            items.get().await?;
            if broken.get() {
                if mended {
                    items.task_done()?;
                }
                continue;
            }
            items.task_done()?;
        }
        Ok(())
    });
    let closer = create_task(async move {
        sleep(0).await?;
        open.set(false);
        Ok(())
    });
    queue.put_nowait(1)?;
    queue.put_nowait(2)?;
    queue.join().await?;
    worker.await?;
    closer.await
}

/// The first producer to finish ends the consumer.
async fn poison_pill_overtakes(mended: bool) -> Result<()> {
    let (queue, left) = (Queue::new(0), Rc::new(Cell::new(2)));
    let produce = |item: u32, steps: u32| {
        let (queue, left) = (queue.clone(), Rc::clone(&left));
        create_task(async move {
            give_way(steps).await?;
            queue.put(Some(item)).await?;
            left.set(left.get() - 1);
            if if mended { left.get() == 0 } else { item == 2 } {
                queue.put(None).await?;
            }
            Ok(())
        })
    };
    let (one, two) = (produce(1, 0), produce(2, 2));
    let mut items = 0;
    while queue.get().await?.is_some() {
        items += 1;
    }
    one.await?;
    two.await?;
    assert_eq!(items, 2, "an item is left in the queue");
    Ok(())
}

/// The queue is not empty when it is checked, but it is when the task resumes.
async fn empty_then_get(mended: bool) -> Result<()> {
    let queue = Queue::new(0);
    queue.put_nowait(1)?;
    let take = |after: u32| {
        let queue = queue.clone();
        create_task(async move {
            give_way(after).await?;
            if queue.empty() {
                return Ok(());
            }
            if !mended {
                sleep(0).await?;
            }
            queue.get_nowait().map(drop)
        })
    };
    let (one, two) = (take(0), take(2));
    one.await?;
    two.await
}

/// The same at the other end.
async fn full_then_put(mended: bool) -> Result<()> {
    let queue = Queue::new(1);
    let put = |after: u32| {
        let queue = queue.clone();
        create_task(async move {
            give_way(after).await?;
            if queue.full() {
                return Ok(());
            }
            if !mended {
                sleep(0).await?;
            }
            Ok(queue.put_nowait(1)?)
        })
    };
    let (one, two) = (put(0), put(2));
    one.await?;
    two.await
}

/// The results are stored in the order in which they come.
async fn results_in_the_order_of_completion(mended: bool) -> Result<()> {
    let results: Rc<RefCell<Vec<u32>>> = Rc::default();
    let work = |number: u32| {
        let results = Rc::clone(&results);
        async move {
            give_way(2).await?;
            results.borrow_mut().push(number);
            Ok(number)
        }
    };
    let gathered = gather([1, 2, 3].map(work)).await?;
    let results = if mended { gathered } else { results.take() };
    assert_eq!(results, [1, 2, 3]);
    Ok(())
}

/// The worker puts what it finds into its own queue, which has room for two, and nothing else makes room.
async fn worker_that_feeds_itself(mended: bool) -> Result<()> {
    let queue = Queue::new(if mended { 0 } else { 2 });
    let (items, feeds) = (queue.clone(), queue);
    let worker = create_task(async move {
        let item = items.get().await?;
        sleep(0).await?;
        items.put(item + 10).await?;
        for _ in 0..3 {
            items.get().await?;
        }
        Ok(())
    });
    let feeder = create_task(async move {
        feeds.put(0).await?;
        feeds.put(1).await?;
        give_way(3).await?;
        Ok(feeds.put(2).await?)
    });
    feeder.await?;
    worker.await
}

/// A task that sees the mark ends, even if an item follows it.
async fn closed_before_the_last_item(mended: bool) -> Result<()> {
    let (queue, closed) = (Queue::new(0), Rc::new(Cell::new(false)));
    let (puts, close) = (queue.clone(), Rc::clone(&closed));
    let producer = create_task(async move {
        sleep(0).await?;
        puts.put(1).await?;
        Ok(())
    });
    let waits = if mended { Some(producer.clone()) } else { None };
    let closer = create_task(async move {
        if let Some(producer) = waits {
            (&producer).await?;
        }
        give_way(2).await?;
        close.set(true);
        Ok(())
    });
    let mut items = 0;
    loop {
        while queue.get_nowait().is_ok() {
            items += 1;
        }
        if closed.get() {
            break;
        }
        sleep(0).await?;
    }
    (&producer).await?;
    closer.await?;
    assert_eq!(items, 1, "an item comes too late");
    Ok(())
}

/// A worker that ends on a pill deprives the other one of it, unless it puts the pill back.
async fn one_pill_for_two_workers(mended: bool) -> Result<()> {
    let (queue, working) = (Queue::new(0), Rc::new(Cell::new(0)));
    let work = |_| {
        let (queue, working) = (queue.clone(), Rc::clone(&working));
        create_task(async move {
            loop {
                working.set(working.get() + 1);
                let item: Option<u32> = queue.get().await?;
                working.set(working.get() - 1);
                if item.is_none() {
                    if mended || queue.empty() && working.get() > 0 {
                        queue.put_nowait(None)?;
                    }
                    return Ok(());
                }
                sleep(0).await?;
            }
        })
    };
    let workers = [1, 2].map(work);
    for item in [Some(1), Some(2), None] {
        give_way(2).await?;
        queue.put_nowait(item)?;
    }
    for worker in workers {
        worker.await?;
    }
    Ok(())
}
