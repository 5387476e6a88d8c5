//! `test_waitfor`: `wait_for`.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

const UP: &str = "TimeoutError()";

/// Takes 0.2 seconds even if it is cancelled, and notes when it ends.
async fn slow(exited: Rc<Cell<bool>>) -> Result<()> {
    let end = get_running_loop()?.time() + 0.2;
    while get_running_loop()?.time() < end {
        let _ = sleep(end - get_running_loop()?.time()).await;
    }
    exited.set(true);
    Ok(())
}

// CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_cancelled
#[test]
fn a_cancelled_wait_still_waits_for_who_refuses_to_end() {
    virtually(async {
        let exited = Rc::new(Cell::new(false));
        let task = create_task(wait_for(slow(Rc::clone(&exited)), 0.4));
        sleep(0).await?;
        task.cancel();
        wait([&task]).await?;
        assert!(exited.get());
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_asyncio_wait_for_timeout
#[test]
fn a_wait_that_is_over_still_waits_for_who_refuses_to_end() {
    virtually(async {
        let exited = Rc::new(Cell::new(false));
        wait_for(slow(Rc::clone(&exited)), 0.1).await?;
        assert!(exited.get());
        assert_time(&get_running_loop()?, 0.2);
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_future_done
#[test]
fn what_is_done_needs_no_time() {
    virtually(async {
        let future = get_running_loop()?.create_future();
        future.set_result("done")?;
        assert_eq!(wait_for(&future, 0).await?, "done");
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started
#[test]
fn without_time_a_coroutine_does_not_start() {
    virtually(async {
        let started = Cell::new(false);
        let foo = async {
            started.set(true);
            Ok(())
        };
        assert_eq!(raised(wait_for(foo, 0).await), UP);
        assert!(!started.get());
        Ok(())
    })
    .unwrap();
}

/// A task that sleeps, and a flag that tells whether it is still sleeping.
fn running() -> (Task<&'static str>, Rc<Cell<Option<bool>>>) {
    let state = Rc::new(Cell::new(None));
    let tell = Rc::clone(&state);
    let task = create_task(async move {
        tell.set(Some(true));
        let result = sleep_result(3600, "done").await;
        tell.set(Some(false));
        result
    });
    (task, state)
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0, test_wait_for
#[test]
fn a_task_is_cancelled_when_time_is_up() {
    virtually(async {
        for limit in [0.0, -1.0, 0.1] {
            let (task, state) = running();
            sleep(0).await?;
            assert_eq!(state.get(), Some(true));
            assert_eq!(raised(wait_for(&task, limit).await), UP);
            assert!(task.done() && task.cancelled());
            assert_eq!(state.get(), Some(false));
        }
        assert_time(&get_running_loop()?, 0.1);
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_blocking
#[test]
fn without_a_limit_it_is_an_await() {
    assert_eq!(virtually(wait_for(async { Ok("done") }, None)).unwrap(), "done");
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_race_condition
#[test]
fn a_result_in_time_is_the_result() {
    virtually(async {
        let future = get_running_loop()?.create_future();
        let (set, waiting) = (future.clone(), wait_for(future, 0.2));
        get_running_loop()?.call_soon(move || set.set_result("ok").unwrap())?;
        assert_eq!(waiting.await?, "ok");
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_cancellation_race_condition, test_wait_for_cancel_suppressed
#[test]
fn a_value_given_in_place_of_the_cancellation_is_the_result() {
    virtually(async {
        let stubborn = async {
            assert_eq!(raised(sleep(1).await), "CancelledError()");
            Ok(42)
        };
        assert_eq!(wait_for(stubborn, 0.01).await?, 42);
        Ok(())
    })
    .unwrap();
}

/// A task that takes a moment to end when it is cancelled.
fn lingering() -> (Task<()>, Rc<Cell<bool>>) {
    let done = Rc::new(Cell::new(false));
    let tell = Rc::clone(&done);
    let task = create_task(async move {
        let cancelled = sleep(10).await;
        let lingered = sleep(0.1).await;
        tell.set(true);
        cancelled.and(lingered)
    });
    (task, done)
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation,
// test_wait_for_waits_for_task_cancellation_w_timeout_0
#[test]
fn the_end_of_the_cancellation_is_waited_for() {
    virtually(async {
        for limit in [0.1, 0.0] {
            let (task, done) = lingering();
            sleep(0.1).await?;
            let error = wait_for(task, limit).await.unwrap_err();
            assert!(done.get());
            assert_eq!(format!("{error:?}"), UP);
            assert_eq!(format!("{:?}", error.source().unwrap()), "CancelledError()");
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_reraises_exception_during_cancellation
#[test]
fn an_error_raised_in_place_of_the_cancellation_comes_out() {
    virtually(async {
        let failing = create_task(async { sleep(0.2).await.map_err(|_| LookupError::new("foo").into()) });
        assert_eq!(raised(wait_for(failing, 0.1).await), "LookupError('foo')");
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_cancel_blocking_wait_for, test_cancel_wait_for
#[test]
fn cancelling_the_wait_cancels_the_task() {
    virtually(async {
        for limit in [None, Some(60.0)] {
            let nobody = get_running_loop()?.create_future::<()>();
            let task = create_task(async move { nobody.await });
            let waited = task.clone();
            let waiting = create_task(async move { wait_for(waited, limit).await });
            let victim = waiting.clone();
            get_running_loop()?.call_soon(move || assert!(victim.cancel()))?;
            assert_eq!(raised(waiting.await), "CancelledError()");
            assert!(task.cancelled());
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.AsyncioWaitForTest.test_wait_for_issue86296
#[test]
fn a_cancellation_is_not_lost_when_the_task_ends_in_the_same_step() {
    virtually(async {
        let inner = create_task(async { Ok("done") });
        let (awaited, reached) = (inner.clone(), Rc::new(Cell::new(false)));
        let reach = Rc::clone(&reached);
        let task = create_task(async move {
            wait_for(&awaited, 100).await?;
            sleep(1).await?;
            reach.set(true);
            Ok(())
        });
        sleep(0).await?;
        task.cancel();
        assert_eq!(raised(task.await), "CancelledError()");
        assert_eq!(inner.await?, "done");
        assert!(!reached.get());
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.WaitForShieldTests.test_zero_timeout
#[test]
fn without_time_only_the_shield_is_cancelled() {
    virtually(async {
        let task = create_task(sleep_result(0.01, "done"));
        let shielded = shield(&task);
        assert_eq!(raised(wait_for(&shielded, 0).await), UP);
        assert!(!task.done() && shielded.cancelled());
        sleep(0.1).await?;
        assert!(task.done() && !task.cancelled());
        Ok(())
    })
    .unwrap();
}

// CPython: test_waitfor.WaitForShieldTests.test_none_timeout, test_shielded_timeout
#[test]
fn a_shielded_task_goes_on_when_time_is_up() {
    virtually(async {
        let task = create_task(sleep_result(0.1, "done"));
        wait_for(shield(&task), None).await?;
        assert!(task.done());
        assert_eq!(task.await?, "done");

        let task = create_task(sleep_result(0.1, "done"));
        assert_eq!(raised(wait_for(shield(&task), 0.01).await), UP);
        assert!(!task.done() && !task.cancelled());
        assert_eq!(task.await?, "done");
        Ok(())
    })
    .unwrap();
}
