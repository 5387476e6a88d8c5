//! Which task and which line are reported for a task that waits for room in a queue, or in `join`, while all takers are noted, as
//! under the inspector.

#[macro_use]
extern crate asyncio_testing;

use asyncio_queues::Queue;
use asyncio_runtime::{Clock, Result, Runner, Taker, WaitsOn, create_task, sleep};

/// Calls `task_done` for each item but those that are 0.
async fn work(queue: Queue<u32>) -> Result<()> {
    loop {
        let item = queue.get().await?;
        sleep(1).await?;
        if item > 0 {
            queue.task_done()?;
        }
    }
}

/// The line in `work` where it takes an item.
const GET: u32 = line!() - 9;

fn run<T: 'static>(program: impl Future<Output = Result<T>> + 'static) -> T {
    Taker::note_all();
    Runner::new().clock(Clock::Virtual).run(program).unwrap()
}

/// What `join` waits for, after a while.
async fn joining(queue: &Queue<u32>) -> Result<WaitsOn> {
    let joins = queue.clone();
    let task = create_task(async move { joins.join().await });
    sleep(100).await?;
    Ok(task.waits_on().expect("not all is done"))
}

/// The name of the task that a wait names.
fn name(wait: &WaitsOn) -> String {
    wait.held_by.as_ref().map_or_else(String::new, |task| task.get_name().to_string())
}

#[test]
fn a_join_names_the_worker_that_has_forgotten_an_item_not_the_last_one() {
    for (forgotten, by) in [(3, "first"), (4, "second")] {
        let wait = run(async move {
            let queue = Queue::new(0);
            // One takes the odd items, the other takes the even ones.
            let _workers = ["first", "second"].map(|name| create_task(work(queue.clone())).named(name));
            sleep(0).await?;
            (1..=6).try_for_each(|item| queue.put_nowait(if item == forgotten { 0 } else { item }))?;
            joining(&queue).await
        });
        assert_eq!((name(&wait).as_str(), wait.taken_at.unwrap().line()), (by, GET));
        assert!(wait.not_done && wait.waits_again && !wait.holder_is_done, "{wait:?}");
    }
}

#[test]
fn the_report_of_a_deadlock_says_that_task_done_was_not_called() {
    Taker::note_all();
    let program = async {
        let queue = Queue::new(0);
        queue.put_nowait(0)?;
        let _worker = create_task(work(queue.clone())).named("worker");
        queue.join().await
    };
    let report = Runner::new().clock(Clock::Virtual).run(program).unwrap_err().to_string();
    assert!(report.contains(" waits for <Queue.join waiters=1>, taken from by worker, at "), "{report}");
    let taken = format!("\n    taken at {}:{GET}, and `task_done` was not called since\n", file!());
    assert!(report.contains(&taken), "{report}");
}

#[test]
fn an_item_that_was_handed_on_is_not_forgotten() {
    let wait = run(async {
        let queue = Queue::new(0);
        let takes = queue.clone();
        let dispatcher = async move {
            loop {
                let item = takes.get().await?;
                let queue = takes.clone();
                create_task(async move {
                    sleep(item).await?;
                    queue.task_done().map_err(Into::into)
                });
            }
            #[allow(unreachable_code, reason = "the type of the result")]
            Ok(())
        };
        let _dispatcher = create_task(dispatcher).named("dispatcher");
        [1, 2, 1000].into_iter().try_for_each(|item| queue.put_nowait(item))?;
        let wait = joining(&queue).await?;
        // Each `task_done` counts, although it comes from another task.
        queue.join().await?;
        Ok(wait)
    });
    assert_eq!(name(&wait), "dispatcher");
    assert!(wait.not_done && !wait.waits_again, "{wait:?}");
}

#[test]
fn a_task_that_took_an_item_without_waiting_is_known_too() {
    let line = line!() + 5;
    let (put, join) = run(async {
        let queue = Queue::new(1);
        queue.put_nowait(1)?;
        let takes = queue.clone();
        create_task(async move { takes.get_nowait().map(drop) }).await?;
        queue.put_nowait(2)?;
        let puts = queue.clone();
        let putter = create_task(async move { puts.put(3).await.map_err(Into::into) });
        let join = joining(&queue).await?;
        Ok((putter.waits_on().expect("the queue is full"), join))
    });
    for wait in [&put, &join] {
        assert!(wait.holder_is_done && wait.taken_at.unwrap().line() == line, "{line}: {wait:?}");
    }
    assert!(!put.not_done && join.not_done);
}

#[test]
fn work_that_is_done_leaves_nothing_behind() {
    let wait = run(async {
        let queue = Queue::new(0);
        let worker = create_task(work(queue.clone()));
        (1..=3).try_for_each(|item| queue.put_nowait(item))?;
        queue.join().await?;
        worker.cancel();
        // Now there is an item again, which no task takes.
        queue.put_nowait(4)?;
        joining(&queue).await
    });
    assert!(wait.holder_is_done && !wait.not_done && !wait.waits_again, "{wait:?}");
}
