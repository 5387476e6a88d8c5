//! Spawning, awaiting, yielding, and the memory of idle tasks: what any executor has.

use std::future::pending;
use std::hint::black_box;

use harness::{Idle, Row, Run, parked, parked_count, room_for, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[
    ("spawn_join", || rt::run(spawn_join())),
    ("gather_1k", || rt::run(gather(1_000, scaled(1_000)))),
    ("gather_100k", || rt::run(gather(100_000, scaled(10)))),
    ("idle_pending", || rt::run(idle_pending())),
    ("yield_2", || rt::run(yields(2, scaled(5_000_000)))),
    ("yield_1000", || rt::run(yields(1_000, scaled(10_000)))),
];

async fn spawn_join() {
    let count = scaled(1_000_000);
    let run = Run::start();
    let mut odd = 0;
    for i in 0..count {
        odd += rt::join(rt::spawn(async move { black_box(i) & 1 })).await;
    }
    assert_eq!(odd, count / 2);
    run.done(count);
}

/// Spawns a whole batch, then awaits each: a `gather` that does not use the runtime's own, because those differ.
async fn gather(batch: usize, rounds: usize) {
    let mut handles = Vec::with_capacity(batch);
    let run = Run::start();
    let mut odd = 0;
    for _ in 0..rounds {
        handles.extend((0..batch).map(|i| rt::spawn(async move { black_box(i) & 1 })));
        for handle in handles.drain(..) {
            odd += rt::join(handle).await;
        }
    }
    assert_eq!(odd, rounds * batch / 2);
    run.done(rounds * batch);
}

async fn idle_pending() {
    let count = scaled(1_000_000);
    let mut handles = room_for(count);
    let idle = Idle::start();
    handles.extend((0..count).map(|_| {
        rt::spawn(async {
            parked();
            pending::<()>().await
        })
    }));
    all_parked(count).await;
    idle.done(count);
}

/// Returns when `count` tasks wait. A task that is spawned now runs after all of them, even where a task that yields would run
/// again next.
pub async fn all_parked(count: usize) {
    while parked_count() < count {
        rt::join(rt::spawn(async {})).await;
    }
}

async fn yields(tasks: usize, each: usize) {
    let run = Run::start();
    let mut handles = Vec::with_capacity(tasks);
    handles.extend((0..tasks).map(|_| {
        rt::spawn(async move {
            for _ in 0..each {
                rt::yield_now().await;
            }
        })
    }));
    for handle in handles {
        rt::join(handle).await;
    }
    run.done(tasks * each);
}
