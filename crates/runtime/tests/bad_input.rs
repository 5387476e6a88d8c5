//! Bad input gives a clear error, in CPython's words where CPython has any.

#[macro_use]
extern crate asyncio_testing;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

use std::future::Future;

fn text<T>(result: Result<T, impl Into<Error>>) -> String {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => format!("{:?}", error.into()),
    }
}

// CPython: test_tasks.BaseCurrentLoopTests.test_current_task_no_running_loop_implicit
#[test]
fn without_a_running_loop() {
    assert_eq!(text(get_running_loop()), "RuntimeError('no running event loop')");
    assert_eq!(text(current_task()), "RuntimeError('no running event loop')");
    assert_eq!(text(all_tasks()), "RuntimeError('no running event loop')");
    assert_eq!(text(try_create_task(async { Ok(()) })), "RuntimeError('no running event loop')");
    let mut sleep = std::pin::pin!(sleep(1));
    let polled = sleep.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let std::task::Poll::Ready(result) = polled else { panic!("it must not wait") };
    assert_eq!(text(result), "RuntimeError('no running event loop')");
}

#[test]
#[should_panic(expected = "no running event loop")]
fn create_task_without_a_loop_panics() {
    drop(create_task(async { Ok(()) }));
}

// CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_without_loop
#[test]
#[should_panic(expected = "no running event loop")]
fn gather_of_nothing_without_a_loop_panics() {
    drop(gather(Vec::<Task<()>>::new()));
}

// CPython: test_runners.RunTests.test_asyncio_run_from_running_loop, RunnerTests.test_recursive_run,
// test_base_events.RunningLoopTests.test_running_loop_within_a_loop,
// test_events.EventLoopTestsMixin.test_run_until_complete_nesting, test_close_running_event_loop
#[test]
fn a_loop_inside_a_loop() {
    virtually(async {
        let nested = run(async { Ok(()) });
        assert_eq!(text(nested), "RuntimeError('asyncio.run() cannot be called from a running event loop')");
        let nested = Runner::new().run(async { Ok(()) });
        assert_eq!(text(nested), "RuntimeError('Runner.run() cannot be called from a running event loop')");
        let nested = EventLoop::with_clock(Clock::Virtual).run_until_complete(async { Ok(()) });
        assert_eq!(text(nested), "RuntimeError('Cannot run the event loop while another loop is running')");
        let nested = EventLoop::with_clock(Clock::Virtual).run_forever();
        assert_eq!(text(nested), "RuntimeError('Cannot run the event loop while another loop is running')");
        let same = get_running_loop()?;
        assert_eq!(text(same.run_forever()), "RuntimeError('This event loop is already running')");
        assert_eq!(
            text(same.run_until_complete(async { Ok(()) })),
            "RuntimeError('This event loop is already running')"
        );
        assert_eq!(text(same.close()), "RuntimeError('Cannot close a running event loop')");
        Ok(())
    })
    .unwrap();
}

// CPython: test_events.EventLoopTestsMixin.test_close
#[test]
fn a_closed_loop() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let handle = event_loop.handle();
    event_loop.close().unwrap();
    event_loop.close().unwrap();
    let closed = "RuntimeError('Event loop is closed')";
    assert_eq!(text(event_loop.call_soon(|| ())), closed);
    assert_eq!(text(event_loop.call_later(1, || ())), closed);
    assert_eq!(text(event_loop.call_at(event_loop.time(), || ())), closed);
    assert_eq!(text(event_loop.add_signal_handler(15, || ())), closed);
    assert_eq!(text(event_loop.create_task(async { Ok(()) })), closed);
    assert_eq!(text(event_loop.run_forever()), closed);
    assert_eq!(text(event_loop.run_until_complete(async { Ok(()) })), closed);
    assert_eq!(text(event_loop.run_in_executor(None, || ())), closed);
    assert_eq!(text(handle.call_soon_threadsafe(|| ())), closed);
    assert_eq!(text(run_coroutine_threadsafe(async || Ok(()), &handle)), closed);
    assert!(handle.is_closed() && event_loop.is_closed());
}

