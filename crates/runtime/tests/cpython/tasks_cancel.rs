//! `test_tasks`: how a cancellation reaches a task, and how it is counted.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn futures<const N: usize>(event_loop: &EventLoop) -> [Future<i32>; N] {
    std::array::from_fn(|_| event_loop.create_future())
}

fn prints_cancelling<T: std::fmt::Debug + 'static>(task: &Task<T>) -> bool {
    format!("{task:?}").contains(" cancelling ")
}

// CPython: test_tasks.BaseTaskTests.test_task_cancel_message_getter
#[test]
fn a_message_arrives_with_the_cancellation() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Ok(()) }).unwrap();
    task.cancel_with("my message");
    assert_eq!(raised(event_loop.run_until_complete(task)), "CancelledError('my message')");
}

// CPython: test_tasks.BaseTaskTests.test_cancelling
#[test]
fn a_task_that_is_being_cancelled_says_so() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep(10)).unwrap();
    assert!(task.cancelling() == 0 && !prints_cancelling(&task));
    assert!(task.cancel());
    assert!(task.cancelling() == 1 && prints_cancelling(&task));
    assert!(task.cancel(), "a task that is not done takes every request");
    assert_eq!(raised(event_loop.run_until_complete(task)), "CancelledError()");
}

// CPython: test_tasks.BaseTaskTests.test_uncancel_basic
#[test]
fn a_request_can_be_taken_back_and_made_again() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async {
        if sleep(10).await.is_err() {
            current_task()?.unwrap().uncancel();
        }
        sleep(10).await
    });
    let task = task.unwrap();
    let a_moment = || event_loop.run_until_complete(sleep(0.01)).unwrap();
    a_moment();
    assert!(task.cancel());
    assert!(task.cancelling() == 1 && prints_cancelling(&task) && !task.cancelled());
    a_moment();
    assert!(task.cancelling() == 0 && !prints_cancelling(&task) && !task.cancelled());
    assert!(task.cancel());
    assert!(task.cancelling() == 1 && !task.cancelled());
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.cancelled() && task.done());
    task.uncancel();
    assert!(task.cancelled() && task.done(), "what is over stays as it is");
}

/// A hand-made time limit. Returns whether time was up, and whether the block ran to its end.
async fn limited(pause: f64, limit: f64) -> Result<(bool, bool)> {
    let task = current_task()?.unwrap();
    let timed_out = Rc::new(Cell::new(false));
    let (up, victim) = (Rc::clone(&timed_out), task.clone());
    let timer = get_running_loop()?.call_later(limit, move || {
        up.set(true);
        victim.cancel();
    })?;
    let result = sleep(pause).await;
    timer.cancel();
    let cancelled = result.as_ref().is_err_and(Error::is_cancelled);
    if timed_out.get() && task.uncancel() == 0 && cancelled {
        sleep(0).await?;
        return Ok((true, false));
    }
    result?;
    sleep(0).await?;
    Ok((timed_out.get(), true))
}

// CPython: test_tasks.BaseTaskTests.test_uncancel_structured_blocks
#[test]
fn a_block_that_cancels_its_task_goes_on_behind_it() {
    let event_loop = new_loop();
    for (pause, limit, expected) in [(10.0, 0.1, (true, false)), (0.0, 10.0, (false, true))] {
        let task = event_loop.create_task(limited(pause, limit)).unwrap();
        assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), expected);
        assert_eq!(task.cancelling(), 0);
    }
}

// CPython: test_tasks.BaseTaskTests.test_uncancel_resets_must_cancel
#[test]
fn a_request_taken_back_in_time_never_arrives() {
    let event_loop = new_loop();
    let [future] = futures(&event_loop);
    let awaited = future.clone();
    let task = event_loop.create_task(async move { awaited.await }).unwrap();
    run_briefly(&event_loop);
    future.set_result(42).unwrap();
    task.cancel();
    assert_eq!(task.cancelling(), 1);
    task.uncancel();
    assert_eq!(task.cancelling(), 0);
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 42);
}

