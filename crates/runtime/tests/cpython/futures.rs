//! `test_futures`: the states of a future, how it prints, and what is reported about it.

use asyncio_runtime::*;

use crate::support::*;

fn future(event_loop: &EventLoop) -> Future<i32> {
    event_loop.create_future()
}

// CPython: test_futures.BaseFutureTests.test_initial_state
#[test]
fn a_new_future_is_neither_done_nor_cancelled() {
    let future = future(&new_loop());
    assert!(!future.cancelled() && !future.done());
    future.cancel();
    assert!(future.cancelled());
}

// CPython: test_futures.BaseFutureTests.test_constructor_use_running_loop
#[test]
fn a_future_belongs_to_the_loop_that_made_it() {
    let event_loop = new_loop();
    let made = event_loop.run_until_complete(async { Ok(get_running_loop()?.create_future::<i32>()) });
    assert!(made.unwrap().get_loop() == event_loop);
}

// CPython: test_futures.BaseFutureTests.test_future_cancel_message_getter
#[test]
fn a_message_is_kept_with_the_cancellation() {
    let event_loop = new_loop();
    let future = future(&event_loop);
    future.cancel_with("my message");
    for _ in 0..2 {
        assert_eq!(raised(event_loop.run_until_complete(future.clone())), "CancelledError('my message')");
    }
    assert_eq!(raised(future.exception()), "CancelledError('my message')");
}

/// Checks that a future that is done refuses everything.
fn takes_nothing_more(future: &Future<i32>) {
    assert_eq!(raised(future.set_result(0)), "InvalidStateError('invalid state')");
    assert_eq!(raised(future.set_exception(ValueError::default())), "InvalidStateError('invalid state')");
    assert!(!future.cancel());
}

// CPython: test_futures.BaseFutureTests.test_cancel
#[test]
fn a_cancelled_future_is_done_and_raises() {
    let future = future(&new_loop());
    assert!(future.cancel());
    assert!(future.cancelled() && future.done());
    assert_eq!(raised(future.result()), "CancelledError()");
    assert_eq!(raised(future.exception()), "CancelledError()");
    takes_nothing_more(&future);
    assert!(future.cancelled());
}

// CPython: test_futures.BaseFutureTests.test_result
#[test]
fn a_result_is_set_once() {
    let future = future(&new_loop());
    assert_eq!(raised(future.result()), "InvalidStateError('Result is not set.')");
    future.set_result(42).unwrap();
    assert!(!future.cancelled() && future.done());
    assert_eq!(future.result().unwrap(), 42);
    assert!(future.exception().unwrap().is_none());
    takes_nothing_more(&future);
    assert_eq!(future.result().unwrap(), 42);
}

// CPython: test_futures.BaseFutureTests.test_exception, test_exception_class
#[test]
fn an_exception_is_set_once() {
    let future = future(&new_loop());
    assert_eq!(raised(future.exception()), "InvalidStateError('Exception is not set.')");
    let error = Error::from(RuntimeError::default());
    future.set_exception(error.clone()).unwrap();
    assert!(!future.cancelled() && future.done());
    assert!(future.result().unwrap_err().same(&error));
    assert!(future.exception().unwrap().unwrap().same(&error));
    takes_nothing_more(&future);
}

// CPython: test_futures.BaseFutureTests.test_yield_from_twice, test_future_stop_iteration_args
#[test]
fn a_future_can_be_awaited_again_and_is_there_at_once() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<(i32, i32)>();
    let (awaited, log) = (future.clone(), Log::default());
    let sink = log.clone();
    let task = event_loop.create_task(async move {
        sink.add(('A', None));
        sink.add(('B', Some((&awaited).await?)));
        sink.add(('C', Some((&awaited).await?)));
        Ok(())
    });
    run_briefly(&event_loop);
    assert_eq!(log.take(), [('A', None)]);
    future.set_result((1, 2)).unwrap();
    run_briefly(&event_loop);
    assert_eq!(log.take(), [('B', Some((1, 2))), ('C', Some((1, 2)))]);
    assert!(task.unwrap().done());
}

fn first_callback(_: &Future<i32>) {}
fn callback(_: &Future<i32>) {}
fn last_callback(_: &Future<i32>) {}

