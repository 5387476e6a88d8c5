//! The cases of CPython's `test_queues.py`, each under the name of its origin, and what Rust adds: values handed back, dropped
//! waiters, a hundred thousand waiters.
//!
//! Left out is what the types rule out (a size that is a float), and what looks into private attributes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_queues::{LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, QueueOf, QueueShutDown, Store};
use asyncio_runtime::{
    Clock, Result, Runner, Task, TimeoutError, create_task, gather, get_running_loop, sleep, wait_for,
};

fn run(test: impl Future<Output = Result<()>> + 'static) {
    Runner::new().clock(Clock::Virtual).run(test).unwrap();
}

async fn step() {
    sleep(0).await.unwrap();
}

fn putting<T: 'static>(queue: &Queue<T>, item: T) -> Task<()> {
    let put = queue.put(item);
    create_task(async move { Ok(put.await?) })
}

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

// CPython: test_queues.QueueBasicTests.test_maxsize
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
    assert!(empty.is::<QueueEmpty>() && format!("{empty:?}") == "QueueEmpty()" && empty.to_string().is_empty());
    queue.put_nowait("a").unwrap();
    let full = queue.put_nowait("b").unwrap_err();
    assert!(full.is_full() && full.error().is::<QueueFull>() && format!("{full:?}") == "QueueFull()");
    assert_eq!(full.into_inner(), "b");
}

// CPython: test_queues.QueueGetTests.test_get_cancelled_race
#[test]
fn an_item_passes_over_a_cancelled_getter() {
    run(async {
        let queue = Queue::new(0);
        let (t1, t2) = (create_task(queue.get()), create_task(queue.get()));
        step().await;
        t1.cancel();
        step().await;
        assert!(t1.done());
        queue.put("a").await?;
        step().await;
        assert_eq!(t2.await?, "a");
        Ok(())
    });
}

// CPython: test_queues.QueueGetTests.test_get_with_waiting_putters, test_why_are_getters_waiting
#[test]
fn putters_and_getters_take_turns() {
    run(async {
        let queue = Queue::new(1);
        let puts: Vec<_> = (0..5).map(|item| putting(&queue, item)).collect();
        for item in 0..5 {
            assert_eq!(queue.get().await?, item);
        }
        gather(puts).await?;
        Ok(())
    });
}

// CPython: test_queues.QueueGetTests.test_cancelled_getters_not_being_held_in_self_getters,
// QueuePutTests.test_cancelled_puts_not_being_held_in_self_putters
#[test]
fn who_gives_up_leaves_the_line() {
    run(async {
        let queue = Queue::<u8>::new(1);
        assert!(wait_for(queue.get(), 0.1).await.unwrap_err().is::<TimeoutError>());
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1>");
        queue.put_nowait(1)?;
        let put = putting(&queue, 1);
        step().await;
        put.cancel();
        assert!(put.await.unwrap_err().is_cancelled());
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=1 _queue=[1] tasks=1>");
        Ok(())
    });
}

// CPython: test_queues.QueuePutTests.test_get_cancel_drop_one_pending_reader
#[test]
fn a_cancelled_get_takes_no_item() {
    run(async {
        let queue = Queue::new(0);
        let reader = create_task(queue.get());
        step().await;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        reader.cancel();
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(create_task(queue.get()).await?, 1);
        Ok(())
    });
}

// CPython: test_queues.QueuePutTests.test_get_cancel_drop_many_pending_readers
#[test]
fn the_wake_up_of_a_cancelled_get_goes_to_another() {
    run(async {
        let queue = Queue::new(0);
        let [r1, r2, r3] = [(); 3].map(|()| create_task(queue.get()));
        step().await;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        r1.cancel();
        assert!(r1.await.unwrap_err().is_cancelled());
        assert_eq!((r2.await?, r3.await?), (1, 2));
        Ok(())
    });
}

// CPython: test_queues.QueuePutTests.test_put_cancel_drop, test_cancelled_put_silence_value_error_exception
#[test]
fn a_cancelled_put_hands_its_item_back() {
    run(async {
        let queue = Queue::new(1);
        queue.put_nowait("first")?;
        let (put, back) = (queue.put("second"), Rc::new(Cell::new("")));
        let handed_back = back.clone();
        let writer = create_task(async move {
            let failed = put.await.unwrap_err();
            assert!(failed.error().is_cancelled());
            handed_back.set(failed.into_inner());
            Ok(())
        });
        step().await;
        assert_eq!(queue.get_nowait()?, "first");
        writer.cancel();
        writer.await?;
        assert_eq!((back.get(), queue.qsize()), ("second", 0));
        Ok(())
    });
}

