//! Events and mutexes between tasks of one thread.

use harness::{Idle, Row, Run, parked, room_for, scaled};

use super::tasks::all_parked;
use crate::rt;

pub const ROWS: &[Row] = &[
    ("event_pingpong", || rt::run(event_pingpong())),
    ("mutex_free", || rt::run(mutex_free())),
    ("mutex_hot", || rt::run(mutex_hot())),
    ("idle_event", || rt::run(idle_event())),
];

/// One operation is one wake of the other task and the switch to it.
async fn event_pingpong() {
    let count = scaled(1_000_000);
    let run = Run::start();
    let ping = rt::Shared::new(rt::Event::new());
    let pong = rt::Shared::new(rt::Event::new());
    let (their_ping, their_pong) = (ping.clone(), pong.clone());
    let first = rt::spawn(async move {
        for _ in 0..count {
            ping.notify();
            pong.wait().await;
        }
    });
    let second = rt::spawn(async move {
        for _ in 0..count {
            their_ping.wait().await;
            their_pong.notify();
        }
    });
    rt::join(first).await;
    rt::join(second).await;
    run.done(2 * count);
}

async fn mutex_free() {
    let count = scaled(5_000_000);
    let mutex = rt::Mutex::new(0u64);
    let run = Run::start();
    for _ in 0..count {
        *mutex.lock().await += 1;
    }
    run.done(count);
}

/// Two tasks, each of which yields while it holds the lock.
async fn mutex_hot() {
    let count = scaled(500_000);
    let mutex = rt::Shared::new(rt::Mutex::new(0u64));
    let run = Run::start();
    let tasks = [0, 1].map(|_| {
        let mutex = mutex.clone();
        rt::spawn(async move {
            for _ in 0..count {
                let mut guard = mutex.lock().await;
                *guard += 1;
                rt::yield_now().await;
                drop(guard);
            }
        })
    });
    for task in tasks {
        rt::join(task).await;
    }
    assert_eq!(*mutex.lock().await, 2 * count as u64);
    run.done(2 * count);
}

async fn idle_event() {
    let count = scaled(1_000_000);
    let mut handles = room_for(count);
    let event = rt::Shared::new(rt::Event::new());
    let idle = Idle::start();
    handles.extend((0..count).map(|_| {
        let event = event.clone();
        rt::spawn(async move {
            parked();
            event.wait().await
        })
    }));
    all_parked(count).await;
    idle.done(count);
}
