//! `Lock`.

use asyncio_locks::Lock;
use asyncio_runtime::{Future, Task, create_task, get_running_loop};

use crate::{Log, run, step};

fn acquiring(lock: &Lock, log: &Log, number: u32) -> Task<()> {
    let (lock, log) = (lock.clone(), log.clone());
    create_task(async move {
        lock.acquire().await?;
        log.push(number);
        Ok(())
    })
}

// CPython: test_locks.LockTests.test_repr
#[test]
fn debug_tells_the_state() {
    run(async {
        let lock = Lock::new();
        assert_eq!(format!("{lock:?}"), "<Lock [unlocked]>");
        lock.acquire().await?;
        assert_eq!(format!("{lock:?}"), "<Lock [locked]>");
        let _waiting = acquiring(&lock, &Log::default(), 1);
        step().await;
        assert_eq!(format!("{lock:?}"), "<Lock [locked, waiters:1]>");
        Ok(())
    });
}

// CPython: test_locks.LockTests.test_acquire
#[test]
fn waiters_take_turns_in_order() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        lock.acquire().await?;
        let (t1, t2) = (acquiring(&lock, &log, 1), acquiring(&lock, &log, 2));
        step().await;
        log.is(&[]);
        lock.release()?;
        step().await;
        log.is(&[1]);
        step().await;
        log.is(&[1]);
        let t3 = acquiring(&lock, &log, 3);
        lock.release()?;
        step().await;
        log.is(&[1, 2]);
        lock.release()?;
        step().await;
        log.is(&[1, 2, 3]);
        assert!(t1.done() && t2.done() && t3.done());
        Ok(())
    });
}

// CPython: test_locks.LockTests.test_acquire_cancel
#[test]
fn a_cancelled_waiter_leaves_the_line() {
    run(async {
        let lock = Lock::new();
        lock.acquire().await?;
        let task = acquiring(&lock, &Log::default(), 1);
        let victim = task.clone();
        get_running_loop()?.call_soon(move || assert!(victim.cancel()))?;
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(format!("{lock:?}"), "<Lock [locked]>");
        Ok(())
    });
}

// CPython: test_locks.LockTests.test_cancel_race
#[test]
fn a_release_passes_over_a_cancelled_waiter() {
    async fn hold(lock: Lock, until: Option<Future<()>>) -> asyncio_runtime::Result<()> {
        let _guard = lock.lock().await?;
        if let Some(until) = until {
            until.await?;
        }
        Ok(())
    }
    run(async {
        let lock = Lock::new();
        let until = get_running_loop()?.create_future();
        let a = create_task(hold(lock.clone(), Some(until.clone())));
        step().await;
        assert!(lock.locked());
        let b = create_task(hold(lock.clone(), None));
        step().await;
        let c = create_task(hold(lock.clone(), None));
        step().await;
        assert_eq!(format!("{lock:?}"), "<Lock [locked, waiters:2]>");
        until.set_result(())?;
        b.cancel();
        step().await;
        assert!(!lock.locked() && a.done() && b.cancelled());
        c.await
    });
}

// CPython: test_locks.LockTests.test_cancel_release_race
#[test]
fn a_cancel_and_a_release_together_let_one_in() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        lock.acquire().await?;
        let tasks = [1, 2, 3].map(|number| acquiring(&lock, &log, number));
        step().await;
        let (victim, released) = (tasks[0].clone(), lock.clone());
        get_running_loop()?.call_soon(move || {
            victim.cancel();
            released.release().unwrap();
        })?;
        assert!((&tasks[0]).await.unwrap_err().is_cancelled());
        log.is(&[2]);
        assert!(tasks[1].done() && !tasks[2].done());
        Ok(())
    });
}

// CPython: test_locks.LockTests.test_finished_waiter_cancelled
#[test]
fn a_cancelled_waiter_hands_the_lock_on() {
    run(async {
        let (lock, log) = (Lock::new(), Log::default());
        lock.acquire().await?;
        let b = acquiring(&lock, &log, 1);
        step().await;
        let c = acquiring(&lock, &log, 2);
        b.cancel();
        lock.release()?;
        step().await;
        assert!(lock.locked() && b.cancelled());
        c.await
    });
}

// CPython: test_locks.LockTests.test_release_not_acquired, test_release_no_waiters
#[test]
fn releasing_a_free_lock_is_an_error() {
    run(async {
        let lock = Lock::new();
        assert_eq!(format!("{:?}", lock.release().unwrap_err()), "RuntimeError('Lock is not acquired.')");
        lock.acquire().await?;
        lock.release()?;
        assert!(!lock.locked());
        Ok(())
    });
}

// CPython: test_locks.LockTests.test_context_manager
#[test]
fn a_guard_releases_when_it_goes() {
    run(async {
        let lock = Lock::new();
        let guard = lock.lock().await?;
        assert!(lock.locked());
        drop(guard);
        assert!(!lock.locked());
        Ok(())
    });
}

/// A lock that was released by hand and then taken by another task is not the guard's any more.
#[test]
fn a_guard_releases_only_its_own_hold() {
    run(async {
        let lock = Lock::new();
        let guard = lock.lock().await?;
        lock.release()?;
        lock.acquire().await?;
        drop(guard);
        assert!(lock.locked());
        Ok(())
    });
}
