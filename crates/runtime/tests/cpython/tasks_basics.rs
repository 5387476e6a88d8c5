//! `test_tasks`: making tasks, what they await, and who is the current one.

use std::future::Future as StdFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use asyncio_runtime::*;

use crate::support::*;

/// An object that only implements the awaitable protocol.
struct Aw<F>(F);

impl<F: StdFuture + Unpin> StdFuture for Aw<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

pub(crate) async fn notmuch() -> Result<&'static str> {
    Ok("ok")
}

// CPython: test_tasks.BaseTaskTests.test_task_class
#[test]
fn a_task_belongs_to_the_loop_it_was_made_in() {
    for event_loop in [new_loop(), new_loop()] {
        let task = event_loop.create_task(notmuch()).unwrap();
        assert!(task.get_loop() == event_loop && !task.done());
        assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), "ok");
        assert!(task.done() && task.get_loop() == event_loop);
    }
}

// CPython: test_tasks.BaseTaskTests.test_task_basics
#[test]
fn coroutines_await_coroutines() {
    async fn value(n: i32) -> Result<i32> {
        Ok(n)
    }
    assert_eq!(virtually(async { Ok(value(42).await? + value(1000).await?) }).unwrap(), 1042);
}

// CPython: test_tasks.BaseTaskTests.test_ensure_future_coroutine
#[test]
fn ensure_future_makes_a_task_of_a_coroutine() {
    let event_loop = new_loop();
    let task = event_loop.run_until_complete(async { Ok(ensure_future(notmuch())) }).unwrap();
    assert!(task.get_loop() == event_loop);
    assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), "ok");
    assert!(task.done());
    assert_eq!(raised(notmuch().try_ensure_future()), "RuntimeError('no running event loop')");
}

// CPython: test_tasks.BaseTaskTests.test_ensure_future_future
#[test]
fn ensure_future_gives_a_future_back() {
    let event_loop = new_loop();
    let original = event_loop.create_future();
    original.set_result("ko").unwrap();
    let same = ensure_future(&original);
    assert!(same == original);
    assert_eq!(event_loop.run_until_complete(same).unwrap(), "ko");
}

// CPython: test_tasks.BaseTaskTests.test_ensure_future_task
#[test]
fn ensure_future_gives_a_task_back() {
    let event_loop = new_loop();
    let original = event_loop.create_task(notmuch()).unwrap();
    let same = ensure_future(&original);
    assert!(same == original);
    event_loop.run_until_complete(async move { same.join().await }).unwrap();
    assert_eq!(original.result().unwrap(), "ok");
}

// CPython: test_tasks.BaseTaskTests.test_ensure_future_awaitable, test_ensure_future_task_awaitable,
// test_create_task_with_asynclike_function
#[test]
fn an_object_that_can_be_awaited_becomes_a_task() {
    let event_loop = new_loop();
    let tasks = event_loop.run_until_complete(async {
        Ok([ensure_future(Aw(Box::pin(notmuch()))).as_task(), ensure_future(Aw(sleep_result(0, "ok"))).as_task()])
    });
    for task in tasks.unwrap() {
        let task = task.downcast::<&str>().unwrap();
        assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), "ok");
        assert!(task.done() && task.get_coro().name().starts_with("Aw"), "{:?}", task.get_coro());
    }
    let now = event_loop.create_task(Aw(std::future::ready(Ok(42)))).unwrap();
    assert_eq!(event_loop.run_until_complete(now).unwrap(), 42);
}

