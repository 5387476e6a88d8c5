//! `instructions PATH COUNT` takes a hot path of the runtime COUNT times and prints nothing; without arguments it prints
//! the names of the paths.
//!
//! `cargo xtask instructions` runs it under callgrind with two counts. The difference of the two results, divided by the
//! difference of the counts, is the cost of one operation, because start-up and end are in both. So that every run takes the
//! same steps, time is virtual, and nothing here has a thread, a descriptor or a hash with a random seed.

use std::hint::black_box;
use std::rc::Rc;

use asyncio_locks::{Event, Lock};
use asyncio_queues::Queue;
use asyncio_runtime::{
    Clock, ContextVar, Result, Runner, create_task, gather, get_running_loop, sleep, timeout, wait_for,
};

/// A path: its name, and a function that takes it this many times.
type Path = (&'static str, fn(u32) -> Result<()>);

const PATHS: &[Path] = &[
    ("spawn_and_await", |n| run(spawn_and_await(n))),
    ("gather_1000", |n| run(gather_1000(n))),
    ("yield", |n| run(yields(n))),
    ("call_soon", |n| run(call_soon(n))),
    ("future_set_and_await", |n| run(future_set_and_await(n))),
    ("context_variable", |n| run(context_variable(n))),
    ("sleep", |n| run(sleeps(n, 1))),
    ("sleep_1000_at_once", |n| run(sleeps(n, 1000))),
    ("timeout_ready", |n| run(timeout_ready(n))),
    ("timeout_waiting", |n| run(timeout_waiting(n))),
    ("wait_for_task", |n| run(wait_for_task(n))),
    ("cancel_waiting", |n| run(cancel_waiting(n))),
    ("cancel_sleeping", |n| run(cancel_sleeping(n))),
    ("queue_bounded", |n| run(queue(n, 100))),
    ("queue_of_one", |n| run(queue(n, 1))),
    ("event_ping_pong", |n| run(event_ping_pong(n))),
    ("lock_free", |n| run(lock_free(n))),
    ("lock_contended", |n| run(lock_contended(n))),
];

/// Any time would do: it never passes, or passes at once.
const HOUR: f64 = 3600.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = &arguments[..] else {
        PATHS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let (_, path) = PATHS.iter().find(|(known, _)| known == name).expect("the first argument is the name of a path");
    path(count.parse().expect("the second argument is a number"))
}

fn run(main: impl Future<Output = Result<()>> + 'static) -> Result<()> {
    Runner::new().clock(Clock::Virtual).run(main)
}

async fn spawn_and_await(count: u32) -> Result<()> {
    for i in 0..count {
        create_task(async move { Ok(black_box(i)) }).await?;
    }
    Ok(())
}

/// One operation is one of the thousand tasks.
async fn gather_1000(count: u32) -> Result<()> {
    for _ in 0..count / 1000 {
        black_box(gather((0..1000).map(|i| async move { Ok(black_box(i)) })).await?);
    }
    Ok(())
}

/// Two tasks that only yield, in turn.
async fn yields(count: u32) -> Result<()> {
    async fn half(count: u32) -> Result<()> {
        for _ in 0..count / 2 {
            sleep(0).await?;
        }
        Ok(())
    }
    let other = create_task(half(count));
    half(count).await?;
    other.await
}

/// A callback, and the yield that lets it run.
async fn call_soon(count: u32) -> Result<()> {
    let event_loop = get_running_loop()?;
    for i in 0..count {
        event_loop.call_soon(move || _ = black_box(i))?;
        sleep(0).await?;
    }
    Ok(())
}

/// A future, and the task that completes it.
async fn future_set_and_await(count: u32) -> Result<()> {
    let event_loop = get_running_loop()?;
    for i in 0..count {
        let future = event_loop.create_future();
        let other = future.clone();
        let setter = create_task(async move { other.set_result(black_box(i)) });
        future.await?;
        setter.await?;
    }
    Ok(())
}

/// One operation sets the variable, reads it and sets it back.
async fn context_variable(count: u32) -> Result<()> {
    static NUMBER: ContextVar<u32> = ContextVar::new("number");
    for i in 0..count {
        let mut token = NUMBER.set(i);
        black_box(NUMBER.get()?);
        NUMBER.reset(&mut token)?;
    }
    Ok(())
}

/// Tasks that sleep, `at_once` at a time, each with a deadline of its own.
async fn sleeps(count: u32, at_once: u32) -> Result<()> {
    let tasks = (0..at_once).map(|i| {
        create_task(async move {
            for _ in 0..count / at_once {
                sleep(1.0 + 0.001 * f64::from(i)).await?;
            }
            Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    Ok(())
}

/// Nothing waits, so no timer is ever created.
async fn timeout_ready(count: u32) -> Result<()> {
    for i in 0..count {
        timeout(HOUR).run(async |_| Ok(black_box(i))).await?;
    }
    Ok(())
}

async fn timeout_waiting(count: u32) -> Result<()> {
    for _ in 0..count {
        timeout(HOUR).run(async |_| sleep(0).await).await?;
    }
    Ok(())
}

async fn wait_for_task(count: u32) -> Result<()> {
    for i in 0..count {
        wait_for(create_task(async move { Ok(black_box(i)) }), HOUR).await?;
    }
    Ok(())
}

async fn cancel_waiting(count: u32) -> Result<()> {
    let event_loop = get_running_loop()?;
    for _ in 0..count {
        let future = event_loop.create_future::<()>();
        let task = create_task(future.into_future());
        sleep(0).await?;
        task.cancel();
        assert!(task.await.is_err_and(|error| error.is_cancelled()));
    }
    Ok(())
}

async fn cancel_sleeping(count: u32) -> Result<()> {
    for _ in 0..count {
        let task = create_task(sleep(HOUR));
        sleep(0).await?;
        task.cancel();
        assert!(task.await.is_err_and(|error| error.is_cancelled()));
    }
    Ok(())
}

/// One item from a producer to a consumer.
async fn queue(count: u32, capacity: usize) -> Result<()> {
    let queue = Queue::new(capacity);
    let items = queue.clone();
    let producer = create_task(async move {
        for i in 0..count {
            queue.put(i).await?;
        }
        Ok(())
    });
    for _ in 0..count {
        black_box(items.get().await?);
    }
    producer.await
}

/// One operation wakes the other task and switches to it.
async fn event_ping_pong(count: u32) -> Result<()> {
    let (ping, pong) = (Rc::new(Event::new()), Rc::new(Event::new()));
    let (their_ping, their_pong) = (ping.clone(), pong.clone());
    let other = create_task(async move {
        for _ in 0..count / 2 {
            their_ping.wait().await?;
            their_ping.clear();
            their_pong.set();
        }
        Ok(())
    });
    for _ in 0..count / 2 {
        ping.set();
        pong.wait().await?;
        pong.clear();
    }
    other.await
}

async fn lock_free(count: u32) -> Result<()> {
    let lock = Lock::new();
    for _ in 0..count {
        drop(black_box(lock.lock().await?));
    }
    Ok(())
}

/// Two tasks, each of which yields while it holds the lock.
async fn lock_contended(count: u32) -> Result<()> {
    async fn hold(lock: Rc<Lock>, count: u32) -> Result<()> {
        for _ in 0..count / 2 {
            let _held = lock.lock().await?;
            sleep(0).await?;
        }
        Ok(())
    }
    let lock = Rc::new(Lock::new());
    let other = create_task(hold(lock.clone(), count));
    hold(lock, count).await?;
    other.await
}
