//! `test_timeouts`: blocks with time limits.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

pub(crate) const UP: &str = "TimeoutError()";

/// Sleeps under a limit, and returns the limit and the result.
async fn slept(limit: Timeout, seconds: f64) -> (Timeout, Result<()>) {
    let result = limit.run(async |_| sleep(seconds).await).await;
    (limit, result)
}

pub(crate) async fn within<T>(seconds: f64, block: impl AsyncFnOnce(&Timeout) -> Result<T>) -> Result<T> {
    timeout(seconds).run(async |limit| block(limit).await).await
}

// CPython: test_timeouts.TimeoutTests.test_timeout_basic, test_timeout_at_basic
#[test]
fn a_block_that_takes_too_long_raises() {
    virtually(async {
        let (limit, result) = slept(timeout(0.01), 10.0).await;
        assert_eq!(raised(result), UP);
        assert!(limit.expired());

        let deadline = get_running_loop()?.time() + 0.01;
        let (limit, result) = slept(timeout_at(deadline), 10.0).await;
        assert_eq!(raised(result), UP);
        assert!(limit.expired() && limit.when() == Some(deadline));
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_nested_timeouts
#[test]
fn of_two_limits_at_one_instant_the_outer_one_raises() {
    virtually(async {
        let deadline = get_running_loop()?.time() + 0.01;
        let (outer, inner, log) = (timeout_at(deadline), timeout_at(deadline), Log::default());
        let result = outer.run(async |_| {
            let result = inner.run(async |_| sleep(10).await).await;
            log.add(raised(result.clone()));
            result
        });
        assert_eq!(raised(result.await), UP);
        assert_eq!(log.take(), ["CancelledError()"]);
        assert!(outer.expired() && inner.expired());
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_waiter_cancelled
#[test]
fn inside_the_block_it_is_a_cancellation() {
    virtually(async {
        let log = Log::default();
        let result = within(0.01, async |_| {
            let result = sleep(10).await;
            log.add(raised(result.clone()));
            result
        });
        assert_eq!(raised(result.await), UP);
        assert_eq!(log.take(), ["CancelledError()"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_not_called
#[test]
fn a_block_that_ends_in_time_is_left_alone() {
    virtually(async {
        let (limit, result) = slept(timeout(10), 0.01).await;
        result?;
        assert!(!limit.expired() && limit.when().unwrap() > get_running_loop()?.time());
        sleep(20).await
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_disabled, test_timeout_at_disabled
#[test]
fn no_limit_is_a_limit_too() {
    virtually(async {
        for limit in [timeout(None), timeout_at(None)] {
            let (limit, result) = slept(limit, 0.01).await;
            result?;
            assert!(!limit.expired() && limit.when().is_none());
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_zero, test_timeout_zero_sleep_zero,
// test_timeout_in_the_past_sleep_zero
#[test]
fn when_time_is_up_at_the_start_the_first_wait_raises() {
    virtually(async {
        for (delay, pause) in [(0, 10.0), (0, 0.0), (-11, 0.0)] {
            let start = get_running_loop()?.time();
            let (limit, result) = slept(timeout(delay), pause).await;
            assert_eq!(raised(result), UP);
            assert!(limit.expired());
            assert_eq!(limit.when(), Some(start + f64::from(delay)));
            assert_time(&get_running_loop()?, start);
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_foreign_exception_passed
#[test]
fn other_errors_pass() {
    virtually(async {
        let limit = timeout(0.01);
        let result = limit.run(async |_| Err::<(), _>(LookupError::default().into())).await;
        assert_eq!(raised(result), "LookupError()");
        assert!(!limit.expired());
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_foreign_cancel_doesnt_timeout_if_not_expired
#[test]
fn a_cancellation_from_elsewhere_stays_one() {
    let result = virtually(async {
        let limit = timeout(10);
        let result = limit.run(async |_| {
            current_task()?.unwrap().cancel();
            sleep(10).await
        });
        let result = result.await;
        assert!(!limit.expired());
        result
    });
    assert_eq!(raised(result), "CancelledError()");
}

// CPython: test_timeouts.TimeoutTests.test_outer_task_is_not_cancelled
#[test]
fn a_task_that_handles_the_timeout_ends_well() {
    virtually(async {
        let task = create_task(async {
            assert_eq!(raised(slept(timeout(0.001), 10.0).await.1), UP);
            Ok(())
        });
        (&task).await?;
        assert!(task.done() && !task.cancelled());
        assert_eq!(task.cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_nested_timeouts_concurrent
#[test]
fn an_outer_limit_that_is_long_up_ends_the_inner_block() {
    virtually(async {
        let inner = timeout(0.1);
        let result = within(0.002, async |_| {
            let result = inner.run(async |_| {
                time::sleep(0.01);
                sleep(1).await
            });
            result.await
        });
        assert_eq!(raised(result.await), UP);
        assert!(!inner.expired());
        assert_time(&get_running_loop()?, 0.01);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_nested_timeouts_loop_busy
#[test]
fn a_wait_behind_the_inner_block_is_ended_by_the_outer_limit() {
    virtually(async {
        let result = within(0.1, async |_| {
            let inner = within(0.01, async |_| {
                time::sleep(0.05); // the loop is busy
                sleep(1).await
            });
            assert_eq!(raised(inner.await), UP);
            sleep(10).await
        });
        assert_eq!(raised(result.await), UP);
        assert_time(&get_running_loop()?, 0.1);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_reschedule
#[test]
fn a_limit_can_be_moved_and_taken_away_by_others() {
    virtually(async {
        let future = get_running_loop()?.create_future::<Timeout>();
        let first = get_running_loop()?.time() + 10.0;
        let set = future.clone();
        let task = create_task(async move {
            timeout_at(first)
                .run(async |limit| {
                    set.set_result(limit.clone())?;
                    sleep(50).await
                })
                .await
        });
        let limit = future.await?;
        assert_eq!(limit.when(), Some(first));
        limit.reschedule(first + 20.0)?;
        assert_eq!(limit.when(), Some(first + 20.0));
        limit.reschedule(None)?;
        assert_eq!(limit.when(), None);
        sleep(40).await?;
        assert!(!task.done(), "neither limit is left");
        task.cancel();
        assert_eq!(raised(task.await), "CancelledError()");
        assert!(!limit.expired());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_that_is_gone_already_can_be_moved_before_the_first_wait() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let limit = timeout(0);
        limit
            .run(async |limit| {
                limit.reschedule(event_loop.time() + 10.0)?;
                sleep(1).await
            })
            .await?;
        assert!(!limit.expired());
        let limit = timeout(0);
        let result = limit.run(async |limit| {
            limit.reschedule(event_loop.time() + 10.0)?;
            limit.reschedule(event_loop.time() - 1.0)?;
            assert!(!limit.expired());
            sleep(5).await
        });
        assert_eq!(raised(result.await), UP);
        assert!(limit.expired());
        assert_time(&event_loop, 1.0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn clones_are_the_same_limit_whenever_they_are_made() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let limit = timeout(1);
        let before = limit.clone();
        let result = limit.run(async |limit| {
            let within = limit.clone();
            within.reschedule(event_loop.time() + 2.0)?;
            assert_eq!(before.when(), within.when());
            sleep(50).await
        });
        assert_eq!(raised(result.await), UP);
        assert!(before.expired() && limit.expired() && limit.clone().expired());
        assert_time(&event_loop, 2.0);

        // Made while the timer runs, and the first one goes.
        let limit = timeout(1);
        limit.enter()?;
        let other = limit.clone();
        drop(limit);
        assert_eq!(raised(other.exit(sleep(50).await)), UP);
        assert_time(&event_loop, 3.0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_that_is_never_left_has_not_expired_when_its_loop_is_closed() {
    let left_open = virtually(async {
        let limit = timeout(10);
        limit.enter()?;
        Ok(limit)
    });
    assert!(!left_open.unwrap().expired());
}

// CPython: test_timeouts.TimeoutTests.test_repr_active, test_repr_expired, test_repr_finished, test_repr_disabled
#[test]
fn a_limit_prints_its_state() {
    virtually(async {
        let limit = timeout(10);
        let prints = async |limit: &Timeout| Ok(format!("{limit:?}"));
        assert_eq!(limit.run(prints).await?, "<Timeout [active] when=10.0>");
        assert_eq!(format!("{limit:?}"), "<Timeout [finished]>");
        let unlimited = timeout(None);
        assert_eq!(unlimited.run(prints).await?, "<Timeout [active] when=None>");
        assert_eq!(format!("{:?}", slept(timeout(0.01), 10.0).await.0), "<Timeout [expired]>");
        Ok(())
    })
    .unwrap();
}

/// Cancels the current task and continues to sleep as if nothing had happened.
async fn refuse_a_cancellation() -> Result<()> {
    current_task()?.unwrap().cancel();
    assert_eq!(raised(sleep(1).await), "CancelledError()");
    Ok(())
}

// CPython: test_timeouts.TimeoutTests.test_timeout_after_cancellation
#[test]
fn a_limit_works_in_a_task_that_has_refused_a_cancellation() {
    virtually(async {
        refuse_a_cancellation().await?;
        assert_eq!(raised(slept(timeout(0), 1.0).await.1), UP);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_cancel_in_timeout_after_cancellation
#[test]
fn a_second_cancellation_gets_out_of_a_limit() {
    virtually(async {
        refuse_a_cancellation().await?;
        let result = within(1.0, async |_| {
            current_task()?.unwrap().cancel();
            sleep(2).await
        });
        assert_eq!(raised(result.await), "CancelledError()");
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_already_entered, test_timeout_double_enter
#[test]
fn a_limit_is_entered_once() {
    virtually(async {
        let entered = "RuntimeError('Timeout has already been entered')";
        let limit = timeout(0.01);
        let again = async |limit: &Timeout| Ok(raised(limit.run(async |_| Ok(())).await));
        assert_eq!(limit.run(again).await?, entered);
        assert_eq!(raised(limit.run(async |_| Ok(())).await), entered);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_finished, test_timeout_expired, test_timeout_expiring,
// test_timeout_not_entered
#[test]
fn a_limit_can_be_moved_only_while_it_stands() {
    virtually(async {
        let moved = |limit: &Timeout| raised(limit.reschedule(0.02));
        let limit = timeout(0.01);
        assert_eq!(moved(&limit), "RuntimeError('Timeout has not been entered')");
        let (limit, result) = slept(limit, 0.0).await;
        result?;
        assert_eq!(moved(&limit), "RuntimeError('Cannot change state of finished Timeout')");
        let (limit, result) = slept(timeout(0.01), 1.0).await;
        assert_eq!(raised(result), UP);
        assert_eq!(moved(&limit), "RuntimeError('Cannot change state of expired Timeout')");
        let expiring = within(0.01, async |limit| {
            assert_eq!(raised(sleep(1).await), "CancelledError()");
            assert_eq!(moved(limit), "RuntimeError('Cannot change state of expiring Timeout')");
            Ok("swallowed")
        });
        assert_eq!(expiring.await?, "swallowed");
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_without_task
#[test]
fn a_limit_needs_a_task() {
    let event_loop = new_loop();
    let log = Log::default();
    let sink = log.clone();
    let in_a_callback = move || {
        let limit = timeout(0.01);
        sink.add(raised(limit.enter()));
        sink.add(raised(limit.reschedule(0.02)));
    };
    event_loop.call_soon(in_a_callback).unwrap();
    run_briefly(&event_loop);
    let expected = ["Timeout should be used inside a task", "Timeout has not been entered"];
    assert_eq!(log.take(), expected.map(|text| format!("RuntimeError('{text}')")));
}

// The timer is made late, but gets the turn that it has in CPython, which makes it on entering and gives 1 here.
#[test]
fn a_limit_has_its_turn_among_the_timers_from_entering() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let task = current_task()?.expect("a task runs");
        let when = event_loop.time() + 1.0;
        let (seen, see) = (Rc::new(Cell::new(None)), event_loop.clone());
        let saw = Rc::clone(&seen);
        let result = timeout_at(when)
            .run(async move |_| {
                see.call_at(when, move || saw.set(Some(task.cancelling())))?;
                sleep(2).await
            })
            .await;
        assert_eq!(raised(result), UP);
        sleep(1).await?;
        assert_eq!(seen.get(), Some(1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn under_the_real_clock_time_runs_from_the_making_of_a_limit() {
    fn hold_up() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let run = Runner::new().clock(Clock::Real).run(async {
        let limit = timeout(0.001);
        hold_up();
        assert_eq!(raised(slept(limit, 3600.0).await.1), UP);
        let held_up = async |delay: f64| {
            hold_up();
            sleep(delay).await
        };
        assert_eq!(raised(within(0.001, async |_| held_up(3600.0).await).await), UP);
        // Its next step is queued before the loop looks at the timer.
        within(0.001, async |_| held_up(0.0).await).await?;

        // Up on entering, in a later iteration: before the next step.
        let limit = timeout(0.001);
        sleep(0.002).await?;
        assert_eq!(raised(slept(limit, 0.0).await.1), UP);
        Ok(())
    });
    run.unwrap();
}

#[test]
fn a_limit_that_another_task_moves_ends_a_block_that_waits_already() {
    virtually(async {
        let limit = timeout(100);
        let moved = limit.clone();
        let moving = create_task(async move { moved.reschedule(get_running_loop()?.time() + 1.0) });
        assert_eq!(raised(limit.run(async |_| sleep(50).await).await), "TimeoutError()");
        assert_time(&get_running_loop()?, 1.0);
        moving.await
    })
    .unwrap();
}