// CPython: test_tasks.BaseTaskTests.test_create_task_with_async_function, test_bare_create_task
#[test]
fn create_task_takes_what_an_async_function_gives() {
    virtually(async {
        for _ in 0..2 {
            assert_eq!(create_task(notmuch()).await?, "ok");
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_task_awaits_on_itself
#[test]
fn a_task_cannot_await_itself() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<Task<()>>();
    let given = slot.clone();
    let task = event_loop.create_task(async move { given.await?.await }).unwrap();
    slot.set_result(task.clone()).unwrap();
    let error = raised(event_loop.run_until_complete(task));
    assert!(error.starts_with("RuntimeError(\"Task cannot await on itself: <Task pending "), "{error}");
}

// CPython: test_tasks.BaseTaskTests.test_coroutine_non_gen_function
#[test]
fn a_coroutine_object_can_be_run() {
    let coro = coroutine(notmuch());
    assert!(format!("{coro:?}").starts_with("<coroutine object notmuch at 0x"));
    assert_eq!(new_loop().run_until_complete(coro).unwrap(), "ok");
}

// CPython: test_tasks.BaseTaskTests.test_coroutine_non_gen_function_return_future
#[test]
fn a_coroutine_may_return_a_future_which_nobody_awaits_for_it() {
    let event_loop = new_loop();
    let future = event_loop.create_future();
    let (returned, set) = (future.clone(), future.clone());
    let first = event_loop.create_task(async move { Ok(returned) }).unwrap();
    let second = event_loop.create_task(async move { set.set_result("test") }).unwrap();
    assert!(event_loop.run_until_complete(first).unwrap() == future);
    second.result().unwrap();
    assert_eq!(future.result().unwrap(), "test");
}

// CPython: test_tasks.BaseTaskTests.test_step_result_future
#[test]
fn a_task_registers_with_the_future_it_awaits() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<String>();
    let awaited = future.clone();
    let task = event_loop.create_task(async move { (&awaited).await }).unwrap();
    assert_eq!(format!("{future:?}"), "<Future pending>");
    run_briefly(&event_loop);
    assert_eq!(format!("{future:?}"), "<Future pending cb=[Task.task_wakeup()]>");
    future.set_result("spam".to_owned()).unwrap();
    run_briefly(&event_loop);
    assert_eq!(task.result().unwrap(), "spam");
}

// CPython: test_tasks.BaseTaskTests.test_current_task, BaseCurrentLoopTests.test_current_task_with_implicit_loop
#[test]
fn the_current_task_is_the_one_that_runs() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Ok(current_task()?) }).unwrap();
    assert!(task == event_loop.run_until_complete(task.clone()).unwrap().unwrap());
    let log = Log::default();
    let sink = log.clone();
    event_loop.call_soon(move || sink.add(current_task().unwrap().is_none())).unwrap();
    run_briefly(&event_loop);
    assert_eq!(log.take(), [true], "a callback is no task");
}

// CPython: test_tasks.BaseTaskTests.test_current_task_with_interleaving_tasks
#[test]
fn the_current_task_changes_with_every_step() {
    let event_loop = new_loop();
    let futures = [(); 2].map(|()| event_loop.create_future::<bool>());
    let is = |name| assert_eq!(&*current_task().unwrap().unwrap().get_name(), name);
    let [first, second] = futures.clone();
    let one = event_loop.create_task(async move {
        is("one");
        first.await?;
        is("one");
        second.set_result(true)
    });
    let [first, second] = futures;
    let two = event_loop.create_task(async move {
        is("two");
        first.set_result(true)?;
        second.await?;
        is("two");
        Ok(())
    });
    let tasks = [one.unwrap().named("one"), two.unwrap().named("two")];
    event_loop.run_until_complete(async move { gather(tasks).await.map(drop) }).unwrap();
}

// CPython: test_tasks.GenericTaskTests.test_future_subclass
#[test]
fn a_task_is_a_future() {
    fn is_done<T>(future: &Future<T>) -> bool {
        future.done()
    }
    let event_loop = new_loop();
    let task = event_loop.create_task(notmuch()).unwrap();
    assert!(!is_done(&task));
    run_briefly(&event_loop);
    assert!(is_done(&task));
}

