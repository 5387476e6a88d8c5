//! The exit runs and is awaited however the block ends: values, errors, cancellations, time limits, panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{Log, Noting, virtually};
use asyncio_context_managers::*;
use asyncio_locks::{Barrier, BoundedSemaphore, Condition, Lock, Semaphore};
use asyncio_runtime::*;

#[test]
fn the_block_gets_the_value_between_enter_and_exit() {
    let log = Log::default();
    let noting = Noting::new(&log);
    let seen = log.clone();
    let value = virtually(async_with(noting, async move |value| {
        seen.add("block");
        Ok(value + 1)
    }));
    assert_eq!(value.unwrap(), Some(43));
    assert_eq!(log.take(), ["entering", "block", "exiting: None", "exited"]);
}

#[test]
fn an_error_goes_on_after_the_exit_or_is_suppressed() {
    for suppresses in [false, true] {
        let log = Log::default();
        let noting = Noting { suppresses, ..Noting::new(&log) };
        let result = virtually(async_with(noting, async |_| Err::<(), _>(ValueError::new("boom").into())));
        assert_eq!(log.take(), ["entering", "exiting: Some(ValueError('boom'))", "exited"]);
        match suppresses {
            true => assert_eq!(result.unwrap(), None),
            false => assert!(result.unwrap_err().is::<ValueError>()),
        }
    }
}

#[test]
fn a_value_is_kept_when_there_was_nothing_to_suppress() {
    let noting = Noting { suppresses: true, ..Noting::new(&Log::default()) };
    assert_eq!(virtually(async_with(noting, async |_| Ok("value"))).unwrap(), Some("value"));
}

struct Fails {
    on_enter: bool,
}

impl AsyncContextManager for Fails {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        if self.on_enter { Err(RuntimeError::new("enter").into()) } else { Ok(()) }
    }

    async fn exit(&mut self, _: Option<&Error>) -> Result<bool> {
        Err(RuntimeError::new("exit").into())
    }
}

#[test]
fn a_failing_enter_runs_neither_block_nor_exit() {
    let error = virtually(async_with(Fails { on_enter: true }, async |()| -> Result<()> { unreachable!() }));
    assert_eq!(error.unwrap_err().to_string(), "enter");
}

#[test]
fn a_failing_exit_replaces_the_value_and_remembers_the_error() {
    let error = virtually(async_with(Fails { on_enter: false }, async |()| Ok(1))).unwrap_err();
    assert!(error.to_string() == "exit" && error.context().is_none());
    let block = async |()| Err::<(), _>(ValueError::new("block").into());
    let error = virtually(async_with(Fails { on_enter: false }, block)).unwrap_err();
    assert!(error.is::<RuntimeError>());
    assert!(error.context().unwrap().is::<ValueError>());
}

