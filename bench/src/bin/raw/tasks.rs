//! Boxes in a `VecDeque`, and what they pass to each other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::pending;
use std::hint::black_box;
use std::rc::Rc;

use harness::{Idle, Row, Run, parked, room_for, scaled};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollTimeout};

use crate::{Task, Yield, poll, run};

pub const ROWS: &[Row] = &[
    ("spawn_join", || gather(1, scaled(1_000_000))),
    ("gather_1k", || gather(1_000, scaled(1_000))),
    ("gather_100k", || gather(100_000, scaled(10))),
    ("idle_pending", || idle(false)),
    ("idle_event", || idle(true)),
    ("yield_2", || yields(2, scaled(5_000_000), false)),
    ("yield_1000", || yields(1_000, scaled(10_000), false)),
    // Polls once for every pass over the ready queue, as asyncio's loop does.
    ("yield_2_polling", || yields(2, scaled(1_000_000), true)),
    ("yield_1000_polling", || yields(1_000, scaled(10_000), true)),
    ("cancel_pending", cancel_pending),
    ("queue_bounded", queue),
    ("queue_unbounded", queue),
    ("event_pingpong", event_pingpong),
    ("oneshot", oneshot),
];

fn gather(batch: usize, rounds: usize) {
    let mut queue: VecDeque<Task<usize>> = VecDeque::new();
    let measured = Run::start();
    let mut odd = 0;
    for round in 0..rounds {
        for i in 0..batch {
            let i = if batch == 1 { round } else { i };
            queue.push_back(Box::pin(async move { black_box(i) & 1 }));
        }
        run(&mut queue, |value| odd += value);
    }
    assert_eq!(odd, rounds * batch / 2);
    measured.done(rounds * batch);
}

fn idle(on_event: bool) {
    let count = scaled(1_000_000);
    let mut tasks: Vec<Task<()>> = room_for(count);
    let mut waiters = VecDeque::new();
    let idle = Idle::start();
    for i in 0..count {
        let mut task: Task<()> = Box::pin(async {
            parked();
            pending::<()>().await
        });
        assert!(poll(task.as_mut()).is_pending());
        tasks.push(task);
        if on_event {
            waiters.push_back(i);
        }
    }
    black_box(&waiters);
    idle.done(count);
}

fn yields(tasks: usize, each: usize, polling: bool) {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
    let mut events = [EpollEvent::empty(); 16];
    let mut queue: VecDeque<Task<()>> = VecDeque::new();
    let run = Run::start();
    for _ in 0..tasks {
        queue.push_back(Box::pin(async move {
            for _ in 0..each {
                Yield(false).await;
            }
        }));
    }
    while !queue.is_empty() {
        for _ in 0..queue.len() {
            let mut task = queue.pop_front().expect("it was counted");
            if poll(task.as_mut()).is_pending() {
                queue.push_back(task);
            }
        }
        if polling {
            epoll.wait(&mut events, EpollTimeout::ZERO).unwrap();
        }
    }
    run.done(tasks * each);
}

fn cancel_pending() {
    let count = scaled(500_000);
    let mut queue: VecDeque<Task<()>> = VecDeque::new();
    let run = Run::start();
    for _ in 0..count {
        queue.push_back(Box::pin(pending()));
        let mut task = queue.pop_front().expect("it was just pushed");
        assert!(poll(task.as_mut()).is_pending());
        drop(black_box(task));
    }
    run.done(count);
}

fn queue() {
    let count = scaled(5_000_000) as u64;
    let measured = Run::start();
    let items = Rc::new(RefCell::new(VecDeque::<u64>::with_capacity(100)));
    let sum = Rc::new(Cell::new(0));
    let (source, sink, total) = (items.clone(), items, sum.clone());
    let producer: Task<()> = Box::pin(async move {
        for i in 0..count {
            while source.borrow().len() == 100 {
                Yield(false).await;
            }
            source.borrow_mut().push_back(i);
        }
    });
    let consumer: Task<()> = Box::pin(async move {
        let mut left = count;
        while left > 0 {
            let item = sink.borrow_mut().pop_front();
            match item {
                Some(item) => {
                    total.set(total.get() + item);
                    left -= 1;
                }
                None => Yield(false).await,
            }
        }
    });
    run(&mut VecDeque::from([producer, consumer]), drop);
    assert_eq!(sum.get(), count * (count - 1) / 2);
    measured.done(count as usize);
}

fn event_pingpong() {
    let count = scaled(1_000_000);
    let run = Run::start();
    let ready = Rc::new(RefCell::new(VecDeque::from([0, 1])));
    let flags = Rc::new([Cell::new(false), Cell::new(false)]);
    let mut tasks: [Option<Task<()>>; 2] = [0, 1].map(|me| {
        let (ready, flags) = (ready.clone(), flags.clone());
        let task: Task<()> = Box::pin(async move {
            for _ in 0..count {
                if me == 1 {
                    while !flags[0].take() {
                        Yield(false).await;
                    }
                }
                flags[me].set(true);
                ready.borrow_mut().push_back(1 - me);
                if me == 0 {
                    while !flags[1].take() {
                        Yield(false).await;
                    }
                }
            }
        });
        Some(task)
    });
    loop {
        let Some(next) = ready.borrow_mut().pop_front() else {
            break;
        };
        if let Some(task) = &mut tasks[next]
            && poll(task.as_mut()).is_ready()
        {
            tasks[next] = None;
        }
    }
    assert!(tasks.iter().all(Option::is_none));
    run.done(2 * count);
}

fn oneshot() {
    let count = scaled(1_000_000) as u64;
    let mut queue: VecDeque<Task<()>> = VecDeque::new();
    let measured = Run::start();
    let mut sum = 0;
    for i in 0..count {
        let slot = Rc::new(Cell::new(None));
        let sender = slot.clone();
        queue.push_back(Box::pin(async move { sender.set(Some(i)) }));
        run(&mut queue, drop);
        sum += slot.take().expect("the task has run");
    }
    assert_eq!(sum, count * (count - 1) / 2);
    measured.done(count as usize);
}
