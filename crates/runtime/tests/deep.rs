//! A hundred thousand tasks, futures or errors in a chain, in a circle, or in one group: no stack overflow, no quadratic time.

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

const MANY: usize = 100_000;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// A chain of tasks, each of which awaits the one before.
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
fn a_chain_of_futures_that_own_the_next_is_dropped() {
    // Linked by a callback, by a result, as the child of a group, and by a shield.
    virtually(async {
        let event_loop = get_running_loop()?;
        let gone = Rc::new(Cell::new(0));
        struct Goes(Rc<Cell<usize>>);
        impl Drop for Goes {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let by_callback = (0..MANY).fold(event_loop.create_future::<()>(), |next, _| {
            let (future, goes) = (event_loop.create_future::<()>(), Goes(Rc::clone(&gone)));
            let _ = future.add_done_callback(move |_| {
                drop(goes);
                let _ = next.set_result(());
            });
            future
        });
        drop(by_callback);
        assert_eq!(gone.take(), MANY);
        struct Next(#[expect(dead_code)] Option<Future<Next>>, #[expect(dead_code)] Goes);
        let by_result = (0..MANY).fold(None, |next, _| {
            let future = event_loop.create_future();
            future.set_result(Next(next, Goes(Rc::clone(&gone)))).unwrap();
            Some(future)
        });
        drop(by_result);
        assert_eq!(gone.take(), MANY);
        let first = event_loop.create_future::<()>();
        drop((0..MANY).fold(first.clone(), |inner, _| shield(&inner)));
        let mut group = gather([&first]);
        for _ in 0..MANY {
            let future = event_loop.create_future::<()>();
            let _ = future.add_done_callback(move |_| drop(group));
            group = gather([&future]);
        }
        first.set_result(())?;
        drop(group);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_chain_of_futures_that_own_the_next_completes() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let last = event_loop.create_future::<usize>();
        let first = (0..MANY).fold(last.clone(), |next, _| {
            let future = event_loop.create_future::<usize>();
            let _ = future.add_done_callback(move |future| next.set_result(future.result().unwrap() + 1).unwrap());
            future
        });
        first.set_result(0)?;
        drop(first);
        assert_eq!(last.await?, MANY);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_chain_of_calls_that_own_the_handle_on_the_one_before_goes() {
    let chain = |event_loop: &EventLoop| {
        let first = event_loop.call_soon(|| ()).unwrap();
        (0..MANY).fold(first, |before, _| event_loop.call_soon(move || drop(before)).unwrap())
    };
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    chain(&event_loop).cancel();
    drop(chain(&event_loop));
    let timer = event_loop.call_later(1, || ()).unwrap();
    (0..MANY).fold(timer, |before, _| event_loop.call_later(1, move || drop(before)).unwrap());
    let handle = event_loop.handle();
    let call = || handle.call_soon_threadsafe_cancellable(|| ()).unwrap();
    let after = |before, _| handle.call_soon_threadsafe_cancellable(move || drop(before)).unwrap();
    (0..MANY).fold(call(), after).cancel();
    (0..MANY).fold(call(), after);
    event_loop.close().unwrap();
    drop(handle);

    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let outlives = chain(&event_loop);
    drop(event_loop);
    drop(outlives);
}

#[test]
fn a_destructor_in_a_chain_that_panics_spares_the_others() {
    struct Goes(Rc<Cell<usize>>);
    impl Drop for Goes {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            assert!(self.0.get() != 1000, "expected");
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let gone = Rc::new(Cell::new(0));
    let chain = (0..MANY).fold(event_loop.create_future::<()>(), |next, _| {
        let (future, goes) = (event_loop.create_future::<()>(), Goes(Rc::clone(&gone)));
        let _ = future.add_done_callback(move |_| drop((goes, next)));
        future
    });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(chain))).is_err());
    assert_eq!(gone.get(), MANY);
}

fn deep_group() -> Error {
    let group = |error: Error| -> Error { ExceptionGroup::new("g", [error, ValueError::default().into()]).into() };
    (0..MANY).fold(ValueError::new("x").into(), |error: Error, n| {
        // As task groups nest them: the inner group is also the context.
        let outer = group(error.clone());
        if n % 2 == 0 { outer.during(ValueError::default().into()) } else { outer }
    })
}

#[test]
fn a_deep_exception_group_is_printed_split_and_dropped() {
    let error = deep_group();
    let text = format!("{error:?}");
    assert!(text.starts_with("ExceptionGroup('g', [ExceptionGroup('g', [Exc") && text.ends_with(", ValueError()])"));
    assert_eq!(text.matches("ExceptionGroup(").count(), MANY);
    let (values, others) = error.downcast_ref::<ExceptionGroup>().unwrap().split(Error::is::<ValueError>);
    assert_eq!((values.len(), others.len()), (MANY + 1, 0));
    drop(error);
}

#[test]
fn task_groups_that_fail_inside_each_other() {
    const DEEP: usize = 50_000;
    async fn nested(left: usize) -> Result<()> {
        if left == 0 {
            return Err(ValueError::new("x").into());
        }
        TaskGroup::new()
            .run(async |group| {
                let inner: std::pin::Pin<Box<dyn std::future::Future<Output = Result<()>>>> =
                    Box::pin(nested(left - 1));
                group.create_task(inner)?;
                Ok(())
            })
            .await
    }
    let error = virtually(nested(DEEP)).unwrap_err();
    assert_eq!(format!("{error:?}").matches("ExceptionGroup(").count(), DEEP);
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
        // In one step, so that no waiter has left the line yet.
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

/// The indentation of a call graph is limited, because otherwise its text would be quadratic.
#[test]
fn the_call_graph_of_a_chain_is_as_long_as_the_chain() {
    const TASKS: usize = 20_000;
    virtually(async {
        let first = create_task(sleep(3600));
        let _last = (1..TASKS).fold(first.clone(), |before, _| create_task(async move { before.await }));
        sleep(1).await?;
        let text = format_call_graph(Some(&first))?;
        assert_eq!(text.matches("* Task(name='Task-").count(), TASKS);
        // Four lines for each task, most of them with the greatest indentation.
        assert!(text.len() < TASKS * 1000, "{} bytes", text.len());
        let indent = |line: &str| line.len() - line.trim_start().len();
        let levels: Vec<usize> = text.lines().filter(|line| line.contains("* Task(")).map(indent).collect();
        assert!(levels.iter().enumerate().all(|(level, indent)| *indent == 4 * level.min(32)));
        assert_eq!(format!("{:?}", capture_call_graph(Some(&first))?.unwrap()), text);
        // Closing the loop would cancel each task through all the others.
        first.abort();
        sleep(1).await
    })
    .unwrap();
}
