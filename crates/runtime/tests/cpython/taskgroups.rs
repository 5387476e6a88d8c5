//! `test_taskgroups`: what a group does with its tasks, and how it is used.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

/// The kinds of the errors in a group: the names before their arguments.
fn kinds(error: &Error) -> Vec<String> {
    let group = error.downcast_ref::<ExceptionGroup>().unwrap_or_else(|| panic!("{error:?} is no group"));
    group.exceptions().iter().map(|error| format!("{error:?}").split('(').next().unwrap().to_owned()).collect()
}

async fn crash_after(delay: f64) -> Result<()> {
    sleep(delay).await?;
    Err(ZeroDivisionError::default().into())
}

/// Sleeps, and raises another error when it is cancelled.
async fn crash_in_cleanup() -> Result<()> {
    sleep(10).await.map_err(|_| ZeroDivisionError::default().into())
}

/// Sleeps, and notes when it is cancelled.
async fn noting(log: Log<&'static str>, name: &'static str) -> Result<()> {
    let result = sleep(5).await;
    log.add(if result.is_ok() { "slept" } else { name });
    result
}

/// Runs the block of a group in a task, cancels the task after a while, and returns the result.
async fn cancelled_after<T: 'static>(delay: f64, program: impl Future_<T>) -> Error {
    let task = create_task(program);
    sleep(delay).await.unwrap();
    assert!(!task.done());
    task.cancel();
    task.join().await.unwrap_err()
}

/// A coroutine, as Rust sees it.
trait Future_<T>: std::future::Future<Output = Result<T>> + 'static {}
impl<T, F: std::future::Future<Output = Result<T>> + 'static> Future_<T> for F {}