#[test]
fn a_manager_that_is_lent_can_be_asked_and_used_again() {
    let log = Log::default();
    let mut noting = Noting::new(&log);
    virtually(async move {
        async_with(&mut noting, async |_| Ok(())).await?;
        noting.suppresses = true;
        let result = async_with(&mut noting, async |_| Err::<(), _>(ValueError::default().into())).await;
        assert_eq!(result?, None);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take().len(), 6);
}

#[test]
fn a_cancelled_block_is_left_through_the_exit() {
    let log = Log::default();
    let noting = Noting::new(&log);
    let inner = log.clone();
    virtually(async move {
        let task = create_task(async move {
            async_with(noting, async |_| sleep(100).await).await?;
            Ok(())
        });
        sleep(2).await?;
        task.cancel_with("stop");
        assert!((&task).await.unwrap_err().is_cancelled());
        inner.add(format!("cancelled: {}", task.cancelled()));
        Ok(())
    })
    .unwrap();
    let expected = ["entering", "exiting: Some(CancelledError('stop'))", "exited", "cancelled: true"];
    assert_eq!(log.take(), expected);
}

#[test]
fn a_cancellation_before_the_block_skips_block_and_exit() {
    let log = Log::default();
    let noting = Noting::new(&log);
    virtually(async move {
        let task = create_task(async_with(noting, async |_| -> Result<()> { unreachable!() }));
        sleep(0.5).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["entering"]);
}

#[test]
fn a_cancellation_during_the_exit_comes_out_of_the_exit() {
    let log = Log::default();
    let noting = Noting { suppresses: true, ..Noting::new(&log) };
    virtually(async move {
        let task = create_task(async_with(noting, async |_| Err::<(), _>(ValueError::new("boom").into())));
        sleep(1.5).await?;
        task.cancel();
        let error = task.await.unwrap_err();
        assert!(error.is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["entering", "exiting: Some(ValueError('boom'))"]);
}

#[test]
fn a_cancellation_may_be_suppressed_and_the_task_goes_on() {
    virtually(async {
        let noting = Noting { suppresses: true, ..Noting::new(&Log::default()) };
        let task = create_task(async_with(noting, async |_| sleep(100).await));
        sleep(2).await?;
        task.cancel();
        assert_eq!(task.await?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_time_limit_around_the_block_lets_the_exit_finish() {
    let log = Log::default();
    let noting = Noting::new(&log);
    let error = virtually(async move {
        timeout(5).run(async |_| async_with(noting, async |_| sleep(100).await).await.map(drop)).await
    });
    assert!(error.unwrap_err().is::<TimeoutError>());
    assert_eq!(log.take(), ["entering", "exiting: Some(CancelledError())", "exited"]);
}

#[test]
fn a_panic_waits_for_the_exit_and_goes_on() {
    for suppresses in [false, true] {
        let log = Log::default();
        let noting = Noting { suppresses, ..Noting::new(&log) };
        let program = async_with(noting, async |_| -> Result<()> {
            sleep(1).await?;
            panic!("expected")
        });
        let payload = catch_unwind(AssertUnwindSafe(|| virtually(async { create_task(program).await })));
        assert_eq!(payload.unwrap_err().downcast_ref::<&str>(), Some(&"expected"));
        let expected = ["entering", "exiting: Some(BlockPanicked { message: \"expected\" })", "exited"];
        assert_eq!(log.take(), expected);
    }
}

#[test]
fn an_aborted_block_has_no_exit_but_its_destructors() {
    let log = Log::default();
    let noting = Noting::new(&log);
    virtually(async move {
        let task = create_task(async_with(noting, async |_| sleep(100).await));
        sleep(2).await?;
        task.abort();
        sleep(10).await
    })
    .unwrap();
    assert_eq!(log.take(), ["entering"]);
}

/// The order of lines is that of CPython 3.13 for the same program: `async with M(): log("block"); await sleep(0)`,
/// both ends of `M` awaiting `sleep(0)`, beside a task that logs at each of six steps.
#[test]
fn both_ends_take_the_steps_of_what_they_await_and_no_other() {
    struct Bare(Log);
    impl AsyncContextManager for Bare {
        type Value = ();
        async fn enter(&mut self) -> Result<()> {
            self.0.add("enter");
            sleep(0).await
        }
        async fn exit(&mut self, _: Option<&Error>) -> Result<bool> {
            self.0.add("exit");
            sleep(0).await?;
            Ok(false)
        }
    }
    let log = Log::default();
    let (main, beside) = (log.clone(), log.clone());
    virtually(async move {
        let ticker = create_task(async move {
            for tick in 0..6 {
                beside.add(tick);
                sleep(0).await?;
            }
            Ok(())
        });
        async_with(Bare(main.clone()), async |()| {
            main.add("block");
            sleep(0).await
        })
        .await?;
        main.add("after");
        ticker.await
    })
    .unwrap();
    assert_eq!(log.take(), ["enter", "0", "block", "1", "exit", "2", "after", "3", "4", "5"]);
}

#[test]
fn time_limits_are_managers() {
    let mut limit = None;
    virtually(async move {
        let result = async_with(timeout(1), async |handle| {
            limit = Some(handle);
            sleep(100).await
        });
        let error = result.await.unwrap_err();
        assert!(error.is::<TimeoutError>());
        assert!(error.context().unwrap().is_cancelled());
        assert!(limit.unwrap().expired());
        let error = async_with(timeout(1), async |_| Err::<(), _>(ValueError::default().into())).await;
        assert!(error.unwrap_err().is::<ValueError>());
        assert_eq!(async_with(timeout(1), async |_| Ok(5)).await?, Some(5));
        Ok(())
    })
    .unwrap();
}

#[test]
fn task_groups_are_managers() {
    virtually(async {
        let slow =
            async_with(TaskGroup::new(), async |group| group.create_task(sleep_result(3, "slow")).map_err(Error::from));
        assert_eq!(slow.await?.unwrap().result()?, "slow");
        let failing = async_with(TaskGroup::new(), async |group| {
            group.create_task(async { Err::<(), _>(ValueError::new("boom").into()) })?;
            sleep(100).await
        });
        let error = failing.await.unwrap_err();
        assert!(error.downcast_ref::<ExceptionGroup>().unwrap().exceptions()[0].is::<ValueError>());
        let cancelled = async_with(TaskGroup::new(), async |group| {
            group.cancel();
            sleep(100).await
        });
        assert_eq!(cancelled.await?, None);
        sleep(0).await
    })
    .unwrap();
}

#[test]
fn a_panic_in_a_groups_block_cancels_its_tasks_first() {
    let log = Log::default();
    let seen = log.clone();
    let program = async_with(TaskGroup::new(), async move |group| -> Result<()> {
        group.create_task(async move {
            let result = sleep(100).await;
            seen.add(format!("{result:?}"));
            result
        })?;
        sleep(1).await?;
        panic!("expected")
    });
    assert!(catch_unwind(AssertUnwindSafe(|| virtually(program))).is_err());
    assert_eq!(log.take(), ["Err(CancelledError())"]);
}

// CPython: test_pep492.LockTests.test_context_manager_async_with
#[test]
fn locks_are_held_during_the_block_and_free_after_it() {
    virtually(async {
        let lock = Lock::new();
        let held = lock.clone();
        let result = async_with(lock.clone(), async move |()| {
            assert!(held.locked());
            Err::<(), _>(ValueError::default().into())
        });
        assert!(result.await.is_err() && !lock.locked());
        // If the lock is released by hand inside of the block, leaving the block fails because it is not held, as in
        // Python.
        let held = lock.clone();
        let error = async_with(lock.clone(), async move |()| Ok(held.release()?)).await.unwrap_err();
        assert_eq!(error.to_string(), "Lock is not acquired.");

        let condition = Condition::new();
        let inside = condition.clone();
        let waiter = create_task(async_with(condition.clone(), async move |()| inside.wait().await));
        sleep(0).await?;
        let inside = condition.clone();
        async_with(condition.clone(), async move |()| Ok(inside.notify_all()?)).await?;
        assert_eq!(waiter.await?, Some(()));
        assert!(!condition.locked());

        let (semaphore, bounded) = (Semaphore::new(1)?, BoundedSemaphore::new(1)?);
        let (inner, outer) = (semaphore.clone(), bounded.clone());
        let both = async_with(semaphore.clone(), async move |()| {
            async_with(outer.clone(), async move |()| Ok((inner.locked(), outer.locked()))).await
        });
        assert_eq!(both.await?.flatten(), Some((true, true)));
        assert!(!semaphore.locked() && !bounded.locked());
        Ok(())
    })
    .unwrap();
}

// CPython: test_locks.BarrierTests.test_context_manager
#[test]
fn a_barriers_block_begins_when_all_are_there() {
    virtually(async {
        let barrier = Barrier::new(3)?;
        let log = Log::default();
        let places = gather((0..3).map(|n| {
            let (barrier, log) = (barrier.clone(), log.clone());
            async move {
                sleep(n).await?;
                log.add("arrived");
                async_with(barrier, async move |place| log.note("inside").map(|()| place)).await
            }
        }));
        let mut places = places.await?;
        places.sort_unstable();
        assert_eq!(places, [Some(0), Some(1), Some(2)]);
        assert_eq!(log.take(), ["arrived", "arrived", "arrived", "inside", "inside", "inside"]);
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_holder_hands_the_lock_on() {
    virtually(async {
        let lock = Lock::new();
        let holder = create_task(async_with(lock.clone(), async |()| sleep(100).await));
        let next = create_task(async_with(lock.clone(), async |()| Ok("mine")));
        sleep(1).await?;
        holder.cancel();
        assert_eq!(next.await?, Some("mine"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn suppress_takes_what_matches_and_leaves_the_rest_of_a_group() {
    let matching = || suppress(Error::is::<ValueError>);
    let fail = |error: Error| virtually(async_with(matching(), async move |()| Err::<(), _>(error)));
    let group = |errors: &[Error]| Error::from(ExceptionGroup::new("several", errors.to_vec()));
    let (value, other) = (Error::from(ValueError::new("v")), Error::from(TypeError::new("t")));
    assert_eq!(virtually(async_with(matching(), async |()| Ok(1))).unwrap(), Some(1));
    assert_eq!(fail(value.clone()).unwrap(), None);
    assert!(fail(other.clone()).unwrap_err().same(&other));
    assert_eq!(fail(group(&[value.clone(), value.clone()])).unwrap(), None);
    let untouched = group(std::slice::from_ref(&other));
    assert!(fail(untouched.clone()).unwrap_err().same(&untouched));
    let rest = fail(group(&[value, other.clone()])).unwrap_err();
    assert_eq!(format!("{rest:?}"), "ExceptionGroup('several', [TypeError('t')])");
}

/// The cancellation is raised at the statement, and the exit is awaited like after any error.
#[test]
fn a_block_that_waits_for_a_foreign_future_is_dropped_and_left() {
    let log = Log::default();
    let (noting, seen) = (Noting::new(&log), log.clone());
    let line = line!() + 3;
    let main = async move {
        let task = create_task(async move {
            let statement = async_with(noting, async move |_| {
                sleep(1).await?;
                seen.add("waits");
                std::future::pending::<Result<()>>().await
            });
            statement.await.map(drop)
        });
        sleep(5).await?;
        assert!(task.cancel());
        task.await
    };
    let error = virtually(main).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.location().map(|at| (at.file(), at.line())), Some((file!(), line)));
    assert_eq!(log.take(), ["entering", "waits", "exiting: Some(CancelledError())", "exited"]);
}