/// As in CPython: the sleep has ended, although its task has not run yet.
#[test]
fn a_request_that_is_taken_back_when_the_sleep_is_over_never_arrives() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep_result(1, "slept")).unwrap();
    run_briefly(&event_loop);
    let victim = task.clone();
    let cancels = move || {
        assert!(victim.cancel() && victim.cancelling() == 1);
        assert_eq!(victim.uncancel(), 0);
    };
    event_loop.call_later(1, cancels).unwrap();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "slept");
}

/// As CPython.
#[test]
fn no_more_requests_are_taken_back_than_were_made() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep(1)).unwrap();
    assert_eq!((task.uncancel(), task.cancelling()), (0, 0));
    task.cancel();
    assert_eq!((task.uncancel(), task.uncancel(), task.cancelling()), (0, 0, 0));
    event_loop.run_until_complete(task).unwrap();
}

/// As CPython.
#[test]
fn a_request_without_a_message_takes_the_place_of_one_with() {
    let event_loop = new_loop();
    let result = event_loop.run_until_complete(async {
        let task = current_task()?.unwrap();
        task.cancel_with("first");
        task.cancel();
        sleep(1).await
    });
    assert_eq!(raised(result), "CancelledError()");
}

/// As in CPython: only the first caller gets the error itself.
#[test]
fn the_cancellation_that_ended_a_task_is_raised_once_with_its_message() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Err::<(), _>(CancelledError::new("own").into()) }).unwrap();
    let ask = || raised(event_loop.run_until_complete(&task));
    assert_eq!([ask(), ask(), ask()], ["CancelledError('own')", "CancelledError()", "CancelledError()"]);
}

/// As in CPython: the request was passed on to the child, so the parent gets whatever result the child ends with.
#[test]
fn a_request_that_went_on_to_the_awaited_task_does_not_arrive_again() {
    let event_loop = new_loop();
    let cancels_itself_and_awaits = |refuses: bool| {
        let parent = async move {
            let child = create_task(async move {
                assert!(sleep(100).await.unwrap_err().is_cancelled());
                if refuses { Ok("refused") } else { Err(ValueError::new("cleaning up").into()) }
            });
            sleep(0).await?;
            current_task()?.unwrap().cancel();
            let result = child.await;
            sleep(0).await?;
            result
        };
        event_loop.run_until_complete(parent)
    };
    assert_eq!(raised(cancels_itself_and_awaits(false)), "ValueError('cleaning up')");
    assert_eq!(cancels_itself_and_awaits(true).unwrap(), "refused");
}

// CPython: test_tasks.BaseTaskTests.test_cancel
#[test]
fn a_sleeping_task_is_cancelled_once() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep_result(10, 12)).unwrap();
    let victim = task.clone();
    event_loop.call_soon(move || assert!(victim.cancel())).unwrap();
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.done() && task.cancelled() && !task.cancel());
    assert_time(&event_loop, 0.0);
}

type Ask = fn(&Task<()>) -> Result<()>;

/// Cancels a task with or without a message and asks it afterwards.
fn asked_after_cancel(message: Option<&'static str>, started: bool, ask: Ask) -> Error {
    let asking = virtually(async move {
        let task = create_task(sleep(10));
        if started {
            sleep(0).await?;
        }
        match message {
            Some(message) => task.cancel_with(message),
            None => task.cancel(),
        };
        wait([&task]).await?;
        ask(&task)
    });
    asking.unwrap_err()
}

// CPython: test_tasks.BaseTaskTests.test_cancel_with_message_then_future_result,
// test_cancel_with_message_then_future_exception, test_cancel_with_message_before_starting_task
#[test]
fn who_asks_a_cancelled_task_gets_the_message_and_no_second_error() {
    let asks: [Ask; 2] = [|task| task.result(), |task| task.exception().map(drop)];
    for ask in asks {
        for started in [true, false] {
            for (message, expected) in
                [(None, "CancelledError()"), (Some("my message"), "CancelledError('my message')")]
            {
                let error = asked_after_cancel(message, started, ask);
                assert_eq!(format!("{error:?}"), expected);
                assert!(error.context().is_none());
            }
        }
    }
}

