//! Queues between two tasks of one thread.

use harness::{Row, Run, scaled};

use crate::rt;

pub const ROWS: &[Row] =
    &[("queue_bounded", || rt::run(queue_bounded())), ("queue_unbounded", || rt::run(queue_unbounded()))];

async fn queue_bounded() {
    let count = scaled(5_000_000) as u64;
    let run = Run::start();
    let (sender, mut receiver) = rt::bounded::<u64>(100);
    let producer = rt::spawn(async move {
        for i in 0..count {
            rt::send(&sender, i).await;
        }
    });
    let consumer = rt::spawn(async move {
        let mut sum = 0;
        for _ in 0..count {
            sum += rt::receive(&mut receiver).await;
        }
        sum
    });
    rt::join(producer).await;
    assert_eq!(rt::join(consumer).await, count * (count - 1) / 2);
    run.done(count as usize);
}

/// The producer yields after every 100 items, so that the queue stays short.
async fn queue_unbounded() {
    let count = scaled(5_000_000) as u64;
    let run = Run::start();
    let (sender, mut receiver) = rt::unbounded::<u64>();
    let producer = rt::spawn(async move {
        for i in 0..count {
            rt::send_unbounded(&sender, i);
            if i % 100 == 99 {
                rt::yield_now().await;
            }
        }
    });
    let consumer = rt::spawn(async move {
        let mut sum = 0;
        for _ in 0..count {
            sum += rt::receive_unbounded(&mut receiver).await;
        }
        sum
    });
    rt::join(producer).await;
    assert_eq!(rt::join(consumer).await, count * (count - 1) / 2);
    run.done(count as usize);
}