// CPython: test_futures.BaseFutureTests.test_future_repr
#[test]
fn a_future_prints_its_state_and_its_callbacks() {
    let event_loop = new_loop();
    let prints = |future: &Future<i32>, expected: &str| assert_eq!(format!("{future:?}"), expected);
    prints(&future(&event_loop), "<Future pending>");

    let cancelled = future(&event_loop);
    cancelled.cancel();
    prints(&cancelled, "<Future cancelled>");

    let finished = future(&event_loop);
    finished.set_result(4).unwrap();
    prints(&finished, "<Future finished result=4>");
    assert_eq!(finished.result().unwrap(), 4);

    let failed = future(&event_loop);
    failed.set_exception(RuntimeError::default()).unwrap();
    prints(&failed, "<Future finished exception=RuntimeError()>");
    assert!(failed.exception().unwrap().is_some());

    let one = future(&event_loop);
    let _ = one.add_done_callback(callback);
    prints(&one, "<Future pending cb=[callback()]>");
    one.cancel();
    prints(&one, "<Future cancelled>");

    let two = future(&event_loop);
    let _ = two.add_done_callback(first_callback);
    let _ = two.add_done_callback(last_callback);
    prints(&two, "<Future pending cb=[first_callback(), last_callback()]>");

    let many = future(&event_loop);
    let _ = many.add_done_callback(first_callback);
    for _ in 0..8 {
        let _ = many.add_done_callback(callback);
    }
    let _ = many.add_done_callback(last_callback);
    prints(&many, "<Future pending cb=[first_callback(), <8 more>, last_callback()]>");
    many.cancel();
    prints(&many, "<Future cancelled>");
}

// CPython: test_futures.BaseFutureTests.test_future_repr, test_future_source_traceback
#[test]
fn in_debug_mode_a_future_knows_where_it_was_created() {
    let event_loop = new_loop();
    event_loop.set_debug(true);
    let (known, line) = (event_loop.create_future::<i32>(), line!());
    let (other, next) = (event_loop.create_future::<i32>(), line!());
    let at = format!("created at {}", file!());
    assert_eq!(format!("{known:?}"), format!("<Future pending {at}:{line}>"));
    let _ = other.add_done_callback(callback);
    assert_eq!(format!("{other:?}"), format!("<Future pending cb=[callback()] {at}:{next}>"));
    known.cancel();
    assert_eq!(format!("{known:?}"), format!("<Future cancelled {at}:{line}>"));
    event_loop.set_debug(false);
    assert_eq!(format!("{:?}", event_loop.create_future::<i32>()), "<Future pending>");
}

// CPython: test_futures2.FutureReprTests.test_recursive_repr_for_pending_tasks
#[test]
fn a_task_whose_result_holds_itself_can_be_printed() {
    virtually(async {
        let task = current_task()?.unwrap();
        let tasks = create_task(async { Ok(all_tasks()?) }).await?;
        assert!(tasks.contains(&task));
        assert!(format!("{tasks:?}").contains("<Task pending "));
        // Two tasks that wait for each other: each prints the other up to a depth.
        let slot = get_running_loop()?.create_future::<Task<()>>();
        let (given, other) = (slot.clone(), Log::default());
        let first = create_task(async move { given.await?.await });
        let awaited = first.clone();
        let second = create_task(async move { awaited.await });
        slot.set_result(second.clone())?;
        sleep(1).await?;
        other.add(format!("{first:?}"));
        assert!(other.take()[0].contains("wait_for=..."));
        second.cancel();
        assert!(first.await.is_err() && second.await.is_err());
        Ok(())
    })
    .unwrap();
}

/// What is reported when a future is dropped that `with` has completed.
fn reported(with: impl FnOnce(&Future<i32>)) -> Vec<String> {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let future = event_loop.create_future();
    with(&future);
    drop(future);
    run_briefly(&event_loop);
    reports.take()
}

// CPython: test_futures.BaseFutureTests.test_tb_logger_abandoned, test_tb_logger_not_called_after_cancel,
// test_tb_logger_result_unretrieved, test_tb_logger_result_retrieved, test_tb_logger_exception_retrieved,
// test_tb_logger_exception_result_retrieved
#[test]
fn what_needs_no_report_is_not_reported() {
    let fail = |future: &Future<i32>| future.set_exception(RuntimeError::new("boom")).unwrap();
    let silent: [Vec<String>; 6] = [
        reported(|_| ()),
        reported(|future| {
            fail(future);
            assert!(!future.cancel());
        }),
        reported(|future| future.set_result(42).unwrap()),
        reported(|future| {
            future.set_result(42).unwrap();
            assert_eq!(future.result().unwrap(), 42);
        }),
        reported(|future| {
            fail(future);
            assert!(future.exception().unwrap().is_some());
        }),
        reported(|future| {
            fail(future);
            assert!(future.result().is_err());
        }),
    ];
    assert_eq!(silent, [const { Vec::<String>::new() }; 6]);
}