// CPython: test_queues.QueuePutTests.test_put_cancelled_race
#[test]
fn room_passes_over_a_cancelled_putter() {
    run(async {
        let queue = Queue::new(1);
        let [a, b, c] = ["a", "b", "X"].map(|item| putting(&queue, item));
        step().await;
        assert!(a.done() && !b.done());
        c.cancel();
        step().await;
        assert!(c.done());
        assert_eq!(queue.get_nowait()?, "a");
        step().await;
        assert_eq!(queue.get_nowait()?, "b");
        b.await
    });
}

// CPython: test_queues.QueuePutTests.test_why_are_putters_waiting
#[test]
fn each_item_taken_lets_one_putter_in() {
    run(async {
        let queue = Queue::new(2);
        let their = queue.clone();
        let getter = create_task(async move {
            sleep(0).await?;
            for _ in 0..their.qsize() {
                their.get_nowait()?;
            }
            Ok(())
        });
        gather((0..4).map(|item| putting(&queue, item))).await?;
        getter.await
    });
}

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

/// That nothing goes in any more, nor comes out.
async fn closed(queue: &Queue<&str>) {
    let failed = queue.put("data").await.unwrap_err();
    assert!(failed.is_shut_down() && failed.into_inner() == "data");
    assert!(queue.put_nowait("data").unwrap_err().is_shut_down());
    assert!(queue.get().await.unwrap_err().is::<QueueShutDown>());
    assert!(queue.get_nowait().unwrap_err().is::<QueueShutDown>());
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_empty
#[test]
fn shutting_down_an_empty_queue() {
    run(async {
        let queue = Queue::new(0);
        let get = create_task(queue.get());
        step().await;
        queue.shutdown(false);
        queue.join().await?;
        step().await;
        assert!(get.done() && get.await.unwrap_err().is::<QueueShutDown>());
        closed(&queue).await;
        Ok(())
    });
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_nonempty
#[test]
fn shutting_down_leaves_what_is_in_it() {
    run(async {
        let queue = Queue::new(1);
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
    });
}

// CPython: test_queues._QueueShutdownTestMixin.test_shutdown_immediate, test_shutdown_immediate_with_unfinished
#[test]
fn shutting_down_at_once_drops_what_is_in_it() {
    for taken in [false, true] {
        run(async move {
            let queue = Queue::new(0);
            queue.put_nowait("data")?;
            queue.put_nowait("data")?;
            let join = create_task(queue.join());
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
        });
    }
}

/// Dropped in the line, or after it was woken: the item, and the room, are the next one's.
#[test]
fn a_dropped_waiter_loses_nothing() {
    for woken in [false, true] {
        run(async move {
            let queue = Queue::new(1);
            let getters = [(); 2].map(|()| create_task(queue.get()));
            step().await;
            if woken {
                queue.put_nowait(1)?;
            }
            getters[0].abort();
            step().await;
            if !woken {
                queue.put_nowait(1)?;
            }
            let [_, second] = getters;
            assert_eq!(second.await?, 1);

            queue.put_nowait(2)?;
            let putters = [3, 4].map(|item| putting(&queue, item));
            step().await;
            if woken {
                queue.get_nowait()?;
            }
            putters[0].abort();
            step().await;
            if !woken {
                queue.get_nowait()?;
            }
            let [_, second] = putters;
            second.await?;
            assert_eq!(queue.get_nowait()?, 4);
            Ok(())
        });
    }
}

#[test]
fn the_report_of_a_deadlock_names_what_is_waited_for() {
    let stuck = async {
        let queue = Queue::new(1);
        queue.put_nowait(1)?;
        let _put = putting(&queue, 2).named("putter");
        queue.join().await
    };
    let report = Runner::new().clock(Clock::Virtual).run(stuck).unwrap_err().to_string();
    assert!(report.contains("putter waits for <Queue.put waiters=1> at "), "{report}");
    assert!(report.contains(" waits for <Queue.join waiters=1> at "), "{report}");
}

/// A cost that grows with the length of the line would take minutes here.
#[test]
fn a_hundred_thousand_waiters() {
    const MANY: u32 = 100_000;
    for cancelled in [false, true] {
        run(async move {
            let queue = Queue::new(0);
            let getters: Vec<_> = (0..MANY).map(|_| create_task(queue.get())).collect();
            step().await;
            if cancelled {
                getters.iter().for_each(|task| assert!(task.cancel()));
            }
            for item in 0..MANY {
                queue.put_nowait(item)?;
            }
            let ends = gather(getters).return_exceptions().await?;
            assert!(ends.iter().all(|end| end.is_err() == cancelled));
            assert_eq!(queue.qsize(), if cancelled { MANY as usize } else { 0 });
            Ok(())
        });
    }
}
