//! Waiters that are dropped (`abort`), which Python does not have: nothing that was on its way to them may be lost.

use std::future::poll_fn;
use std::task::Poll;

use asyncio_locks::{Barrier, Condition, Event, Lock, Semaphore};
use asyncio_runtime::{Result, create_task};

use crate::{run, step};

#[test]
fn a_dropped_waiter_hands_the_lock_on() {
    for woken in [false, true] {
        run(async move {
            let lock = Lock::new();
            lock.acquire().await?;
            let tasks = [(); 2].map(|()| {
                let lock = lock.clone();
                create_task(async move { lock.acquire().await })
            });
            step().await;
            if woken {
                lock.release()?;
            }
            tasks[0].abort();
            step().await;
            assert!(tasks[0].cancelled());
            if !woken {
                assert_eq!(format!("{lock:?}"), "<Lock [locked, waiters:1]>");
                lock.release()?;
            }
            let [_, second] = tasks;
            second.await
        });
    }
}

#[test]
fn a_dropped_waiter_leaves_an_event() {
    run(async {
        let event = Event::new();
        let their = event.clone();
        let task = create_task(async move { their.wait().await });
        step().await;
        task.abort();
        step().await;
        assert_eq!(format!("{event:?}"), "<Event [unset]>");
        Ok(())
    });
}

#[test]
fn a_dropped_waiter_gives_its_permit_back() {
    for woken in [false, true] {
        run(async move {
            let semaphore = Semaphore::new(0)?;
            let tasks = [(); 2].map(|()| {
                let semaphore = semaphore.clone();
                create_task(async move { semaphore.acquire().await })
            });
            step().await;
            if woken {
                semaphore.release();
            }
            tasks[0].abort();
            step().await;
            if !woken {
                semaphore.release();
            }
            let [_, second] = tasks;
            second.await?;
            semaphore.release();
            assert_eq!(format!("{semaphore:?}"), "<Semaphore [unlocked, value:1]>");
            Ok(())
        });
    }
}

/// There are permits left, and the task waits only because of the order. It must not take a permit with it.
#[test]
fn a_waiter_dropped_while_there_are_permits_takes_none() {
    run(async {
        let semaphore = Semaphore::new(0)?;
        let tasks = [(); 2].map(|()| {
            let semaphore = semaphore.clone();
            create_task(async move { semaphore.acquire().await })
        });
        // The first waits and is woken at once, with two permits to spare, before the second comes.
        let their = semaphore.clone();
        let third = create_task(async move {
            for _ in 0..4 {
                their.release();
            }
            their.acquire().await
        });
        step().await;
        third.abort();
        step().await;
        step().await;
        let [first, second] = tasks;
        first.await?;
        second.await?;
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [unlocked, value:2]>");
        Ok(())
    });
}

/// Dropped in line, dropped after a notification, dropped while waiting for the lock.
#[test]
fn a_dropped_waiter_passes_its_notification_on() {
    for steps_after_the_notification in [None, Some(0), Some(1)] {
        run(async move {
            let condition = Condition::new();
            let tasks = [(); 2].map(|()| {
                let condition = condition.clone();
                create_task(async move { condition.lock().await?.wait().await })
            });
            step().await;
            let guard = condition.lock().await?;
            if let Some(steps) = steps_after_the_notification {
                guard.notify(1)?;
                for _ in 0..steps {
                    step().await;
                }
            }
            tasks[0].abort();
            step().await;
            if steps_after_the_notification.is_none() {
                // It was not notified, so no other task is woken.
                step().await;
                assert_eq!(format!("{condition:?}"), "<Condition [locked, waiters:1]>");
                guard.notify(1)?;
            }
            drop(guard);
            let [_, second] = tasks;
            second.await?;
            assert!(!condition.locked());
            Ok(())
        });
    }
}

/// Its guard has nothing to release: another task holds the lock.
#[test]
fn the_guard_of_a_dropped_wait_leaves_the_lock_alone() {
    run(async {
        let condition = Condition::new();
        let their = condition.clone();
        let task = create_task(async move { their.lock().await?.wait().await });
        step().await;
        let guard = condition.lock().await?;
        task.abort();
        step().await;
        assert!(task.done() && condition.locked());
        drop(guard);
        assert!(!condition.locked());
        Ok(())
    });
}

#[test]
fn who_is_dropped_at_a_barrier_does_not_count() {
    async fn arrive(barrier: Barrier) -> Result<usize> {
        barrier.wait().await
    }
    run(async {
        let barrier = Barrier::new(2)?;
        let task = create_task(arrive(barrier.clone()));
        step().await;
        assert_eq!(barrier.n_waiting(), 1);
        task.abort();
        step().await;
        assert_eq!(barrier.n_waiting(), 0);
        let first = create_task(arrive(barrier.clone()));
        step().await;
        assert_eq!(barrier.wait().await?, 1);
        assert_eq!(first.await?, 0);
        Ok(())
    });
}

/// One task waits for two events at once. A cancellation ends the wait that it reaches first. The other wait continues
/// and sees its event.
#[test]
fn a_wait_beside_a_cancelled_one_goes_on() {
    run(async {
        let (first, second) = (Event::new(), Event::new());
        let (a, b) = (first.clone(), second.clone());
        let task = create_task(async move {
            let (mut a, mut b) = (Box::pin(a.wait()), Box::pin(b.wait()));
            let mut cancelled = false;
            poll_fn(|cx| {
                if !cancelled && let Poll::Ready(end) = a.as_mut().poll(cx) {
                    assert!(end.unwrap_err().is_cancelled());
                    cancelled = true;
                }
                b.as_mut().poll(cx)
            })
            .await
        });
        step().await;
        task.cancel();
        step().await;
        assert!(!task.done());
        assert_eq!(format!("{first:?} {second:?}"), "<Event [unset]> <Event [unset, waiters:1]>");
        second.set();
        task.await
    });
}
