//! Putting and getting.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_queues::{LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, QueueOf, Store};
use asyncio_runtime::{Result, create_task, get_running_loop};

use crate::{putting, run, step};

// CPython: test_queues.QueueBasicTests.test_repr, test_str, _QueueJoinTestMixin.test_format,
// _QueueShutdownTestMixin.test_format
#[test]
fn debug_tells_the_state() {
    run(async {
        let queue = Queue::new(1);
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1>");
        let getter = create_task(queue.get());
        step().await;
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1 _getters[1]>");
        queue.put_nowait(0)?;
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1 _queue=[0] tasks=1>");
        let putter = putting(&queue, 2);
        assert_eq!(getter.await?, 0);
        putter.await?;
        let _putter = putting(&queue, 3);
        step().await;
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1 _queue=[2] _putters[1] tasks=2>");
        queue.shutdown(false);
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1 _queue=[2] tasks=2 shutdown>");
        assert_eq!(format!("{:?}", LifoQueue::<u8>::new(0)), "<LifoQueue maxsize=0>");
        assert_eq!(format!("{:?}", PriorityQueue::<u8>::new(0)), "<PriorityQueue maxsize=0>");
        Ok(())
    });
}

// CPython: test_queues.QueueBasicTests.test_empty, test_full
#[test]
fn empty_and_full() {
    run(async {
        let queue = Queue::new(1);
        assert!(queue.empty() && !queue.full());
        queue.put(1).await?;
        assert!(!queue.empty() && queue.full());
        assert_eq!((queue.qsize(), queue.maxsize(), queue.get().await?), (1, 1, 1));
        assert!(queue.empty());
        let unbounded = Queue::new(0);
        unbounded.put(1).await?;
        assert!(!unbounded.full());
        Ok(())
    });
}

async fn out_of<S: Store<i32>>(queue: QueueOf<i32, S>) -> Result<[i32; 3]> {
    for item in [1, 3, 2] {
        queue.put(item).await?;
    }
    Ok([queue.get().await?, queue.get().await?, queue.get().await?])
}

// CPython: test_queues.QueueBasicTests.test_order, LifoQueueTests.test_order, PriorityQueueTests.test_order
#[test]
fn the_three_orders() {
    run(async {
        assert_eq!(out_of(Queue::new(0)).await?, [1, 3, 2]);
        assert_eq!(out_of(LifoQueue::new(0)).await?, [2, 3, 1]);
        assert_eq!(out_of(PriorityQueue::new(0)).await?, [1, 2, 3]);
        Ok(())
    });
}

// CPython: test_queues.QueueBasicTests.test_maxsize, QueueGetTests.test_get_with_putters
#[test]
fn a_put_waits_for_room() {
    run(async {
        let (queue, put) = (Queue::new(2), Rc::new(RefCell::new(Vec::new())));
        let (their, done) = (queue.clone(), put.clone());
        let task = create_task(async move {
            for item in 0..3 {
                their.put(item).await?;
                done.borrow_mut().push(item);
            }
            Ok(())
        });
        step().await;
        step().await;
        assert_eq!(*put.borrow(), [0, 1]);
        assert_eq!(queue.get().await?, 0);
        step().await;
        assert_eq!(*put.borrow(), [0, 1, 2]);
        assert_eq!((queue.get().await?, queue.get().await?), (1, 2));
        assert!(task.done());
        Ok(())
    });
}

// CPython: test_queues.QueueGetTests.test_blocking_get_wait, QueuePutTests.test_blocking_put_wait,
// test_put_with_waiting_getters
#[test]
fn who_waits_is_served_later() {
    run(async {
        let queue = Queue::new(1);
        let event_loop = get_running_loop()?;
        let put = queue.clone();
        event_loop.call_later(0.01, move || put.put_nowait(1).unwrap())?;
        assert_eq!(create_task(queue.get()).await?, 1);
        queue.put(2).await?;
        let get = queue.clone();
        event_loop.call_later(0.01, move || assert_eq!(get.get_nowait().unwrap(), 2))?;
        putting(&queue, 3).await?;
        assert_eq!(queue.get_nowait()?, 3);
        Ok(())
    });
}

// CPython: test_queues.QueueGetTests.test_nonblocking_get_exception, QueuePutTests.test_nonblocking_put_exception
#[test]
fn not_waiting_can_fail() {
    let queue = Queue::new(1);
    let empty = queue.get_nowait().unwrap_err();
    assert!(
        empty.is::<QueueEmpty>() && format!("{empty:?}") == "QueueEmpty()" && empty.to_string() == "the queue is empty"
    );
    queue.put_nowait("a").unwrap();
    let full = queue.put_nowait("b").unwrap_err();
    assert!(full.is_full() && full.error().is::<QueueFull>() && format!("{full:?}") == "QueueFull()");
    assert_eq!(full.into_inner(), "b");
}

/// The result of a future that does not suspend.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

// CPython: test_queues.QueueGetTests.test_blocking_get, test_nonblocking_get, QueuePutTests.test_blocking_put,
// test_nonblocking_put
#[test]
fn where_there_is_room_or_an_item_nobody_waits() {
    let queue = Queue::new(0);
    at_once(queue.put(1)).unwrap();
    queue.put_nowait(2).unwrap();
    assert_eq!((at_once(queue.get()).unwrap(), queue.get_nowait().unwrap()), (1, 2));
}

// CPython: test_queues.QueuePutTests.test_put_cancelled
#[test]
fn a_task_that_puts_ends_with_its_put() {
    run(async {
        let queue = Queue::new(0);
        let put = putting(&queue, 1);
        assert_eq!(queue.get().await?, 1);
        assert!(put.done());
        put.await
    });
}

#[test]
fn equal_handles_are_of_one_queue() {
    let queue: Queue<u32> = Queue::new(1);
    assert!(queue == queue.clone());
    assert!(queue != Queue::new(1));
}
