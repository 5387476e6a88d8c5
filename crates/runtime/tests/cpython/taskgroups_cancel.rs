//! `test_taskgroups`: groups that are cancelled, and `GeneratorExit`. As in CPython, each runs twice: with lazy and with eager
//! tasks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

/// Runs a program with each of the two task factories.
fn twice<F: std::future::Future<Output = Result<()>> + 'static>(program: impl Fn() -> F) {
    for factory in [TaskFactory::Lazy, TaskFactory::Eager] {
        let event_loop = new_loop();
        event_loop.set_task_factory(factory);
        event_loop.run_until_complete(program()).unwrap();
    }
}

fn kinds(error: &Error) -> Vec<String> {
    let group: &ExceptionGroup = error.downcast_ref().expect("a group");
    let mut kinds: Vec<String> = group.exceptions().iter().map(|error| format!("{error:?}")).collect();
    kinds.sort();
    kinds
}

fn failed<T>(error: impl Into<Error>) -> Result<T> {
    Err(error.into())
}

/// What runs in the block counts up to its first await.
async fn counts(group: &TaskGroup, begin: fn(&TaskGroup)) -> Result<u32> {
    let count = Rc::new(Cell::new(0));
    let counted = Rc::clone(&count);
    let block = async move |group: TaskGroup| {
        begin(&group);
        counted.set(counted.get() + 1);
        sleep(0).await?;
        counted.set(counted.get() + 1);
        Ok(())
    };
    assert_eq!(group.run_until_cancelled(block).await?, None);
    Ok(count.get())
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_children
#[test]
fn cancelling_a_group_cancels_its_tasks() {
    twice(async || {
        let block = async |group: TaskGroup| {
            group.create_task(sleep(10))?;
            group.create_task(sleep(10))?;
            sleep(0).await?;
            group.cancel();
            Ok(())
        };
        timeout(1).run(async |_| TaskGroup::new().run(block).await).await
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_body, test_taskgroup_cancel_idempotent,
// test_taskgroup_cancel_before_enter
#[test]
fn cancelling_a_group_ends_its_block_at_the_next_await() {
    twice(async || {
        assert_eq!(counts(&TaskGroup::new(), TaskGroup::cancel).await?, 1);
        let cancel_twice = |group: &TaskGroup| {
            group.cancel();
            group.cancel();
        };
        assert_eq!(counts(&TaskGroup::new(), cancel_twice).await?, 1);
        let before = TaskGroup::new();
        before.cancel();
        assert_eq!(counts(&before, |_| ()).await?, 1);
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_after_exit
#[test]
fn cancelling_a_group_that_is_over_does_nothing() {
    twice(async || {
        let group = TaskGroup::new();
        group.run(async |_| sleep(0).await).await?;
        group.cancel();
        sleep(0).await
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_before_create_task
#[test]
fn a_cancelled_group_takes_no_task() {
    twice(async || {
        let block = async |group: TaskGroup| {
            group.cancel();
            assert!(group.create_task(sleep(1)).unwrap_err().to_string().ends_with(" is shutting down"));
            Ok(())
        };
        TaskGroup::new().run(block).await
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_from_child_before_first_suspension
#[test]
fn a_task_that_cancels_its_group_is_cancelled() {
    twice(async || {
        let block = async |group: TaskGroup| {
            let own = group.clone();
            Ok(group.create_task(async move {
                own.cancel();
                sleep(10).await?;
                unreachable!("it was cancelled")
            })?)
        };
        let task: Task<()> = TaskGroup::new().run(block).await?;
        assert!(task.cancelled());
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_keeps_outer_cancellation
#[test]
fn a_cancellation_from_outside_comes_out_of_a_cancelled_group() {
    twice(async || {
        let event_loop = get_running_loop()?;
        let (cancelling, release) = (event_loop.create_future(), event_loop.create_future::<()>());
        let (tell, released) = (cancelling.clone(), release.clone());
        let task = create_task(async move {
            let block = async |group: TaskGroup| {
                group.create_task(async move {
                    let slept = sleep(10).await;
                    tell.set_result(())?;
                    released.await?;
                    slept
                })?;
                sleep(0).await?;
                group.cancel();
                Ok(())
            };
            TaskGroup::new().run(block).await
        });
        cancelling.await?;
        task.cancel_with("message");
        release.set_result(())?;
        let error = task.await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&CancelledError::new("message")));
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_before_exception,
// test_taskgroup_cancel_after_exception
#[test]
fn a_task_that_cancels_its_group_and_fails_is_a_failure() {
    twice(async || {
        let block = async |group: TaskGroup| {
            let own = group.clone();
            group.create_task(async move {
                own.cancel();
                failed::<()>(RuntimeError::default())
            })?;
            sleep(1).await
        };
        let error = TaskGroup::new().run(block).await.unwrap_err();
        assert_eq!(kinds(&error), ["RuntimeError()"]);
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_body_cancel_before_exception,
// test_taskgroup_body_cancel_after_exception
#[test]
fn a_block_that_cancels_its_group_and_fails_is_a_failure() {
    twice(async || {
        let block = async |group: TaskGroup| {
            group.cancel();
            failed::<()>(RuntimeError::default())
        };
        assert_eq!(kinds(&TaskGroup::new().run(block).await.unwrap_err()), ["RuntimeError()"]);
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_one_winner
#[test]
fn the_winner_of_a_race_cancels_the_others() {
    twice(async || {
        let event = get_running_loop()?.create_future::<()>();
        let (record, outcome) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(None)));
        let block = async |group: TaskGroup| {
            for number in 1..=3 {
                let (group, event) = (group.clone(), event.clone());
                let (record, outcome) = (Rc::clone(&record), Rc::clone(&outcome));
                group.clone().create_task(async move {
                    record.borrow_mut().push(format!("{number} started"));
                    if number == 3 {
                        event.set_result(())?;
                        sleep(10).await?;
                    } else {
                        (&event).await?;
                    }
                    record.borrow_mut().push(format!("{number} finished"));
                    outcome.set(Some(number));
                    group.cancel();
                    Ok(())
                })?;
            }
            Ok(())
        };
        TaskGroup::new().run(block).await?;
        assert_eq!(outcome.get(), Some(1));
        assert_eq!(*record.borrow(), ["1 started", "2 started", "3 started", "1 finished"]);
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_cancels_task_if_created_during_creation
#[test]
fn a_task_whose_child_fails_at_once_is_cancelled() {
    twice(async || {
        let ran = Rc::new(Cell::new(false));
        let note = Rc::clone(&ran);
        let block = async |group: TaskGroup| {
            let own = group.clone();
            group.create_task(async move {
                own.create_task(async { failed::<()>(ValueError::new("third task failed")) })?;
                // Eager tasks are cancelled in the first wait, lazy ones in the second.
                let waited = async { sleep(0).await.and(sleep(0).await) };
                assert!(waited.await.unwrap_err().is_cancelled());
                note.set(true);
                Ok(())
            })?;
            Ok(())
        };
        let error = TaskGroup::new().run(block).await.unwrap_err();
        assert_eq!(kinds(&error), ["ValueError('third task failed')"]);
        assert!(ran.get());
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_cancellation_does_not_leak_out_of_tg
#[test]
fn the_cancellation_of_a_failed_group_stays_inside() {
    twice(async || {
        let block = async |group: TaskGroup| {
            group.create_task(async { failed::<()>(ValueError::default()) })?;
            Ok(())
        };
        assert_eq!(kinds(&TaskGroup::new().run(block).await.unwrap_err()), ["ValueError()"]);
        sleep(0).await
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_generator_exit_02, test_taskgroup_generator_exit_03
#[test]
fn a_generator_exit_of_a_task_is_a_failure_like_others() {
    twice(async || {
        let exits = async |group: &TaskGroup| group.create_task(async { failed::<()>(GeneratorExit) });
        let block = async |group: TaskGroup| {
            exits(&group).await?;
            Ok(())
        };
        assert_eq!(kinds(&TaskGroup::new().run(block).await.unwrap_err()), ["GeneratorExit()"]);
        let block = async |group: TaskGroup| {
            exits(&group).await?;
            group.create_task(async { failed::<()>(RuntimeError::new("t2 failed")) })?;
            Ok(())
        };
        let error = TaskGroup::new().run(block).await.unwrap_err();
        assert_eq!(kinds(&error), ["GeneratorExit()", "RuntimeError('t2 failed')"]);
        Ok(())
    });
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_cancel_idempotent
#[test]
fn a_group_that_is_cancelled_twice_requests_each_cancellation_once() {
    virtually(async {
        let counts = Rc::new(RefCell::new(Vec::new()));
        let (of_child, of_block) = (Rc::clone(&counts), Rc::clone(&counts));
        let requests = || current_task().unwrap().unwrap().cancelling();
        let block = async move |group: TaskGroup| {
            group.create_task(async move {
                let slept = sleep(10).await;
                of_child.borrow_mut().push(("child", requests()));
                slept
            })?;
            sleep(0).await?;
            group.cancel();
            group.cancel();
            let slept = sleep(0).await;
            of_block.borrow_mut().push(("block", requests()));
            slept
        };
        assert_eq!(TaskGroup::new().run_until_cancelled(block).await?, None);
        assert_eq!(*counts.borrow(), [("child", 1), ("block", 1)]);
        assert_eq!(requests(), 0);
        Ok(())
    })
    .unwrap();
}
