//! Sleeps and timeouts.

use std::hint::black_box;
use std::time::Duration;

use harness::{Idle, Numbers, Row, Run, parked, room_for, scaled};

use super::tasks::all_parked;
use crate::rt;

pub const ROWS: &[Row] = &[
    ("sleep_1m", || rt::run(sleeps(scaled(1_000_000), 1))),
    ("sleep_10k", || rt::run(sleeps(scaled(10_000), 10))),
    ("timeout_ready", || rt::run(timeout_ready())),
    ("timeout_yield", || rt::run(timeout_yield())),
    ("idle_sleep", || rt::run(idle_sleep())),
];

/// A time that never comes.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Each round sleeps up to 100 ms in every runtime, so that only its processor time is meaningful.
async fn sleeps(tasks: usize, rounds: usize) {
    let mut numbers = Numbers::new();
    let mut handles = Vec::with_capacity(tasks);
    let run = Run::start();
    for _ in 0..rounds {
        handles.extend((0..tasks).map(|_| {
            let time = Duration::from_micros(numbers.below(100_000));
            rt::spawn(async move { rt::sleep(time).await })
        }));
        for handle in handles.drain(..) {
            rt::join(handle).await;
        }
    }
    run.done(tasks * rounds);
}

async fn timeout_ready() {
    let count = scaled(1_000_000);
    let run = Run::start();
    for i in 0..count {
        assert!(rt::timeout(HOUR, async { black_box(i) }).await);
    }
    run.done(count);
}

/// The awaited future is pending once, so that the timer is really set.
async fn timeout_yield() {
    let count = scaled(1_000_000);
    let run = Run::start();
    for _ in 0..count {
        assert!(rt::timeout(HOUR, rt::yield_now()).await);
    }
    run.done(count);
}

async fn idle_sleep() {
    let count = scaled(1_000_000);
    let mut handles = room_for(count);
    let idle = Idle::start();
    handles.extend((0..count).map(|_| {
        rt::spawn(async {
            parked();
            rt::sleep(HOUR).await
        })
    }));
    all_parked(count).await;
    idle.done(count);
}
