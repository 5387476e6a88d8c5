//! Locks, events, conditions, semaphores, barriers.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::simulation::afterwards;
use asyncio::{Barrier, Condition, Event, Lock, Result, Semaphore, create_task, sleep, wait_for};

use crate::{Row, Seen, Sight, probe};

const NEXT: &str = "The lock goes to the next in line.";
const PERMIT: &str = "A permit that was on its way goes to the next in line.";

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
    let lock = Row::new("locks/lock lock", NEXT).clean("a held one", || {
        probe(|| {
            let lock = Lock::new();
            others(&lock);
            async move {
                let _guard = lock.lock().await?;
                sleep(1).await
            }
        })
    });
    let acquire = Row::new("locks/lock acquire", NEXT).clean("a held one", || {
        probe(|| {
            let lock = Lock::new();
            others(&lock);
            async move {
                lock.acquire().await?;
                Ok(lock.release()?)
            }
        })
    });
    let semaphore = Row::new("locks/semaphore permit", PERMIT).clean("of two", || {
        probe(|| {
            let semaphore = Semaphore::new(2).unwrap();
            users(&semaphore);
            async move {
                sleep(0.1).await?;
                let _permit = semaphore.permit().await?;
                sleep(1).await
            }
        })
    });
    let acquire_permit = Row::new("locks/semaphore acquire", PERMIT).clean("of two", || {
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
    let event = Row::new("locks/event wait", "Ends the wait.").clean("an event", || {
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
    let of_condition = Row::new("locks/condition lock", NEXT).clean("a held one", || {
        probe(|| {
            let condition = held();
            async move {
                let _guard = condition.lock().await?;
                sleep(1).await
            }
        })
    });
    let acquire_condition = Row::new("locks/condition acquire", NEXT).clean("a held one", || {
        probe(|| {
            let condition = held();
            async move {
                condition.acquire().await?;
                Ok(condition.release()?)
            }
        })
    });
    let wait = Row::new(
        "locks/condition wait",
        "The error is raised after the lock has been taken again: not even a repeated cancellation leaves the task without \
         the lock. Of several cancellations the last one is raised. Another waiter is woken instead, because this task may \
         have consumed a notification. If the wait is dropped instead of cancelled, it cannot take the lock again. The guard \
         then holds nothing.",
    )
        .clean("a notification", || probe(|| condition(|condition| async move { condition.wait().await })))
        .clean("cancelled, it has the lock", || probe(|| condition(|condition| async move {
            let ended = condition.wait().await;
            assert!(condition.locked(), "it has no lock");
            ended
        })));
    let predicate = Row::new("locks/condition wait_for", "Like [`wait`](Self::wait).").clean("a notification", || {
        probe(|| {
            condition(|condition| async move {
                let asked = Cell::new(0);
                condition.wait_for(|| asked.replace(asked.get() + 1) > 0).await
            })
        })
    });
    let barrier = Row::new(
        "locks/barrier wait",
        "The task does not count as arrived. If all tasks had arrived before, the others are released all the same.",
    )
    .clean("two tasks", || {
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
    let barrier = barrier.clean("that others fill", || {
        probe(|| {
            let barrier = Barrier::new(3).unwrap();
            let (count, left) = (Rc::new(Cell::new(0)), barrier.clone());
            for delay in [0.0, 1.0, 2.0] {
                let (barrier, count) = (barrier.clone(), Rc::clone(&count));
                create_task(async move {
                    sleep(delay).await?;
                    let arrived = wait_for(barrier.wait(), 5).await;
                    count.set(count.get() + usize::from(arrived.is_ok()));
                    Ok(())
                });
            }
            let seen = Seen::default();
            let noted = seen.clone();
            afterwards(move || {
                // Without the target the other three fill it. With the target, two of them do.
                let released = count.get();
                assert!(released == 2 || seen.get() != Sight::Returned && released == 3, "{released} are released");
                assert_eq!(left.n_waiting(), 0);
            });
            noted.note(async move { barrier.wait().await })
        })
    });
    vec![lock, acquire, semaphore, acquire_permit, event, of_condition, acquire_condition, wait, predicate, barrier]
}

/// A condition whose lock a companion holds for a second, and for which another one asks later.
fn held() -> Condition {
    let lock = Lock::new();
    others(&lock);
    Condition::with_lock(lock)
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