// CPython: test_tasks.BaseTaskTests.test_cancellation_exception_context
#[test]
fn an_error_raised_for_a_cancellation_remembers_it() {
    let error = virtually(async {
        let started = get_running_loop()?.create_future();
        let start = started.clone();
        let inner = create_task(async move {
            start.set_result(())?;
            sleep(10).await
        });
        started.await?;
        let victim = inner.clone();
        get_running_loop()?.call_soon(move || assert!(victim.cancel_with("msg")))?;
        inner.await.map_err(|cancelled| Error::from(ValueError::new("cancelled")).during(cancelled))
    });
    let error = error.unwrap_err();
    assert_eq!(format!("{error:?}"), "ValueError('cancelled')");
    let context = error.context().unwrap();
    assert_eq!(format!("{context:?}"), "CancelledError('msg')");
    assert!(context.context().is_none());
}

// CPython: test_tasks.BaseTaskTests.test_cancel_yield
#[test]
fn a_task_that_only_gives_way_is_cancelled() {
    let event_loop = new_loop();
    let log = Log::default();
    let sink = log.clone();
    let task = event_loop.create_task(async move {
        sleep(0).await?;
        sink.add("went on");
        sleep(0).await
    });
    let task = task.unwrap();
    let start = event_loop.clone();
    // One step: `run_briefly` would allow two.
    event_loop.call_soon(move || start.stop()).unwrap();
    event_loop.run_forever().unwrap();
    task.cancel();
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.done() && task.cancelled() && !task.cancel());
    assert!(log.take().is_empty());
}

/// A task that has taken its first step and waits for the future.
fn awaiting(event_loop: &EventLoop, future: &Future<i32>) -> Task<i32> {
    let future = future.clone();
    let task = event_loop.create_task(async move { future.await.map(|_| 12) }).unwrap();
    run_briefly(event_loop);
    task
}

// CPython: test_tasks.BaseTaskTests.test_cancel_inner_future, test_cancel_both_task_and_inner_future
#[test]
fn a_task_and_what_it_awaits_are_cancelled_together() {
    for (inner, outer) in [(true, false), (true, true), (false, true)] {
        let event_loop = new_loop();
        let [future] = futures(&event_loop);
        let task = awaiting(&event_loop, &future);
        assert!(!inner || future.cancel());
        assert!(!outer || task.cancel());
        assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
        assert!(task.done() && future.cancelled() && task.cancelled());
    }
}

