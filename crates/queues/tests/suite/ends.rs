//! Working a queue off and shutting it down, each of the three kinds.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_queues::{LifoQueue, PriorityQueue, Queue, QueueOf, QueueShutDown, Store};
use asyncio_runtime::{Result, create_task, gather};

use crate::{putting, run, step};

async fn work_off<S: Store<u32> + 'static>(queue: QueueOf<u32, S>) -> Result<()> {
    assert_eq!(queue.task_done().unwrap_err().to_string(), "task_done() called too many times");
    queue.join().await?;
    queue.join().await?;
    (0..100).for_each(|item| queue.put_nowait(item).unwrap());
    let (sum, running) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(true)));
    let workers = [(); 2].map(|()| {
        let (queue, sum, running) = (queue.clone(), sum.clone(), running.clone());
        create_task(async move {
            while running.get() {
                sum.set(sum.get() + queue.get().await?);
                queue.task_done()?;
            }
            Ok(())
        })
    });
    queue.join().await?;
    assert_eq!(sum.get(), (0..100).sum());
    running.set(false);
    [0, 0].iter().for_each(|item| queue.put_nowait(*item).unwrap());
    gather(workers).await?;
    Ok(())
}

// CPython: test_queues._QueueJoinTestMixin.test_task_done_underflow, test_task_done, test_join_empty_queue
#[test]
fn join_waits_until_all_is_worked_off() {
    run(work_off(Queue::new(0)));
    run(work_off(LifoQueue::new(0)));
    run(work_off(PriorityQueue::new(0)));
}

/// As CPython.
#[test]
fn join_waits_for_the_last_item() {
    run(async {
        let queue = Queue::new(0);
        (0..3).for_each(|item| queue.put_nowait(item).unwrap());
        let join = create_task(queue.join());
        step().await;
        for left in (0..3).rev() {
            queue.get_nowait()?;
            queue.task_done()?;
            step().await;
            assert_eq!(join.done(), left == 0);
        }
        join.await
    });
}

/// Asserts that no item can be put or taken any more.
async fn closed<S: Store<&'static str>>(queue: &QueueOf<&'static str, S>) {
    let failed = queue.put("data").await.unwrap_err();
    assert!(failed.is_shut_down() && failed.into_inner() == "data");
    assert!(queue.put_nowait("data").unwrap_err().is_shut_down());
    assert!(queue.get().await.unwrap_err().is::<QueueShutDown>());
    assert!(queue.get_nowait().unwrap_err().is::<QueueShutDown>());
}

/// The three kinds of queue.
macro_rules! each {
    ($test:ident($maxsize:expr $(, $more:expr)*)) => {
        run($test(Queue::new($maxsize) $(, $more)*));
        run($test(LifoQueue::new($maxsize) $(, $more)*));
        run($test(PriorityQueue::new($maxsize) $(, $more)*));
    };
}

async fn empty<S: Store<&'static str> + 'static>(queue: QueueOf<&'static str, S>) -> Result<()> {
    let get = create_task(queue.get());
    step().await;
    queue.shutdown(false);
    queue.join().await?;
    step().await;
    assert!(get.done() && get.await.unwrap_err().is::<QueueShutDown>());
    closed(&queue).await;
    Ok(())
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_empty
#[test]
fn shutting_down_an_empty_queue() {
    each!(empty(0));
}

async fn nonempty<S: Store<&'static str> + 'static>(queue: QueueOf<&'static str, S>) -> Result<()> {
    queue.put_nowait("data")?;
    let (join, put) = (create_task(queue.join()), putting(&queue, "data2"));
    step().await;
    assert!(!put.done());
    queue.shutdown(false);
    step().await;
    assert!(put.done() && put.await.unwrap_err().is::<QueueShutDown>());
    assert_eq!(queue.get().await?, "data");
    step().await;
    assert!(!join.done());
    closed(&queue).await;
    queue.task_done()?;
    step().await;
    assert!(join.done() && queue.task_done().is_err());
    Ok(())
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_nonempty
#[test]
fn shutting_down_leaves_what_is_in_it() {
    each!(nonempty(1));
}

async fn at_once<S: Store<&'static str> + 'static>(queue: QueueOf<&'static str, S>, taken: bool) -> Result<()> {
    queue.put_nowait("data")?;
    queue.put_nowait("data")?;
    let join = create_task(queue.join());
    step().await;
    if taken {
        assert_eq!(queue.get().await?, "data");
    }
    queue.shutdown(true);
    step().await;
    assert!(queue.empty() && join.done() != taken);
    closed(&queue).await;
    if taken {
        queue.task_done()?;
        step().await;
    }
    assert!(join.done() && queue.task_done().is_err());
    Ok(())
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_immediate, test_shutdown_immediate_with_unfinished
#[test]
fn shutting_down_at_once_drops_what_is_in_it() {
    for taken in [false, true] {
        each!(at_once(0, taken));
    }
}

#[test]
fn a_chain_of_queues_that_own_the_next_is_dropped() {
    const MANY: usize = 100_000;
    struct Next(#[expect(dead_code)] Option<Queue<Next>>, #[expect(dead_code)] Rc<()>);
    let owned = Rc::new(());
    let chain = (0..MANY).fold(None, |next, _| {
        let queue = Queue::new(1);
        assert!(queue.put_nowait(Next(next, Rc::clone(&owned))).is_ok());
        Some(queue)
    });
    assert_eq!(Rc::strong_count(&owned), MANY + 1);
    drop(chain);
    assert_eq!(Rc::strong_count(&owned), 1);
}
