//! `Condition`.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_locks::{Condition, Lock};
use asyncio_runtime::{Result, Task, TimeoutError, create_task, get_running_loop, timeout, wait_for};

use crate::{Log, run, step};

/// Waits for a notification, and keeps the lock if asked to.
fn waiting(condition: &Condition, log: &Log, number: u32, keeps: bool) -> Task<()> {
    let (condition, log) = (condition.clone(), log.clone());
    create_task(async move {
        condition.acquire().await?;
        condition.wait().await?;
        log.push(number);
        if keeps { Ok(()) } else { Ok(condition.release()?) }
    })
}

// CPython: test_locks.ConditionTests.test_wait, test_repr
#[test]
fn the_notified_go_on_as_they_get_the_lock() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        assert_eq!(format!("{condition:?}"), "<Condition [unlocked]>");
        let tasks = [1, 2, 3].map(|number| waiting(&condition, &log, number, true));
        step().await;
        assert_eq!(format!("{condition:?}"), "<Condition [unlocked, waiters:3]>");
        condition.acquire().await?;
        assert_eq!(format!("{condition:?}"), "<Condition [locked, waiters:3]>");
        condition.notify(1)?;
        step().await;
        log.is(&[]);
        condition.release()?;
        step().await;
        log.is(&[1]);
        condition.notify(2)?;
        step().await;
        log.is(&[1]);
        condition.release()?;
        step().await;
        log.is(&[1, 2]);
        condition.release()?;
        step().await;
        log.is(&[1, 2, 3]);
        assert!(condition.locked() && tasks.iter().all(|task| task.done()));
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_wait_cancel
#[test]
fn a_cancelled_wait_has_the_lock() {
    run(async {
        let condition = Condition::new();
        condition.acquire().await?;
        let their = condition.clone();
        let task = create_task(async move { their.wait().await });
        let victim = task.clone();
        get_running_loop()?.call_soon(move || assert!(victim.cancel()))?;
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(format!("{condition:?}"), "<Condition [locked]>");
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_wait_cancel_contested
#[test]
fn a_wait_cancelled_while_others_want_the_lock_has_it() {
    run(async {
        let condition = Condition::new();
        condition.acquire().await?;
        let their = condition.clone();
        let task = create_task(async move { their.wait().await });
        step().await;
        assert!(!condition.locked());
        condition.acquire().await?;
        condition.notify(1)?;
        let (victim, released) = (task.clone(), condition.clone());
        let event_loop = get_running_loop()?;
        event_loop.call_soon(move || assert!(victim.cancel()))?;
        event_loop.call_soon(move || released.release().unwrap())?;
        let _ = task.await;
        assert!(condition.locked());
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_wait_cancel_after_notify
#[test]
fn a_cancellation_waits_for_the_lock() {
    run(async {
        let condition = Condition::new();
        let their = condition.clone();
        let waiter = create_task(async move { their.lock().await?.wait().await });
        step().await;
        condition.acquire().await?;
        condition.notify(1)?;
        step().await;
        waiter.cancel();
        step().await;
        assert!(!waiter.done());
        condition.release()?;
        step().await;
        assert!(waiter.cancelled() && !condition.locked());
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_wait_unacquired, test_notify_unacquired, test_notify_all_unacquired,
// test_wait_for_unacquired
#[test]
fn nothing_goes_without_the_lock() {
    run(async {
        let condition = Condition::new();
        let wait = "RuntimeError('cannot wait on un-acquired lock')";
        assert_eq!(format!("{:?}", condition.wait().await.unwrap_err()), wait);
        condition.wait_for(|| true).await?;
        assert_eq!(format!("{:?}", condition.wait_for(|| false).await.unwrap_err()), wait);
        let notify = "RuntimeError('cannot notify on un-acquired lock')";
        assert_eq!(format!("{:?}", condition.notify(1).unwrap_err()), notify);
        assert_eq!(format!("{:?}", condition.notify_all().unwrap_err()), notify);
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_wait_for
#[test]
fn a_predicate_is_asked_at_each_notification() {
    run(async {
        let (condition, log, ready) = (Condition::new(), Log::default(), Rc::new(Cell::new(false)));
        let (their, their_log, is_ready) = (condition.clone(), log.clone(), ready.clone());
        let task = create_task(async move {
            their.lock().await?.wait_for(|| is_ready.get()).await?;
            their_log.push(1);
            Ok(())
        });
        step().await;
        for (state, expected) in [(false, &[][..]), (true, &[1][..])] {
            ready.set(state);
            condition.lock().await?.notify(1)?;
            step().await;
            log.is(expected);
        }
        assert!(task.done());
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_notify, test_notify_all
#[test]
fn notify_wakes_so_many() {
    run(async {
        let (condition, log) = (Condition::new(), Log::default());
        let tasks = [1, 2, 3].map(|number| waiting(&condition, &log, number, false));
        step().await;
        condition.lock().await?.notify(1)?;
        step().await;
        log.is(&[1]);
        let guard = condition.lock().await?;
        guard.notify(1)?;
        guard.notify(2048)?;
        drop(guard);
        step().await;
        log.is(&[1, 2, 3]);
        assert!(tasks.iter().all(|task| task.done()));
        let tasks = [4, 5].map(|number| waiting(&condition, &log, number, false));
        step().await;
        condition.lock().await?.notify_all()?;
        step().await;
        log.is(&[1, 2, 3, 4, 5]);
        assert!(tasks.iter().all(|task| task.done()));
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_context_manager, test_explicit_lock
#[test]
fn a_condition_shares_its_lock() {
    run(async {
        let lock = Lock::new();
        let condition = Condition::with_lock(lock.clone());
        let guard = condition.lock().await?;
        assert!(lock.locked() && condition.locked());
        drop(guard);
        assert!(!lock.locked() && !condition.locked());
        let guard = lock.lock().await?;
        assert!(condition.locked());
        drop(guard);
        assert!(!condition.locked());
        Ok(())
    });
}

/// The guard comes from the lock, the wait from the condition. After the wait, the guard still releases the lock.
#[test]
fn a_wait_gives_the_guard_its_hold_back() {
    run(async {
        let lock = Lock::new();
        let condition = Condition::with_lock(lock.clone());
        let guard = lock.lock().await?;
        assert!(wait_for(condition.wait(), 0.5).await.unwrap_err().is::<TimeoutError>());
        assert!(lock.locked());
        drop(guard);
        assert!(!lock.locked());
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_timeout_in_block
#[test]
fn a_time_limit_in_the_block() {
    run(async {
        let condition = Condition::new();
        let guard = condition.lock().await?;
        assert!(wait_for(guard.wait(), 0.5).await.unwrap_err().is::<TimeoutError>());
        assert!(condition.locked());
        Ok(())
    });
}

// CPython: test_locks.ConditionTests.test_cancelled_error_wakeup, test_cancelled_error_re_aquire
#[test]
fn the_cancellation_keeps_its_message() {
    for while_it_takes_the_lock in [false, true] {
        run(async move {
            let condition = Condition::new();
            let their = condition.clone();
            let task = create_task(async move { their.lock().await?.wait_for(|| false).await });
            step().await;
            if while_it_takes_the_lock {
                condition.acquire().await?;
                condition.notify(1)?;
                step().await;
                task.cancel_with("foo");
                condition.release()?;
            } else {
                task.cancel_with("foo");
            }
            assert_eq!(format!("{:?}", task.await.unwrap_err()), "CancelledError('foo')");
            Ok(())
        });
    }
}

// CPython: test_locks.ConditionTests.test_cancelled_wakeup, test_cancelled_wakeup_relock
#[test]
fn a_cancelled_consumer_passes_its_notification_on() {
    async fn consume(condition: Condition, items: Rc<Cell<i32>>) -> Result<()> {
        let guard = condition.lock().await?;
        loop {
            guard.wait_for(|| items.get() != 0).await?;
            if items.get() < 0 {
                return Ok(());
            }
            items.set(items.get() - 1);
        }
    }
    for while_it_takes_the_lock in [false, true] {
        run(async move {
            let (condition, items) = (Condition::new(), Rc::new(Cell::new(0)));
            let consumers = [(); 2].map(|()| create_task(consume(condition.clone(), items.clone())));
            step().await;
            let guard = condition.lock().await?;
            items.set(1);
            guard.notify(1)?;
            if while_it_takes_the_lock {
                step().await;
            }
            consumers[0].cancel();
            // This task is not notified, so it notices only at its timeout that the item is gone.
            let waited = timeout(0.01).run(async |_| guard.wait_for(|| items.get() == 0).await).await;
            assert!(waited.unwrap_err().is::<TimeoutError>());
            assert_eq!(items.get(), 0);
            items.set(-1);
            guard.notify_all()?;
            drop(guard);
            let [_, second] = consumers;
            second.await
        });
    }
}