// CPython: test_tasks.BaseTaskTests.test_task_cancel_waiter_future
#[test]
fn a_task_waits_on_its_future_until_it_is_cancelled() {
    let event_loop = new_loop();
    let [future] = futures(&event_loop);
    let task = awaiting(&event_loop, &future);
    assert_eq!(task.waits_on().unwrap().future.as_ref(), Some(&*future));
    task.cancel();
    run_briefly(&event_loop);
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.waits_on().is_none());
    assert!(future.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_cancel_task_catching
#[test]
fn a_task_may_end_well_instead_of_being_cancelled() {
    let event_loop = new_loop();
    let [first, second] = futures(&event_loop);
    let awaited = [first.clone(), second.clone()];
    let task = event_loop.create_task(async move {
        let [first, second] = awaited;
        first.await?;
        Ok(second.await.unwrap_or(42))
    });
    let task = task.unwrap();
    run_briefly(&event_loop);
    first.set_result(0).unwrap();
    run_briefly(&event_loop);
    task.cancel();
    assert!(second.cancelled(), "the second is what it waits for now");
    assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), 42);
    assert!(!task.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_cancel_task_ignoring
#[test]
fn a_task_that_ignores_a_cancellation_goes_on() {
    let event_loop = new_loop();
    let [first, second, third] = futures(&event_loop);
    let awaited = [first.clone(), second.clone(), third.clone()];
    let task = event_loop.create_task(async move {
        let [first, second, third] = awaited;
        first.await?;
        let _ = second.await;
        third.await
    });
    let task = task.unwrap();
    run_briefly(&event_loop);
    first.set_result(0).unwrap();
    run_briefly(&event_loop);
    task.cancel();
    assert!(second.cancelled());
    run_briefly(&event_loop);
    third.set_result(42).unwrap();
    assert_eq!(event_loop.run_until_complete(task.clone()).unwrap(), 42);
    assert!(!third.cancelled() && !task.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_cancel_current_task
#[test]
fn a_task_that_cancels_itself_is_cancelled_at_its_next_wait() {
    let event_loop = new_loop();
    let log = Log::default();
    let sink = log.clone();
    let task = event_loop.create_task(async move {
        assert!(current_task()?.unwrap().cancel());
        sink.add("goes on to its next wait");
        sleep(100).await
    });
    let task = task.unwrap();
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert_eq!(log.take().len(), 1);
    assert!(task.done() && task.cancelled() && !task.cancel());
    assert_time(&event_loop, 0.0);
}

// CPython: test_tasks.BaseTaskTests.test_cancel_at_end
#[test]
fn a_task_that_cancels_itself_and_returns_ends_cancelled() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Ok(current_task()?.unwrap().cancel()) }).unwrap();
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.done() && task.cancelled() && !task.cancel());
}

