//! Locks, conditions, events and semaphores, used wrongly but in a way that works in one order.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio::{Condition, Event, Lock, Result, Semaphore, create_task, sleep};

use crate::{Specimen, give_way, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![
        two_locks_in_two_orders,
        notified_before_the_wait,
        pulsed_event,
        asked_once_after_a_notify,
        looked_before_the_lock,
        two_permits_one_by_one,
        philosophers,
        child_that_needs_the_lock_of_its_parent,
        readers_that_do_not_look,
    ]
}

/// One task locks `a` and then `b`, the other `b` and then `a`.
async fn two_locks_in_two_orders(mended: bool) -> Result<()> {
    let (a, b) = (Lock::new(), Lock::new());
    let both = |first: &Lock, second: &Lock, after: u32| {
        let (first, second) = (first.clone(), second.clone());
        create_task(async move {
            give_way(after).await?;
            let _first = first.lock().await?;
            sleep(0).await?;
            let _second = second.lock().await?;
            Ok(())
        })
    };
    let one = both(&a, &b, 0);
    let two = if mended { both(&a, &b, 3) } else { both(&b, &a, 3) };
    one.await?;
    two.await
}

/// The flag is checked without the lock, so a notification between the check and the wait is lost.
async fn notified_before_the_wait(mended: bool) -> Result<()> {
    let (condition, ready) = (Condition::new(), Rc::new(Cell::new(false)));
    let (notifying, set) = (condition.clone(), Rc::clone(&ready));
    let waiter = create_task(async move {
        if mended {
            let _lock = condition.lock().await?;
            condition.wait_for(move || ready.get()).await?;
        } else if !ready.get() {
            sleep(0).await?;
            let _lock = condition.lock().await?;
            condition.wait().await?;
        }
        Ok(())
    });
    let notifier = create_task(async move {
        give_way(3).await?;
        let _lock = notifying.lock().await?;
        set.set(true);
        Ok(notifying.notify_all()?)
    });
    notifier.await?;
    waiter.await
}

/// The event is set and cleared at once: a task that begins to wait after that waits for ever.
async fn pulsed_event(mended: bool) -> Result<()> {
    let event = Event::new();
    let pulsing = event.clone();
    let waiter = create_task(async move {
        sleep(0).await?;
        event.wait().await
    });
    let pulse = create_task(async move {
        give_way(3).await?;
        pulsing.set();
        if !mended {
            pulsing.clear();
        }
        Ok(())
    });
    pulse.await?;
    waiter.await.map(drop)
}

/// One item, but two tasks are woken: `if` instead of `while`.
async fn asked_once_after_a_notify(mended: bool) -> Result<()> {
    let (condition, items) = (Condition::new(), Rc::new(RefCell::new(Vec::new())));
    let take = |after: u32| {
        let (condition, items) = (condition.clone(), Rc::clone(&items));
        create_task(async move {
            give_way(after).await?;
            let _lock = condition.lock().await?;
            if mended {
                let seen = Rc::clone(&items);
                condition.wait_for(move || !seen.borrow().is_empty()).await?;
            } else if items.borrow().is_empty() {
                condition.wait().await?;
            }
            let item = items.borrow_mut().pop();
            assert!(item.is_some(), "there is no item");
            Ok(())
        })
    };
    let (one, two) = (take(0), take(6));
    for item in 0..2 {
        give_way(3).await?;
        let _lock = condition.lock().await?;
        items.borrow_mut().push(item);
        condition.notify_all()?;
    }
    one.await?;
    two.await
}

/// The task checks for work before it holds the lock, but not again afterwards.
async fn looked_before_the_lock(mended: bool) -> Result<()> {
    let (lock, jobs) = (Lock::new(), Rc::new(RefCell::new(vec!["job"])));
    let work = |after: u32| {
        let (lock, jobs) = (lock.clone(), Rc::clone(&jobs));
        create_task(async move {
            give_way(after).await?;
            if jobs.borrow().is_empty() {
                return Ok(());
            }
            let _lock = lock.lock().await?;
            sleep(0).await?;
            let job = jobs.borrow_mut().pop();
            assert!(mended || job.is_some(), "the job is done already");
            Ok(())
        })
    };
    let (one, two) = (work(0), work(3));
    one.await?;
    two.await
}

/// Each of two tasks needs two of the two permits, and takes them one by one.
async fn two_permits_one_by_one(mended: bool) -> Result<()> {
    let (permits, gate) = (Semaphore::new(2)?, Lock::new());
    let work = |after: u32| {
        let (permits, gate) = (permits.clone(), gate.clone());
        create_task(async move {
            give_way(after).await?;
            let _gate = if mended { Some(gate.lock().await?) } else { None };
            let _first = permits.permit().await?;
            sleep(0).await?;
            let _second = permits.permit().await?;
            Ok(())
        })
    };
    let (one, two) = (work(0), work(3));
    one.await?;
    two.await
}

/// Three philosophers and three forks: each has taken the left one.
async fn philosophers(mended: bool) -> Result<()> {
    let forks = [(); 3].map(|()| Lock::new());
    let dine = |seat: usize| {
        let (mut first, mut second) = (seat, (seat + 1) % 3);
        if mended && second < first {
            (first, second) = (second, first);
        }
        let (first, second) = (forks[first].clone(), forks[second].clone());
        create_task(async move {
            give_way(seat as u32).await?;
            let _first = first.lock().await?;
            sleep(0).await?;
            let _second = second.lock().await?;
            Ok(())
        })
    };
    let all = [0, 1, 2].map(dine);
    for philosopher in all {
        philosopher.await?;
    }
    Ok(())
}

/// The parent holds the lock and waits for a child that, if it comes first to something else, needs it too.
async fn child_that_needs_the_lock_of_its_parent(mended: bool) -> Result<()> {
    let (lock, warm) = (Lock::new(), Rc::new(Cell::new(false)));
    let (needs, seen) = (lock.clone(), Rc::clone(&warm));
    let warmer = create_task(async move {
        warm.set(true);
        Ok(())
    });
    let child = create_task(async move {
        give_way(2).await?;
        if !seen.get() {
            let _lock = needs.lock().await?;
        }
        Ok(())
    });
    let held = lock.lock().await?;
    if mended {
        drop(held);
        child.await?;
    } else {
        child.await?;
        drop(held);
    }
    warmer.await
}

/// A reader checks that nobody is writing, yields, and then reads.
async fn readers_that_do_not_look(mended: bool) -> Result<()> {
    let (lock, writing) = (Lock::new(), Rc::new(Cell::new(false)));
    let (of_reader, seen) = (lock.clone(), Rc::clone(&writing));
    let reader = create_task(async move {
        let _lock = if mended { Some(of_reader.lock().await?) } else { None };
        while seen.get() {
            sleep(0).await?;
        }
        sleep(0).await?;
        assert!(!seen.get(), "it reads while another task writes");
        Ok(())
    });
    let writer = create_task(async move {
        give_way(2).await?;
        let _lock = lock.lock().await?;
        writing.set(true);
        sleep(0).await?;
        writing.set(false);
        Ok(())
    });
    reader.await?;
    writer.await
}