// CPython: test_tasks.BaseTaskTests.test_sleep_when_delay_is_nan
#[test]
fn impossible_delays() {
    virtually(async {
        let nan = "ValueError('Invalid delay: NaN (not a number)')";
        assert_eq!(text(sleep(f64::NAN).await), nan);
        assert_eq!(text(get_running_loop()?.call_later(f64::NAN, || ())), nan);
        assert_eq!(text(timeout(f64::NAN).run(async |_| Ok(())).await), nan);
        assert_eq!(text(wait_for(sleep(0), f64::NAN).await), nan);
        let task = create_task(sleep(0));
        assert_eq!(text(wait([&task]).timeout(f64::NAN).await), nan);
        assert_eq!(text(as_completed([task.clone()]).timeout(f64::NAN)), nan);
        // A negative delay counts as zero, an infinite one as the longest possible.
        sleep(-5).await?;
        assert!(text(wait_for(sleep(f64::INFINITY), 3600).await).starts_with("TimeoutError"));
        let call = get_running_loop()?.call_later(f64::INFINITY, || ())?;
        call.cancel();
        task.await
    })
    .unwrap();
}

#[test]
fn waiting_for_nothing() {
    virtually(async {
        let nothing: [Task<()>; 0] = [];
        assert_eq!(text(wait(&nothing).await), "ValueError('Set of Tasks/Futures is empty.')");
        assert_eq!(gather(Vec::<Task<()>>::new()).await?, []);
        assert!(as_completed(Vec::<Task<()>>::new()).next().is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_future_is_completed_once() {
    virtually(async {
        let future = get_running_loop()?.create_future();
        assert_eq!(text(future.result()), "InvalidStateError('Result is not set.')");
        assert_eq!(text(future.exception()), "InvalidStateError('Exception is not set.')");
        future.set_result(1)?;
        assert_eq!(text(future.set_result(2)), "InvalidStateError('invalid state')");
        assert_eq!(text(future.set_exception(ValueError::new("x"))), "InvalidStateError('invalid state')");
        assert!(!future.cancel());
        assert_eq!((future.result()?, future.exception()?.is_none()), (1, true));
        assert_eq!(future.clone().await?, 1);
        assert!(text(future.await).contains("the result was taken before"));
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_task_set_methods
#[test]
fn a_task_sets_its_own_result() {
    virtually(async {
        let task = create_task(async { Ok(1) });
        assert_eq!(text(task.set_result(2)), "RuntimeError('Task does not support set_result operation')");
        assert_eq!(
            text(task.set_exception(ValueError::new("x"))),
            "RuntimeError('Task does not support set_exception operation')"
        );
        assert_eq!(task.await?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_is_used_once_and_inside_a_task() {
    virtually(async {
        let limit = timeout(1);
        assert_eq!(text(limit.reschedule(2)), "RuntimeError('Timeout has not been entered')");
        limit.run(async |_| Ok(())).await?;
        assert_eq!(text(limit.run(async |_| Ok(())).await), "RuntimeError('Timeout has already been entered')");
        assert_eq!(text(limit.reschedule(2)), "RuntimeError('Cannot change state of finished Timeout')");
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_other_loop_future
#[test]
fn a_future_of_another_loop() {
    let other = EventLoop::with_clock(Clock::Virtual);
    let foreign = other.create_future::<()>();
    let error = text(virtually(async move { foreign.await }));
    assert!(error.contains("attached to a different loop"), "{error}");
}

// CPython: test_events.EventLoopTestsMixin.test_run_until_complete_stopped
#[test]
fn stopping_before_the_end() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let stop = event_loop.clone();
    let result = event_loop.run_until_complete(async move {
        stop.stop();
        sleep(1).await
    });
    assert_eq!(text(result), "RuntimeError('Event loop stopped before Future completed.')");
    event_loop.set_exception_handler(Some(Box::new(|_| ())));
}

#[test]
fn a_closed_runner() {
    let runner = Runner::new().clock(Clock::Virtual);
    runner.run(async { Ok(()) }).unwrap();
    runner.close();
    runner.close();
    assert_eq!(text(runner.run(async { Ok(()) })), "RuntimeError('Runner is closed')");
    assert_eq!(text(runner.get_loop()), "RuntimeError('Runner is closed')");
}

#[test]
fn pools_of_nothing_and_after_their_end() {
    assert_eq!(text(ThreadPoolExecutor::new(0)), "ValueError('max_workers must be greater than 0')");
    let pool = ThreadPoolExecutor::new(1).unwrap();
    pool.shutdown(true, true);
    assert_eq!(text(pool.submit(|| ())), "RuntimeError('cannot schedule new futures after shutdown')");
}

#[test]
fn a_wait_for_a_future_without_any_task_is_a_deadlock() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let future = event_loop.create_future::<()>();
    let error = event_loop.run_until_complete(future).unwrap_err();
    assert_eq!(error.to_string(), "deadlock: there is no task, and nothing is left that could go on");
}

#[test]
fn a_deadlock_names_the_tasks_of_a_group() {
    for count in [1, 7] {
        let result = virtually(async move {
            let block = async move |group: TaskGroup| {
                for number in 0..count {
                    let never = get_running_loop()?.create_future::<()>();
                    drop(group.create_task(async move { never.await })?.named(format_args!("child {number}")));
                }
                Ok(())
            };
            TaskGroup::new().run(block).await
        });
        let error = text(result);
        let children: Vec<_> = (0..count.min(5)).map(|number| format!("child {number}")).collect();
        let expected = format!(" waits for a group of {count} ({}) at ", children.join(", "));
        assert!(error.contains(&expected), "{error}");
        assert_eq!(error.matches("a future that nobody completes").count(), count, "{error}");
    }
}

#[test]
fn a_deadlock_names_what_the_body_waits_for_and_not_the_tasks_that_it_started() {
    async fn never() -> Result<()> {
        get_running_loop()?.create_future::<()>().await
    }
    let in_a_group = virtually(async {
        let block = async move |group: TaskGroup| {
            drop(group.create_task(never())?);
            never().await
        };
        TaskGroup::new().run(block).await
    });
    let beside_a_gather = virtually(async {
        let _members = gather([never()]);
        never().await
    });
    for error in [text(in_a_group), text(beside_a_gather)] {
        assert_eq!(error.matches("a future that nobody completes").count(), 2, "{error}");
        assert!(!error.contains("a group of"), "{error}");
    }
}

#[test]
fn a_deadlock_is_named() {
    let result = virtually(async {
        let first = get_running_loop()?.create_future::<()>();
        let waiting = create_task(async move { first.await }).named("reader");
        waiting.await
    });
    let error = text(result);
    assert!(error.contains("deadlock: every task waits"), "{error}");
    assert!(error.contains("waits for reader"), "{error}");
    assert!(error.contains("reader waits for a future that nobody completes"), "{error}");
}

#[test]
fn a_group_can_be_asked_again_and_again() {
    virtually(async {
        let group = gather((0..3).map(|i| sleep_result(1, i)));
        assert_eq!(text(group.result()), "InvalidStateError('Result is not set.')");
        assert_eq!((&group).await?, [0, 1, 2]);
        assert_eq!(group.result()?, (&group).await?);
        assert_eq!(group.await?, [0, 1, 2]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_waited_for_may_borrow_and_may_be_a_group() {
    virtually(async {
        let text_of = String::from("borrowed");
        let length = async |s: &str| {
            sleep(1).await?;
            Ok(s.len())
        };
        assert_eq!(wait_for(length(&text_of), 5).await?, 8);
        assert!(wait_for(length(&text_of), 0).await.unwrap_err().is::<TimeoutError>());
        assert_eq!(wait_for(gather([sleep_result(1, 1)]), 5).await?, [1]);
        assert!(wait_for(gather([sleep_result(9, 1)]), 5).await.unwrap_err().is::<TimeoutError>());
        let groups = gather([gather([sleep_result(1, 1)]), gather([sleep_result(1, 2)])]);
        assert_eq!(shield(groups).await?, [[1], [2]]);
        Ok(())
    })
    .unwrap();
}

/// At the call, before any part of the group has begun.
#[test]
#[should_panic(expected = "The future belongs to a different loop than the one specified as the loop argument")]
fn gathering_futures_of_another_loop_is_refused_at_once() {
    let other = EventLoop::with_clock(Clock::Virtual);
    let future = other.create_future::<()>();
    let _ = Runner::new().clock(Clock::Virtual).run(async move {
        let _group = gather([&future, &future]);
        Ok(())
    });
}

#[test]
fn the_report_of_a_deadlock_names_twenty_tasks_and_counts_the_others() {
    let error = virtually(async {
        let never = get_running_loop()?.create_future::<()>();
        let wait = |_| {
            let never = never.clone();
            create_task(async move { (&never).await })
        };
        gather((0..24).map(wait).collect::<Vec<_>>()).await
    });
    let text = error.unwrap_err().to_string();
    assert_eq!(text.matches(" waits for ").count(), 20, "{text}");
    assert!(text.ends_with("\n  and 5 more"), "{text}");
}
