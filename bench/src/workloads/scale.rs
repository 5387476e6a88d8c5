//! The cost of one operation among N others, for N from ten to a million. What an executor, a lock, a queue or a timer heap
//! does in constant time shows as a flat line; a search shows as a slope.

use std::time::Duration;

use harness::{Numbers, Row, Sizes};

use super::timers::HOUR;
use crate::rt;

pub const ROWS: &[Row] = &[
    ("scale_tasks", || rt::run(tasks())),
    ("scale_timers", || rt::run(timers())),
    ("scale_waiters", || rt::run(waiters())),
    ("scale_items", || rt::run(items())),
    ("scale_wake", || rt::run(wake())),
    ("scale_cancel", || rt::run(cancel())),
    ("scale_cancel_timer", || rt::run(cancel_timer())),
    ("scale_time_out", || rt::run(time_out())),
];

/// N tasks are spawned, yield once, and are awaited.
async fn tasks() {
    let mut sizes = Sizes::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let handles: Vec<_> = (0..count).map(|_| rt::spawn(rt::yield_now())).collect();
            for handle in handles {
                rt::join(handle).await;
            }
        }
    }
}

/// N tasks sleep for up to 20 ms, all at once, and are awaited.
async fn timers() {
    let mut sizes = Sizes::waiting();
    let mut numbers = Numbers::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            // In every runtime its time begins with its first step, even where a sleep begins when it is created.
            let mut sleeper = || {
                let time = Duration::from_micros(numbers.below(20_000));
                rt::spawn(async move { rt::sleep(time).await })
            };
            let handles: Vec<_> = (0..count).map(|_| sleeper()).collect();
            for handle in handles {
                rt::join(handle).await;
            }
        }
    }
}

/// N tasks wait for a lock, and get it one after the other.
async fn waiters() {
    let mut sizes = Sizes::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let mutex = rt::Shared::new(rt::Mutex::new(0));
            let held = mutex.lock().await;
            let mut handles = Vec::with_capacity(count);
            handles.extend((0..count).map(|_| {
                let mutex = mutex.clone();
                rt::spawn(async move { *mutex.lock().await += 1 })
            }));
            rt::yield_now().await;
            drop(held);
            for handle in handles {
                rt::join(handle).await;
            }
            assert_eq!(*mutex.lock().await, count as u64);
        }
    }
}

/// N items are put into a queue, and then taken.
async fn items() {
    let mut sizes = Sizes::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let (sender, mut receiver) = rt::unbounded::<u64>();
            (0..count as u64).for_each(|i| rt::send_unbounded(&sender, i));
            for i in 0..count as u64 {
                assert_eq!(rt::receive_unbounded(&mut receiver).await, i);
            }
        }
    }
}

/// N tasks take turns at a lock, and wait for it again at the end of the line.
async fn wake() {
    let mut sizes = Sizes::new();
    while let Some(count) = sizes.next() {
        let turns = count as u64 * sizes.rounds() as u64;
        let mutex = rt::Shared::new(rt::Mutex::new(0));
        let handles: Vec<_> = (0..count)
            .map(|_| {
                let mutex = mutex.clone();
                rt::spawn(async move {
                    loop {
                        let mut turn = mutex.lock().await;
                        if *turn >= turns {
                            return;
                        }
                        *turn += 1;
                        rt::yield_now().await;
                    }
                })
            })
            .collect();
        for handle in handles {
            rt::join(handle).await;
        }
    }
}

/// N tasks wait for a lock, and are cancelled in an order that has nothing to do with the line.
async fn cancel() {
    let mut sizes = Sizes::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let mutex = rt::Shared::new(rt::Mutex::new(0));
            let held = mutex.lock().await;
            let waiter = || rt::spawn_cancellable(rt::cancellable_lock(mutex.clone()));
            cancel_all((0..count).map(|_| waiter()).collect()).await;
            drop(held);
        }
    }
}

/// N tasks sleep for an hour, and are cancelled in any order.
async fn cancel_timer() {
    let mut sizes = Sizes::new();
    let mut numbers = Numbers::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let mut time = || HOUR + Duration::from_millis(numbers.below(1_000_000));
            cancel_all((0..count).map(|_| rt::spawn_cancellable(rt::cancellable_sleep(time()))).collect()).await;
        }
    }
}

async fn cancel_all(mut handles: Vec<rt::CancellableHandle>) {
    rt::yield_now().await;
    let mut numbers = Numbers::new();
    for i in (1..handles.len()).rev() {
        handles.swap(i, numbers.below(i as u64 + 1) as usize);
    }
    for handle in handles {
        assert!(rt::cancel(handle).await);
    }
}

/// N tasks wait for a lock for up to 20 ms, in vain: each leaves the line from its place in it.
async fn time_out() {
    let mut sizes = Sizes::waiting();
    let mut numbers = Numbers::new();
    while let Some(count) = sizes.next() {
        for _ in 0..sizes.rounds() {
            let mutex = rt::Shared::new(rt::Mutex::new(0));
            let held = mutex.lock().await;
            let mut waiter = || rt::spawn(rt::lock_within(mutex.clone(), Duration::from_micros(numbers.below(20_000))));
            let handles: Vec<_> = (0..count).map(|_| waiter()).collect();
            for handle in handles {
                assert!(!rt::join(handle).await);
            }
            drop(held);
        }
    }
}
