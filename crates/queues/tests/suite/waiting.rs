//! Waiting in line: cancelled, dropped, named in the report of a deadlock, and many.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio_queues::Queue;
use asyncio_runtime::{Clock, Runner, TimeoutError, create_task, gather, sleep, wait_for};

use crate::{putting, run, step};

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

/// As in CPython: the room for which the cancelled waiter was woken is taken, so the next in line is not woken in vain, and
/// keeps its place.
#[test]
fn a_putter_that_was_cancelled_when_its_room_was_taken_wakes_nobody() {
    run(async {
        let queue = Queue::new(1);
        queue.put_nowait("first")?;
        let puts = ["a", "b", "c"].map(|item| putting(&queue, item));
        step().await;
        queue.get_nowait()?;
        queue.put_nowait("in between")?;
        puts[0].cancel();
        step().await;
        step().await;
        for expected in ["in between", "b", "c"] {
            assert_eq!(queue.get_nowait()?, expected);
            step().await;
        }
        assert!(puts.iter().all(|put| put.done()) && puts[0].cancelled());
        Ok(())
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

/// Dropped in line, or after it was woken: the item, or the room, goes to the next in line.
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

#[test]
fn the_report_names_the_task_that_took_last_and_where() {
    const TAKES: u32 = line!() + 6;
    let report = |ends: bool| {
        let stuck = async move {
            let queue = Queue::new(1);
            let takes = queue.clone();
            let taker = async move {
                takes.get().await?; // its work is never done
                if ends { Ok(()) } else { asyncio_runtime::get_running_loop()?.create_future().await }
            };
            let _taker = create_task(taker).named("taker");
            step().await;
            queue.put_nowait(1)?;
            step().await;
            queue.put_nowait(2)?;
            let _put = putting(&queue, 3).named("putter");
            queue.join().await
        };
        Runner::new().clock(Clock::Virtual).run(stuck).unwrap_err().to_string()
    };
    for (ends, by) in [(true, "a task that is done"), (false, "taker")] {
        let report = report(ends);
        for line in ["put", "join"] {
            let told = format!(" waits for <Queue.{line} waiters=1>, last taken from by {by}, at ");
            assert!(report.contains(&told), "{told}: {report}");
        }
        assert_eq!(report.matches(&format!("\n    taken at {}:{TAKES}\n", file!())).count(), 1, "{report}");
        assert!(report.ends_with(&format!("\n    taken at {}:{TAKES}", file!())), "{report}");
    }
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

/// What the report of a deadlock says about a getter that waits behind one that was offered an item but is not polled.
fn behind_a_getter_that_is_not_polled(overtaken: bool) -> String {
    let program = async move {
        let queue = Queue::new(0);
        let mut branch = pin!(queue.get());
        assert!(!poll_fn(|cx| Poll::Ready(branch.as_mut().poll(cx).is_ready())).await);
        let theirs = queue.clone();
        if overtaken {
            queue.put("an item").await?;
            assert_eq!(queue.get().await?, "an item");
        } else {
            drop(create_task(async move { theirs.put("an item").await.map_err(Into::into) }));
        }
        queue.get().await.map(drop)
    };
    Runner::new().clock(Clock::Virtual).run(program).unwrap_err().to_string()
}

/// It could have taken the first item when that came; it is told about an item that came later.
#[test]
fn an_item_that_is_offered_to_a_getter_that_is_not_polled_is_a_futurelock() {
    let report = behind_a_getter_that_is_not_polled(false);
    let wait = format!("futurelock: an item was put, and offered to a wait of this task at {}:", file!());
    assert!(report.contains(&wait) && report.ends_with(" that is not being polled"), "{report}");
    assert!(!behind_a_getter_that_is_not_polled(true).contains("futurelock"));
}
