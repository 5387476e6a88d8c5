//! Deadlines in a `BinaryHeap`. Waits are rounded up to the millisecond, as asyncio's are.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::pending;
use std::hint::black_box;
use std::pin::pin;
use std::time::{Duration, Instant};

use harness::{Idle, Numbers, Row, Run, parked, room_for, scaled};

use crate::{Task, Yield, poll};

pub const ROWS: &[Row] = &[
    ("sleep_1m", || sleeps(scaled(1_000_000), 1)),
    ("sleep_10k", || sleeps(scaled(10_000), 10)),
    ("timeout_ready", || timeouts(false)),
    ("timeout_yield", || timeouts(true)),
    ("idle_sleep", idle_sleep),
    ("cancel_sleep", cancel_sleep),
];

const HOUR: Duration = Duration::from_secs(3600);

fn sleeps(count: usize, rounds: usize) {
    let mut tasks: Vec<Option<Task<()>>> = Vec::with_capacity(count);
    let mut timers: BinaryHeap<Reverse<(Duration, u32)>> = BinaryHeap::new();
    let mut numbers = Numbers::new();
    let epoch = Instant::now();
    let run = Run::start();
    for _ in 0..rounds {
        tasks.clear();
        for id in 0..count {
            let time = Duration::from_micros(numbers.below(100_000));
            let mut task: Task<()> = Box::pin(Yield(false));
            assert!(poll(task.as_mut()).is_pending());
            tasks.push(Some(task));
            timers.push(Reverse((epoch.elapsed() + time, id as u32)));
        }
        while let Some(&Reverse((first, _))) = timers.peek() {
            let now = epoch.elapsed();
            if first > now {
                let millis = (first - now).as_nanos().div_ceil(1_000_000);
                std::thread::sleep(Duration::from_millis(millis as u64));
                continue;
            }
            while let Some(&Reverse((at, id))) = timers.peek()
                && at <= now
            {
                timers.pop();
                let mut task = tasks[id as usize].take().expect("it has one timer");
                assert!(poll(task.as_mut()).is_ready());
            }
        }
    }
    run.done(count * rounds);
}

fn timeouts(is_pending: bool) {
    let count = scaled(1_000_000);
    let mut timers = BinaryHeap::new();
    let run = Run::start();
    for i in 0..count {
        let mut future = pin!(Yield(!is_pending));
        if poll(future.as_mut()).is_pending() {
            timers.push(Reverse((Instant::now() + HOUR, i)));
            assert!(poll(future.as_mut()).is_ready());
            timers.pop();
        }
        black_box(&timers);
    }
    run.done(count);
}

fn idle_sleep() {
    let count = scaled(1_000_000);
    let mut tasks: Vec<Task<()>> = room_for(count);
    let mut timers = BinaryHeap::new();
    let idle = Idle::start();
    for i in 0..count {
        let mut task: Task<()> = Box::pin(async {
            parked();
            pending::<()>().await
        });
        assert!(poll(task.as_mut()).is_pending());
        tasks.push(task);
        timers.push(Reverse((Instant::now() + HOUR, i)));
    }
    black_box(&timers);
    idle.done(count);
}

fn cancel_sleep() {
    let count = scaled(500_000);
    let mut queue: VecDeque<Task<()>> = VecDeque::new();
    let mut timers = BinaryHeap::new();
    let run = Run::start();
    for i in 0..count {
        queue.push_back(Box::pin(pending()));
        let mut task = queue.pop_front().expect("it was just pushed");
        assert!(poll(task.as_mut()).is_pending());
        timers.push(Reverse((Instant::now() + HOUR, i)));
        drop(black_box(task));
        timers.pop();
    }
    run.done(count);
}