async fn group<T>(block: impl AsyncFnOnce(TaskGroup) -> Result<T>) -> Result<T> {
    TaskGroup::new().run(async |group| block(group).await).await
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_01, test_taskgroup_02
#[test]
fn a_group_waits_for_its_tasks() {
    virtually(async {
        for pause in [0.0, 0.15] {
            let tasks = group(async |g| {
                let first = g.create_task(sleep_result(0.1, 42))?;
                sleep(pause).await?;
                Ok([first, g.create_task(sleep_result(0.2, 11))?])
            });
            let [first, second] = tasks.await?;
            assert_eq!((first.result()?, second.result()?), (42, 11));
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_03
#[test]
fn a_task_that_is_cancelled_by_itself_does_not_disturb_the_others() {
    virtually(async {
        let tasks = group(async |g| {
            let first = g.create_task(sleep_result(1, 42))?;
            sleep(0.15).await?;
            first.cancel();
            Ok((first, g.create_task(sleep_result(0.2, 11))?))
        });
        let (first, second) = tasks.await?;
        assert!(first.cancelled());
        assert_eq!(second.result()?, 11);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_04, test_cancel_children_on_child_error
#[test]
fn a_failure_cancels_the_other_tasks_and_the_block() {
    virtually(async {
        let log = Log::default();
        let program = group(async |g| {
            for _ in 0..3 {
                g.create_task(crash_after(0.1))?;
            }
            g.create_task(noting(log.clone(), "task"))?;
            noting(log.clone(), "block").await
        });
        let error = program.await.unwrap_err();
        assert_eq!(kinds(&error), ["ZeroDivisionError"; 3], "those of the same instant are gathered");
        assert_eq!(log.take(), ["task", "block"]);

        let program = group(async |g| {
            g.create_task(crash_after(0.1))?;
            Ok(g.create_task(noting(log.clone(), "task"))?)
        });
        assert_eq!(kinds(&program.await.unwrap_err()), ["ZeroDivisionError"]);
        assert_eq!(log.take(), ["task"]);
        assert_time(&get_running_loop()?, 0.2);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_cancellation, test_taskgroup_07, test_taskgroup_22
#[test]
fn cancelling_the_parent_cancels_tasks_and_block() {
    virtually(async {
        for with_block in [false, true] {
            let log = Log::default();
            let sink = log.clone();
            let error = cancelled_after(0.1, async move {
                group(async |g| {
                    for _ in 0..5 {
                        g.create_task(noting(sink.clone(), "task"))?;
                    }
                    if with_block { noting(sink.clone(), "block").await } else { Ok(()) }
                })
                .await
            });
            assert_eq!(format!("{:?}", error.await), "CancelledError()");
            let log = log.take();
            assert_eq!(log.iter().filter(|name| **name == "task").count(), 5);
            assert_eq!(log.contains(&"block"), with_block);
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_17
#[test]
fn a_group_without_tasks_is_cancelled_with_its_parent() {
    virtually(async {
        let log = Log::default();
        let sink = log.clone();
        let program = async move { group(async |_| noting(sink, "block").await).await };
        assert_eq!(format!("{:?}", cancelled_after(0.1, program).await), "CancelledError()");
        assert_eq!(log.take(), ["block"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_08
#[test]
fn failures_in_the_cleanup_replace_the_cancellation() {
    virtually(async {
        let program = async {
            group(async |g| {
                for _ in 0..5 {
                    g.create_task(crash_in_cleanup())?;
                }
                sleep(10).await
            })
            .await
        };
        assert_eq!(kinds(&cancelled_after(0.1, program).await), ["ZeroDivisionError"; 5]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_18
#[test]
fn a_block_that_raises_in_place_of_the_cancellation_is_a_failure() {
    virtually(async {
        let program =
            async { group(async |_| sleep(10).await.map_err(|_| LookupError::new("not a good idea").into())).await };
        assert_eq!(kinds(&cancelled_after(0.1, program).await), ["LookupError"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_09, test_taskgroup_10
#[test]
fn a_failure_of_the_block_cancels_the_tasks() {
    virtually(async {
        for pause in [Some(0.1), None] {
            let tasks = Rc::new(Cell::new(None));
            let slot = Rc::clone(&tasks);
            let error = group(async |g| {
                slot.set(Some([g.create_task(sleep_result(1, 42))?, g.create_task(sleep_result(2, 11))?]));
                if let Some(pause) = pause {
                    sleep(pause).await?;
                }
                Err::<(), _>(ZeroDivisionError::default().into())
            });
            assert_eq!(kinds(&error.await.unwrap_err()), ["ZeroDivisionError"]);
            assert!(tasks.take().unwrap().iter().all(|task| task.cancelled()));
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_15, test_taskgroup_16
#[test]
fn a_failure_while_the_cancelled_block_cleans_up_is_raised() {
    virtually(async {
        let program = || async {
            group(async |g| {
                g.create_task(crash_after(0.3))?;
                let result = sleep(10).await;
                let _ = sleep(0.5).await;
                result
            })
            .await
        };
        assert_eq!(kinds(&cancelled_after(0.1, program()).await), ["ZeroDivisionError"]);
        let through_a_task = async move { create_task(program()).await };
        assert_eq!(kinds(&cancelled_after(0.1, through_a_task).await), ["ZeroDivisionError"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_19, test_taskgroup_20a, test_taskgroup_21a
#[test]
fn failures_of_tasks_and_block_are_raised_together() {
    virtually(async {
        let error = group(async |g| {
            g.create_task(crash_after(0.1))?;
            sleep(10).await.map_err(|_| LookupError::default().into())
        });
        assert_eq!(kinds(&error.await.unwrap_err()), ["ZeroDivisionError", "LookupError"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_20
#[test]
fn an_interrupt_is_raised_alone() {
    virtually(async {
        let error = group(async |g| {
            g.create_task(crash_after(0.1))?;
            sleep(10).await.map_err(|_| KeyboardInterrupt::default().into())
        });
        assert_eq!(raised(error.await), "KeyboardInterrupt()");
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_23
#[test]
fn a_group_forgets_tasks_that_are_done() {
    virtually(async {
        let held = Rc::new(());
        group(async |g| {
            for count in 1..=10 {
                sleep(0.1).await?;
                let token = Rc::clone(&held);
                g.create_task(async move { sleep(0.3).await.map(|()| drop(token)) })?;
                assert!(Rc::strong_count(&held) <= 1 + 4, "at most four are still running at task {count}");
            }
            sleep(1.35).await?;
            assert!(format!("{g:?}").starts_with("<TaskGroup entered"), "{g:?}");
            assert!(!format!("{g:?}").contains("tasks="), "{g:?}");
            Ok(())
        })
        .await
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_24
#[test]
fn a_task_may_start_others_in_its_group() {
    virtually(async {
        group(async |g| {
            let inner = g.clone();
            let root = async move {
                sleep(0.1).await?;
                inner.create_task(sleep(0.1))?;
                inner.create_task(sleep(0.2))?;
                Ok(())
            };
            Ok(g.create_task(root)?)
        })
        .await?;
        assert_time(&get_running_loop()?, 0.3);
        Ok(())
    })
    .unwrap();
}

async fn hydra(group: TaskGroup, heads: Rc<Cell<u32>>) -> Result<()> {
    heads.set(heads.get() + 1);
    sleep(0.01).await?;
    for _ in 0..2 {
        let head: Pin<Box<dyn std::future::Future<Output = Result<()>>>> =
            Box::pin(hydra(group.clone(), Rc::clone(&heads)));
        group.create_task(head)?;
    }
    Ok(())
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_25
#[test]
fn a_group_that_grows_can_be_ended() {
    virtually(async {
        let heads = Rc::new(Cell::new(0));
        let seen = Rc::clone(&heads);
        let error = group(async |g| {
            g.create_task(hydra(g.clone(), Rc::clone(&heads)))?;
            let hercules = async move {
                while seen.get() < 10 {
                    sleep(0.015).await?;
                }
                Err::<(), _>(ZeroDivisionError::default().into())
            };
            Ok(g.create_task(hercules)?)
        });
        assert_eq!(kinds(&error.await.unwrap_err()), ["ZeroDivisionError"]);
        assert!((10..100).contains(&heads.get()));
        Ok(())
    })
    .unwrap();
}
