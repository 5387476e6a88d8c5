//! Queues.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::simulation::afterwards;
use asyncio::{AsyncIterator, Queue, anext, anext_or, create_task, sleep};

use crate::{Row, Seen, Sight, probe};

pub(crate) fn rows() -> Vec<Row> {
    let put = Row::new(
        "queues/queue put",
        "The item is not in the queue. Room that was kept for it goes to the next in line.",
    )
    .clean("into a full queue", || {
        probe(|| {
            let queue = Queue::new(1);
            queue.put_nowait(0).unwrap();
            let (rival, getter, left) = (queue.clone(), queue.clone(), queue.clone());
            create_task(async move {
                sleep(0.5).await?;
                Ok(rival.put(1).await?)
            });
            create_task(async move {
                sleep(1).await?;
                getter.get().await?;
                sleep(1).await?;
                getter.get().await.map(drop)
            });
            let seen = Seen::default();
            let put = seen.clone();
            afterwards(move || {
                let expected = usize::from(seen.get() == Sight::Returned);
                assert_eq!(left.qsize(), expected, "an item is lost or doubled");
            });
            async move { put.note(async { Ok(queue.put(2).await?) }).await }
        })
    });
    let get =
        Row::new("queues/queue get", "No item is lost: an item that was meant for this task goes to the next in line.")
            .clean("from an empty queue", || probe(|| taken(|queue| async move { queue.get().await.map(drop) })));
    let items = Row::new(
        "queues/items anext",
        "No item is lost, whether the wait is cancelled or dropped: it goes to the next in line.",
    )
    .clean("from an empty queue", || {
        probe(|| taken(|queue| async move { queue.items().anext().await.map(|item| assert!(item.is_some())) }))
    });
    let join = Row::new("queues/queue join", "Ends the wait. The count of unfinished items stays as it is.").clean(
        "with work left",
        || {
            probe(|| {
                let queue = Queue::new(0);
                queue.put_nowait(0).unwrap();
                let (worker, other) = (queue.clone(), queue.clone());
                create_task(async move { other.join().await });
                create_task(async move {
                    worker.get().await?;
                    sleep(1).await?;
                    Ok(worker.task_done()?)
                });
                async move { queue.join().await }
            })
        },
    );
    let like = "Like the iterator's own [`anext`](AsyncIterator::anext).";
    let next = Row::new("iterators/iterator anext", like)
        .clean("of a queue", || probe(|| taken(|queue| async move { anext(&mut queue.items()).await.map(drop) })));
    let next_or = Row::new("iterators/iterator anext_or", like).clean("of a queue", || {
        probe(|| taken(|queue| async move { anext_or(&mut queue.items(), 5).await.map(drop) }))
    });
    vec![put, get, items, join, next, next_or]
}

/// Two items for the target and a companion: each takes one.
fn taken<M>(take: impl FnOnce(Queue<u32>) -> M) -> impl Future<Output = asyncio::Result<()>>
where
    M: Future<Output = asyncio::Result<()>>,
{
    let queue = Queue::new(0);
    let (rival, producer, left) = (queue.clone(), queue.clone(), queue.clone());
    let (seen, count) = (Seen::default(), Rc::new(Cell::new(0)));
    let counter = Rc::clone(&count);
    create_task(async move {
        sleep(0.5).await?;
        rival.get().await?;
        counter.set(1);
        Ok(())
    });
    create_task(async move {
        for item in 0..2 {
            sleep(1).await?;
            producer.put(item).await?;
        }
        Ok(())
    });
    let take = seen.clone().note(take(queue));
    afterwards(move || {
        let taken = count.get() + usize::from(seen.get() == Sight::Returned);
        assert_eq!(taken + left.qsize(), 2, "an item is lost or doubled");
    });
    take
}
