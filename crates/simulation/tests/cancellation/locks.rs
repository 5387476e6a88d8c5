//! Locks, events, conditions, semaphores, barriers. Their documentation says what a cancellation does under *Errors*.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::simulation::afterwards;
use asyncio::{Barrier, Condition, Event, Lock, Result, Semaphore, create_task, sleep, wait_for};

use crate::{Row, probe};

/// Holds the lock for a second, and later asks for it once more.
fn others(lock: &Lock) {
    let (holds, later) = (lock.clone(), lock.clone());
    create_task(async move {
        let _guard = holds.lock().await?;
        sleep(1).await
    });
    create_task(async move {
        sleep(0.5).await?;
        later.lock().await.map(drop)
    });
    let lock = lock.clone();
    afterwards(move || assert!(!lock.locked(), "it is still locked"));
}

/// The same with a permit of two.
fn users(semaphore: &Semaphore) {
    for delay in [0.0, 0.0, 0.5, 0.6] {
        let semaphore = semaphore.clone();
        create_task(async move {
            sleep(delay).await?;
            let _permit = semaphore.permit().await?;
            sleep(1).await
        });
    }
    let semaphore = semaphore.clone();
    afterwards(move || {
        let mut permits = Vec::new();
        while !semaphore.locked() {
            permits.push(
                std::pin::pin!(semaphore.permit())
                    .as_mut()
                    .poll(&mut std::task::Context::from_waker(std::task::Waker::noop())),
            );
        }
        assert_eq!(permits.len(), 2, "a permit is lost or doubled");
    });
}

pub(crate) fn rows() -> Vec<Row> {
    let lock = Row::new("locks/lock Lock", "")
        .clean("lock", || {
            probe(|| {
                let lock = Lock::new();
                others(&lock);
                async move {
                    let _guard = lock.lock().await?;
                    sleep(1).await
                }
            })
        })
        .clean("acquire", || {
            probe(|| {
                let lock = Lock::new();
                others(&lock);
                async move {
                    lock.acquire().await?;
                    Ok(lock.release()?)
                }
            })
        });
    let semaphore = Row::new("locks/semaphore Semaphore", "")
        .clean("permit", || {
            probe(|| {
                let semaphore = Semaphore::new(2).unwrap();
                users(&semaphore);
                async move {
                    sleep(0.1).await?;
                    let _permit = semaphore.permit().await?;
                    sleep(1).await
                }
            })
        })
        .clean("acquire", || {
            probe(|| {
                let semaphore = Semaphore::new(2).unwrap();
                users(&semaphore);
                async move {
                    sleep(0.1).await?;
                    semaphore.acquire().await?;
                    semaphore.release();
                    Ok(())
                }
            })
        });
    let event = Row::new("locks/event Event", "").clean("wait", || {
        probe(|| {
            let event = Event::new();
            let (sets, waits) = (event.clone(), event.clone());
            create_task(async move { waits.wait().await.map(drop) });
            create_task(async move {
                sleep(1).await?;
                sets.set();
                Ok(())
            });
            async move { event.wait().await.map(drop) }
        })
    });
    let condition = Row::new("locks/condition Condition", "")
        .clean("wait", || probe(|| condition(|condition| async move { condition.wait().await })))
        .clean("wait_for", || {
            probe(|| {
                condition(|condition| async move {
                    let asked = Cell::new(0);
                    condition.wait_for(|| asked.replace(asked.get() + 1) > 0).await
                })
            })
        });
    let barrier = Row::new("locks/barrier Barrier", "").clean("wait", || {
        probe(|| {
            let barrier = Barrier::new(2).unwrap();
            let other = barrier.clone();
            // Alone, it waits in vain.
            create_task(async move { wait_for(other.wait(), 5).await.map(drop).or(Ok(())) });
            let left = barrier.clone();
            afterwards(move || assert_eq!(left.n_waiting(), 0));
            async move {
                sleep(1).await?;
                barrier.wait().await.map(drop)
            }
        })
    });
    vec![lock, semaphore, event, condition, barrier]
}

/// The target and two companions wait, and are notified one at a time.
fn condition<M: Future<Output = Result<()>>>(wait: impl FnOnce(Condition) -> M) -> impl Future<Output = Result<()>> {
    let condition = Condition::new();
    let woken = Rc::new(Cell::new(0));
    for _ in 0..2 {
        let (condition, woken) = (condition.clone(), Rc::clone(&woken));
        create_task(async move {
            sleep(0.5).await?;
            let _guard = condition.lock().await?;
            condition.wait().await?;
            woken.set(woken.get() + 1);
            Ok(())
        });
    }
    let notifier = condition.clone();
    create_task(async move {
        for _ in 0..4 {
            sleep(1).await?;
            let _guard = notifier.lock().await?;
            notifier.notify(1)?;
        }
        Ok(())
    });
    let left = condition.clone();
    afterwards(move || {
        assert!(!left.locked(), "its lock is still locked");
        assert_eq!(woken.get(), 2, "a notification is lost");
    });
    let waits = wait(condition.clone());
    async move {
        let _guard = condition.lock().await?;
        waits.await
    }
}
