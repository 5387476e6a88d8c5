//! Cancellations and timeouts that come at the wrong moment.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use asyncio::{Event, Future, Result, create_task, get_running_loop, sleep};

use crate::{Specimen, give_way, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![
        wake_up_lost_by_a_cancellation,
        permit_lost_by_a_cancellation,
        cancelled_before_it_began,
        child_that_outlives_its_parent,
        half_of_a_transfer,
        answer_after_the_cancellation,
    ]
}

/// A home-made semaphore that hands a permit to a waiter's future. A waiter that is cancelled after that keeps the permit.
async fn wake_up_lost_by_a_cancellation(mended: bool) -> Result<()> {
    let waiters: Rc<RefCell<VecDeque<Future<()>>>> = Rc::default();
    let free = Rc::new(Cell::new(0));
    let release = {
        let (waiters, free) = (Rc::clone(&waiters), Rc::clone(&free));
        move || {
            while let Some(waiter) = waiters.borrow_mut().pop_front() {
                if !waiter.done() {
                    waiter.set_result(()).expect("it is not done");
                    return;
                }
            }
            free.set(free.get() + 1);
        }
    };
    let acquire = |release: Box<dyn Fn()>| {
        let (waiters, free) = (Rc::clone(&waiters), Rc::clone(&free));
        create_task(async move {
            if free.get() > 0 {
                free.set(free.get() - 1);
                return Ok(());
            }
            let waiter = get_running_loop()?.create_future();
            waiters.borrow_mut().push_back(waiter.clone());
            let acquired = (&waiter).await;
            if acquired.is_err() && mended && waiter.done() && !waiter.cancelled() {
                release();
            }
            acquired
        })
    };
    let one = acquire(Box::new(release.clone()));
    let two = acquire(Box::new(release.clone()));
    let canceller = {
        let one = one.clone();
        create_task(async move {
            sleep(0).await?;
            one.cancel();
            Ok(())
        })
    };
    let releaser = create_task(async move {
        give_way(3).await?;
        release();
        Ok(())
    });
    canceller.await?;
    releaser.await?;
    if one.await.is_err() {
        return two.await;
    }
    // The first task has the permit, and keeps it.
    two.cancel();
    let _ = two.await;
    Ok(())
}

/// The permit is returned at the end, but not if the task is cancelled in between.
async fn permit_lost_by_a_cancellation(mended: bool) -> Result<()> {
    let free = Rc::new(Cell::new(1));
    let permits = Rc::clone(&free);
    let worker = create_task(async move {
        permits.set(permits.get() - 1);
        let worked = give_way(2).await;
        if mended || worked.is_ok() {
            permits.set(permits.get() + 1);
        }
        worked
    });
    let cancelled = worker.clone();
    let canceller = create_task(async move {
        give_way(4).await?;
        cancelled.cancel();
        Ok(())
    });
    canceller.await?;
    let _ = worker.await;
    assert_eq!(free.get(), 1, "a permit is lost");
    Ok(())
}

/// The parent increases a counter, and the child decreases it, if it ever begins.
async fn cancelled_before_it_began(mended: bool) -> Result<()> {
    struct CountDown(Rc<Cell<u32>>);
    impl Drop for CountDown {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let running = Rc::new(Cell::new(1));
    let guard = mended.then(|| CountDown(Rc::clone(&running)));
    let counter = Rc::clone(&running);
    let canceller_may = Event::new();
    let may = canceller_may.clone();
    let child = create_task(async move {
        let _guard = guard.unwrap_or_else(|| CountDown(counter));
        may.set();
        sleep(0).await
    });
    let cancelled = child.clone();
    let canceller = create_task(async move {
        cancelled.cancel();
        Ok(())
    });
    canceller.await?;
    let _ = child.await;
    assert_eq!(running.get(), 0, "it still counts");
    drop(canceller_may);
    Ok(())
}

/// The parent ends when it has one answer, and forgets the other tasks that it asked.
async fn child_that_outlives_its_parent(mended: bool) -> Result<()> {
    let answer: Rc<Cell<Option<u32>>> = Rc::default();
    let ask = |number: u32, steps: u32| {
        let answer = Rc::clone(&answer);
        create_task(async move {
            give_way(steps).await?;
            answer.set(answer.get().or(Some(number)));
            Ok(())
        })
    };
    let (fast, slow) = (ask(1, 0), ask(2, 1));
    give_way(3).await?;
    fast.await?;
    if mended {
        slow.await?;
    }
    assert!(answer.get().is_some());
    Ok(())
}

/// One account has already been debited, and the other not yet credited.
async fn half_of_a_transfer(mended: bool) -> Result<()> {
    let accounts = Rc::new(Cell::new((100, 0)));
    let both = Rc::clone(&accounts);
    let transfer = create_task(async move {
        let (from, to) = both.get();
        if mended {
            sleep(0).await?;
            both.set((from - 10, to + 10));
            return Ok(());
        }
        both.set((from - 10, to));
        sleep(0).await?;
        both.set((from - 10, to + 10));
        Ok(())
    });
    let cancelled = transfer.clone();
    let canceller = create_task(async move {
        give_way(3).await?;
        cancelled.cancel();
        Ok(())
    });
    canceller.await?;
    let _ = transfer.await;
    let (from, to) = accounts.get();
    assert_eq!(from + to, 100, "money is lost");
    Ok(())
}

/// The answering task does not check whether anybody still waits.
async fn answer_after_the_cancellation(mended: bool) -> Result<()> {
    let answer: Future<u32> = get_running_loop()?.create_future();
    let (waits, sets) = (answer.clone(), answer);
    let asker = create_task(async move { waits.await.map(drop) });
    let cancelled = asker.clone();
    let canceller = create_task(async move {
        give_way(3).await?;
        cancelled.cancel();
        Ok(())
    });
    let answerer = create_task(async move {
        give_way(2).await?;
        if !mended || !sets.done() {
            sets.set_result(42)?;
        }
        Ok(())
    });
    canceller.await?;
    answerer.await?;
    let _ = asker.await;
    Ok(())
}
