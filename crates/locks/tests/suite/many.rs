//! A hundred thousand waiters. A cost that grows with the length of the line would take minutes here.

use asyncio_locks::{Condition, Event, Lock, Semaphore};
use asyncio_runtime::{Result, Task, create_task, gather};

use crate::{run, step};

const MANY: usize = 100_000;

fn tasks<F: Future<Output = Result<()>> + 'static>(make: impl Fn() -> F) -> Vec<Task<()>> {
    (0..MANY).map(|_| create_task(make())).collect()
}

async fn acquire_and_release(lock: Lock) -> Result<()> {
    lock.acquire().await?;
    Ok(lock.release()?)
}

#[test]
fn a_lock_goes_through_many_hands() {
    run(async {
        let lock = Lock::new();
        let guard = lock.lock().await?;
        let waiting = tasks(|| acquire_and_release(lock.clone()));
        step().await;
        drop(guard);
        gather(waiting).await?;
        assert_eq!(format!("{lock:?}"), "<Lock [unlocked]>");
        Ok(())
    });
}

/// All tasks are cancelled at once. Before they notice, the lock is taken and released as often.
#[test]
fn many_cancelled_waiters_do_not_slow_the_lock() {
    run(async {
        let lock = Lock::new();
        lock.acquire().await?;
        let waiting = tasks(|| acquire_and_release(lock.clone()));
        step().await;
        for task in &waiting {
            task.cancel();
        }
        for _ in 0..MANY {
            lock.release()?;
            lock.acquire().await?;
        }
        step().await;
        assert!(waiting.iter().all(|task| task.cancelled()));
        assert_eq!(format!("{lock:?}"), "<Lock [locked]>");
        Ok(())
    });
}

#[test]
fn an_event_wakes_many() {
    run(async {
        let event = Event::new();
        let waiting = tasks(|| {
            let event = event.clone();
            async move { event.wait().await }
        });
        step().await;
        // After the first time no task is left to wake.
        for _ in 0..MANY {
            event.set();
            event.clear();
        }
        gather(waiting).await?;
        assert_eq!(format!("{event:?}"), "<Event [unset]>");
        Ok(())
    });
}

#[test]
fn a_semaphore_serves_many_and_sees_many_go() {
    for cancelled in [false, true] {
        run(async move {
            let semaphore = Semaphore::new(0)?;
            let waiting = tasks(|| {
                let semaphore = semaphore.clone();
                async move { semaphore.acquire().await }
            });
            step().await;
            if cancelled {
                waiting.iter().for_each(|task| assert!(task.cancel()));
            }
            for _ in 0..MANY {
                semaphore.release();
            }
            let ends = gather(waiting).return_exceptions().await?;
            assert!(ends.iter().all(|end| end.is_err() == cancelled));
            let left = if cancelled { "unlocked, value:100000" } else { "locked" };
            assert_eq!(format!("{semaphore:?}"), format!("<Semaphore [{left}]>"));
            Ok(())
        });
    }
}

#[test]
fn a_condition_notifies_many_and_sees_many_go() {
    for cancelled in [false, true] {
        run(async move {
            let condition = Condition::new();
            let waiting = tasks(|| {
                let condition = condition.clone();
                async move { condition.lock().await?.wait().await }
            });
            step().await;
            if cancelled {
                waiting.iter().for_each(|task| assert!(task.cancel()));
            } else {
                condition.lock().await?.notify_all()?;
            }
            let ends = gather(waiting).return_exceptions().await?;
            assert!(ends.iter().all(|end| end.is_err() == cancelled));
            assert_eq!(format!("{condition:?}"), "<Condition [unlocked]>");
            Ok(())
        });
    }
}