// CPython: test_futures.BaseFutureTests.test_tb_logger_exception_unretrieved, test_future_exception_never_retrieved,
// test_future_exception_never_retrieved_debug
#[test]
fn an_exception_that_nobody_asks_for_is_reported_once() {
    for debug in [false, true] {
        let event_loop = new_loop();
        event_loop.set_debug(debug);
        let reports = reports(&event_loop);
        let (future, line) = (event_loop.create_future::<i32>(), line!());
        future.set_exception(RuntimeError::new("boom")).unwrap();
        drop(future);
        run_briefly(&event_loop);
        let at = if debug { format!(" created at {}:{line}", file!()) } else { String::new() };
        let expected = format!(
            "Future exception was never retrieved\n\
             future: <Future finished exception=RuntimeError('boom'){at}>\nexception: RuntimeError('boom')"
        );
        assert_eq!(reports.take(), [expected]);
    }
}

// CPython: test_futures.BaseFutureTests.test_future_del_collect
#[test]
fn a_result_may_be_dropped_with_its_future() {
    struct Evil(EventLoop, Log<bool>);
    impl Drop for Evil {
        fn drop(&mut self) {
            self.1.add(self.0.create_future::<()>().cancel());
        }
    }
    let (event_loop, log) = (new_loop(), Log::default());
    for _ in 0..100 {
        event_loop.create_future().set_result(Evil(event_loop.clone(), log.clone())).unwrap();
    }
    assert_eq!(log.take(), [true; 100]);
}

// CPython: test_futures.BaseFutureTests.test_copy_state
#[test]
fn the_end_of_a_future_goes_over_to_one_that_stands_for_it() {
    let event_loop = new_loop();
    let over = |end: &dyn Fn(&Future<i32>)| {
        let original = event_loop.create_future();
        end(&original);
        let copy = shield(&original);
        assert!(copy.done() && copy != original);
        copy.result().map_err(|error| format!("{error:?}"))
    };
    assert_eq!(over(&|future| future.set_result(10).unwrap()), Ok(10));
    assert_eq!(over(&|future| future.set_exception(RuntimeError::default()).unwrap()), Err("RuntimeError()".into()));
    assert_eq!(over(&|future| assert!(future.cancel())), Err("CancelledError()".into()));
}

// CPython: test_futures.BaseFutureTests.test_set_result_unless_cancelled
#[test]
fn a_timer_that_comes_after_a_cancellation_does_nothing() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let sleeping = event_loop.create_task(sleep(1)).unwrap();
    let victim = sleeping.clone();
    // Due at the same instant as the sleep, and made before it began.
    event_loop.call_at(1.0, move || assert!(victim.cancel())).unwrap();
    assert_eq!(raised(event_loop.run_until_complete(sleeping)), "CancelledError()");
    run_briefly(&event_loop);
    assert_eq!(reports.take(), [""; 0]);
}

// CPython: test_futures.BaseFutureTests.test_wrap_future, test_wrap_future_use_running_loop
#[test]
fn a_job_of_a_thread_is_a_future_of_the_loop() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let job = event_loop.run_in_executor(Some(&pool), || ("oi", std::thread::current().id())).unwrap();
    assert!(job.get_loop() == event_loop);
    let (value, thread) = event_loop.run_until_complete(job).unwrap();
    assert_eq!(value, "oi");
    assert_ne!(thread, std::thread::current().id());
    pool.shutdown(true, false);
}

// CPython: test_futures.BaseFutureTests.test_wrap_future_cancel2
#[test]
fn cancelling_the_future_of_a_job_that_has_ended_does_not_undo_the_job() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let (send, ended) = std::sync::mpsc::channel();
    let job = event_loop.run_in_executor(Some(&pool), move || send.send(42).unwrap()).unwrap();
    pool.shutdown(true, false);
    // The loop does not know about it yet.
    assert!(job.cancel());
    run_briefly(&event_loop);
    assert!(job.cancelled());
    assert_eq!(ended.recv(), Ok(42));
}
