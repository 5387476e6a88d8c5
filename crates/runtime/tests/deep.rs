//! A hundred thousand tasks in a chain, in a circle, or in one group: no stack overflow, no quadratic corner.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

const MANY: usize = 100_000;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// A chain of tasks in which each awaits the one before.
fn chain(first: Task<()>) -> Task<()> {
    (1..MANY).fold(first, |before, _| create_task(async move { before.await }))
}

#[test]
fn a_chain_of_awaiting_tasks_is_cancelled() {
    virtually(async {
        let first = create_task(sleep(3600));
        let last = chain(first.clone());
        sleep(0).await?;
        sleep(0).await?;
        assert!(last.cancel_with("all"));
        assert_eq!(last.await.unwrap_err().to_string(), "all");
        assert!(first.cancelled());
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_chain_of_awaiting_tasks_ends_well() {
    virtually(async { chain(create_task(sleep(1))).await }).unwrap();
}

#[test]
fn a_chain_is_dropped_with_its_loop() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let reports = Rc::new(Cell::new(0));
    let count = Rc::clone(&reports);
    event_loop.set_exception_handler(Some(Box::new(move |_| count.set(count.get() + 1))));
    event_loop
        .run_until_complete(async {
            drop(chain(create_task(sleep(3600))));
            sleep(1).await
        })
        .unwrap();
    drop(event_loop);
    assert_eq!(reports.get(), MANY);
}

#[test]
fn a_chain_is_aborted() {
    virtually(async {
        let first = create_task(sleep(3600));
        let last = chain(first.clone());
        sleep(1).await?;
        assert!(first.abort());
        assert!(last.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn groups_in_groups() {
    virtually(async {
        let mut inner = create_task(sleep(3600));
        for _ in 0..MANY / 10 {
            let before = inner;
            inner = create_task(async move { gather([before]).await.map(|_| ()) });
        }
        sleep(1).await?;
        assert!(inner.cancel());
        assert!(inner.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_circle_of_waiting_tasks_is_broken_by_a_cancel() {
    virtually(async {
        let start = get_running_loop()?.create_future::<Task<()>>();
        let first = {
            let start = start.clone();
            create_task(async move { start.await?.await })
        };
        let last = chain(first.clone());
        start.set_result(last.clone())?;
        sleep(0.5).await?;
        assert_eq!(all_tasks()?.len(), MANY + 1);
        assert!(last.cancel());
        sleep(0.5).await?;
        assert!(first.cancelled() && last.cancelled());
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_waiters_on_one_future_leave_in_any_order() {
    virtually(async {
        let future = get_running_loop()?.create_future::<u8>();
        let tasks: Vec<_> = (0..MANY)
            .map(|_| {
                let future = shield(&future);
                create_task(async move { future.await })
            })
            .collect();
        sleep(0.1).await?;
        for task in tasks.iter().step_by(2).rev() {
            task.cancel();
        }
        sleep(0.1).await?;
        future.set_result(7)?;
        let results = gather(tasks).return_exceptions().await?;
        assert_eq!(results.iter().filter(|result| matches!(result, Ok(7))).count(), MANY / 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_wait_in_line_and_are_woken_one_by_one() {
    virtually(async {
        let line = WaitQueue::new("line");
        let tasks: Vec<_> = (0..MANY)
            .map(|_| {
                let line = line.clone();
                create_task(async move { line.wait().await })
            })
            .collect();
        sleep(0.1).await?;
        for task in tasks.iter().step_by(2) {
            task.cancel();
        }
        // In one step, so that nobody has left the line yet.
        for _ in 0..MANY / 2 {
            assert!(line.wake_one());
        }
        assert!(!line.wake_one());
        let results = gather(tasks).return_exceptions().await?;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), MANY / 2);
        assert!(line.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_timers_are_made_and_cancelled() {
    virtually(async {
        let tasks: Vec<_> = (0..MANY).map(|i| create_task(sleep(i as f64))).collect();
        sleep(10.5).await?;
        assert_eq!(all_tasks()?.len(), MANY - 10);
        for task in &tasks {
            task.cancel();
        }
        wait(&tasks).await?;
        Ok(())
    })
    .unwrap();
}
