//! Faults without a twin: of a future that is kept without being polled, which Python cannot have, and of time, which CPython does
//! not replay.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio::simulation::explore;
use asyncio::{Event, Lock, Result, create_task, wait_for};

use crate::{Specimen, give_way, limited};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    [
        Specimen {
            name: "futurelock",
            search: |mended, strategy, budget| limited(explore(move || futurelock(mended)), strategy, budget),
        },
        // A step may take as long as the timeout.
        Specimen {
            name: "permit_lost_by_a_timeout",
            search: |mended, strategy, budget| {
                limited(explore(move || permit_lost_by_a_timeout(mended)).slow_steps(1.0), strategy, budget)
            },
        },
    ]
}

/// Waits until one of the two is done, as the `select!` of other crates does. Returns whether it is the first one.
async fn select<T>(mut first: impl Future<Output = Result<T>> + Unpin, second: impl Future) -> Result<bool> {
    let mut second = pin!(second);
    poll_fn(|cx| match pin!(&mut first).poll(cx) {
        Poll::Ready(first) => Poll::Ready(first.map(|_| true)),
        Poll::Pending => second.as_mut().poll(cx).map(|_| Ok(false)),
    })
    .await
}

/// A writer waits for a lock until a bell rings, and then waits for it once more. The first wait is still in line: the lock is
/// offered to it, and the task does not poll it any more. Mended, the first wait is dropped before.
async fn futurelock(mended: bool) -> Result<()> {
    let (log, bell) = (Lock::new(), Event::new());
    let held = log.lock().await?;
    let (own, rings) = (log.clone(), bell.clone());
    let writer = create_task(async move {
        let mut waiting = Box::pin(own.acquire());
        if select(&mut waiting, rings.wait()).await? {
            own.release()?;
            return Ok(());
        }
        let kept = (!mended).then_some(waiting);
        let _held = own.lock().await?;
        drop(kept);
        Ok(())
    });
    let ringer = create_task(async move {
        give_way(3).await?;
        bell.set();
        Ok(())
    });
    give_way(2).await?;
    drop(held);
    writer.await?;
    ringer.await
}

/// The permit is returned after the work, but not if the timeout expires during the work. That takes steps, and no time unless
/// time is part of the schedule.
async fn permit_lost_by_a_timeout(mended: bool) -> Result<()> {
    let free = Rc::new(Cell::new(1));
    let permits = Rc::clone(&free);
    let work = async move {
        permits.set(permits.get() - 1);
        let worked = give_way(2).await;
        if mended || worked.is_ok() {
            permits.set(permits.get() + 1);
        }
        worked
    };
    let _ = wait_for(work, 0.5).await;
    assert_eq!(free.get(), 1, "a permit is lost");
    Ok(())
}