// CPython: test_tasks.BaseTaskTests.test_task_del_collect
#[test]
fn the_destructor_of_a_result_may_use_the_loop() {
    struct Evil(Log<usize>);
    impl Drop for Evil {
        fn drop(&mut self) {
            drop(create_task(async { Ok(()) }));
            self.0.add(all_tasks().unwrap().len());
        }
    }
    let log = Log::default();
    let sink = log.clone();
    virtually(async move {
        drop(gather((0..100).map(move |_| std::future::ready(Ok(Evil(sink.clone()))))).await?);
        sleep(0).await
    })
    .unwrap();
    assert_eq!(log.take(), (2..=101).collect::<Vec<_>>());
}

// CPython: test_tasks.BaseTaskTests.test_exception_chaining_after_await
#[test]
fn an_error_of_an_awaited_task_may_remember_the_one_before() {
    virtually(async {
        let first = Error::from(LookupError::new("3"));
        let failing = create_task(async { Err::<(), _>(ValueError::default().into()) });
        let error = failing.await.map_err(|error| error.during(first)).unwrap_err();
        assert_eq!(
            (format!("{error:?}"), format!("{:?}", error.context().unwrap())),
            ("ValueError()".to_owned(), "LookupError('3')".to_owned())
        );
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_exception_chaining_after_await_with_context_cycle
#[test]
fn an_error_that_comes_back_from_a_task_does_not_follow_itself() {
    virtually(async {
        let first = Error::from(LookupError::new("a"));
        let same = first.clone();
        let error = create_task(async { Err::<(), _>(same) }).await.unwrap_err().during(first.clone());
        assert!(error.same(&first) && error.context().is_none());
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_stop_while_run_in_complete
#[test]
fn a_loop_that_is_stopped_leaves_its_task_where_it_is() {
    let event_loop = new_loop();
    let (log, stop) = (Log::default(), event_loop.clone());
    let sink = log.clone();
    let task = event_loop.create_task(async move {
        for x in 1..=10 {
            sleep(0.1).await?;
            sink.add(x);
            if x == 2 {
                stop.stop();
            }
        }
        Ok(())
    });
    let task = task.unwrap();
    let error = raised(event_loop.run_until_complete(task.clone()));
    assert_eq!(error, "RuntimeError('Event loop stopped before Future completed.')");
    assert!(!task.done());
    assert_eq!(log.take(), [1, 2]);
    assert_time(&event_loop, 0.2);
    task.cancel();
    assert_eq!(raised(event_loop.run_until_complete(task)), "CancelledError()");
}

// CPython: test_tasks.BaseTaskTests.test_log_destroyed_pending_task
#[test]
fn a_pending_task_that_is_destroyed_is_reported() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let future = event_loop.create_future::<()>();
    let task = event_loop.create_task(async move { future.await }).unwrap().named("kill me");
    assert!(event_loop.all_tasks() == [task.as_task()]);
    run_briefly(&event_loop);
    assert_eq!(reports.take(), [""; 0]);
    event_loop.close().unwrap();
    assert!(event_loop.all_tasks().is_empty());
    let report = reports.take();
    assert!(report[0].starts_with("Task was destroyed but it is pending!\ntask: <Task pending name='kill me' "));
    assert_eq!(report.len(), 1);
}

// CPython: test_tasks.BaseTaskTests.test_sleep, SleepTests.test_sleep_zero
#[test]
fn a_sleep_takes_its_time_and_gives_its_result() {
    let event_loop = new_loop();
    let slept = event_loop.run_until_complete(async {
        sleep(0.05).await?;
        sleep_result(0.05, "yeah").await
    });
    assert_eq!(slept.unwrap(), "yeah");
    assert_time(&event_loop, 0.1);

    let log = Log::default();
    let sink = log.clone();
    let result = event_loop.run_until_complete(async move {
        get_running_loop()?.call_soon(move || sink.add(1))?;
        let number = sleep_result(0, 10).await?;
        assert_eq!(log.take(), [1], "others have their turn in a sleep of nothing");
        Ok(number)
    });
    assert_eq!(result.unwrap(), 10);
}