// CPython: test_tasks.BaseTaskTests.test_cancel_awaited_task
#[test]
fn the_next_wait_of_a_cancelled_task_is_cancelled_with_all_behind_it() {
    let event_loop = new_loop();
    let [future] = futures(&event_loop);
    let (awaited, nested) = (future.clone(), Rc::new(Cell::new(None)));
    let slot = Rc::clone(&nested);
    let task = event_loop.create_task(async move {
        let nested = create_task(async move { awaited.await });
        slot.set(Some(nested.clone()));
        sleep(0).await?;
        current_task()?.unwrap().cancel();
        nested.await
    });
    let task = task.unwrap();
    assert_eq!(raised(event_loop.run_until_complete(task.clone())), "CancelledError()");
    assert!(task.cancelled() && nested.take().unwrap().cancelled() && future.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_sleep_cancel
#[test]
fn a_cancelled_sleep_leaves_no_timer() {
    let event_loop = new_loop();
    let task = event_loop.create_task(sleep(10)).unwrap();
    run_briefly(&event_loop);
    task.cancel();
    run_briefly(&event_loop);
    // No timer is left, so there is nothing to jump to.
    let nobody = event_loop.create_future::<()>();
    let error = raised(event_loop.run_until_complete(async move { nobody.await }));
    assert!(error.contains("deadlock"), "{error}");
    assert_time(&event_loop, 0.0);
}

// CPython: test_tasks.BaseTaskTests.test_task_cancel_sleeping_task
#[test]
fn a_task_that_is_awaited_is_cancelled_by_a_timer() {
    let event_loop = new_loop();
    let result = event_loop.run_until_complete(async {
        let sleeper = create_task(sleep(5000));
        let victim = sleeper.clone();
        get_running_loop()?.call_later(0.1, move || assert!(victim.cancel()))?;
        sleeper.await
    });
    assert_eq!(raised(result), "CancelledError()");
    assert_time(&event_loop, 0.1);
}

// CPython: test_tasks.BaseTaskTests.test_baseexception_during_cancel
#[test]
fn an_error_raised_in_place_of_a_cancellation_is_how_the_task_ends() {
    let event_loop = new_loop();
    let raised = Error::from(KeyboardInterrupt::default());
    let error = raised.clone();
    let task = event_loop.create_task(async move { sleep(10).await.map_err(|_| error) }).unwrap();
    run_briefly(&event_loop);
    task.cancel();
    assert!(!task.done());
    run_briefly(&event_loop);
    assert!(task.done() && !task.cancelled());
    assert!(task.exception().unwrap().unwrap().same(&raised));
}

// CPython: test_tasks.BaseTaskTests.test_yield_future_passes_cancel
#[test]
fn a_cancellation_passes_through_coroutines_to_the_future() {
    let event_loop = new_loop();
    let [waiter] = futures(&event_loop);
    let (awaited, log) = (waiter.clone(), Log::default());
    let sink = log.clone();
    let task = event_loop.create_task(async move {
        let inner = async {
            let result = awaited.await;
            sink.add(("inner", result.as_ref().is_err_and(Error::is_cancelled)));
            result
        };
        sink.add(("outer", inner.await.is_err_and(|error| error.is_cancelled())));
        Ok(())
    });
    let task = task.unwrap();
    run_briefly(&event_loop);
    task.cancel();
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(log.take(), [("inner", true), ("outer", true)]);
    assert!(waiter.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_yield_wait_does_not_shield_cancel
#[test]
fn cancelling_a_wait_leaves_what_it_waits_for() {
    let event_loop = new_loop();
    let [waiter] = futures(&event_loop);
    let (awaited, log) = (waiter.clone(), Log::default());
    let sink = log.clone();
    let outer = event_loop.create_task(async move {
        let note = sink.clone();
        let inner = create_task(async move {
            awaited.await?;
            note.add("inner");
            Ok(())
        });
        wait(&[inner]).await?;
        sink.add("outer");
        Ok(())
    });
    let outer = outer.unwrap();
    run_briefly(&event_loop);
    outer.cancel();
    assert_eq!(raised(event_loop.run_until_complete(outer)), "CancelledError()");
    waiter.set_result(0).unwrap();
    run_briefly(&event_loop);
    assert_eq!(log.take(), ["inner"]);
}

#[test]
fn of_two_requests_one_that_is_taken_back_leaves_the_other() {
    virtually(async {
        let me = current_task()?.unwrap();
        me.cancel();
        me.cancel();
        assert_eq!(me.uncancel(), 1);
        assert_eq!(raised(sleep(0).await), "CancelledError()");
        assert_eq!(me.uncancel(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_done_is_awaited_before_a_cancellation_arrives() {
    virtually(async {
        let me = current_task()?.unwrap();
        let future = get_running_loop()?.create_future();
        future.set_result(3)?;
        me.cancel();
        assert_eq!(future.await?, 3);
        assert_eq!(raised(sleep(0).await), "CancelledError()");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_whose_future_is_cancelled_first_raises_the_cancellation_of_the_future() {
    virtually(async {
        let future = get_running_loop()?.create_future::<()>();
        let task = awaiting_in_a_task(&future);
        sleep(0).await?;
        future.cancel_with("of the future");
        task.cancel_with("of the task");
        assert_eq!(raised(task.await), "CancelledError('of the future')");
        let future = get_running_loop()?.create_future::<()>();
        let task = awaiting_in_a_task(&future);
        sleep(0).await?;
        future.set_result(())?;
        task.cancel_with("of the task");
        assert_eq!(raised(task.await), "CancelledError('of the task')");
        Ok(())
    })
    .unwrap();
}

fn awaiting_in_a_task(future: &Future<()>) -> Task<()> {
    let future = future.clone();
    create_task(async move { future.await })
}

#[test]
fn a_cancellation_replaces_the_error_of_a_task_that_awaits_itself() {
    virtually(async {
        let task = create_task(async {
            let me = current_task()?.unwrap();
            me.join().await
        });
        sleep(0).await?;
        task.cancel_with("late");
        assert_eq!(raised(task.await), "CancelledError('late')");
        Ok(())
    })
    .unwrap();
}
