//! `test_taskgroups`: groups in groups, the count of cancellations, and misuse.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

static CVAR: ContextVar<i32> = ContextVar::new("cvar");

async fn group<T>(block: impl AsyncFnOnce(TaskGroup) -> Result<T>) -> Result<T> {
    TaskGroup::new().run(async |group| block(group).await).await
}

/// The errors in a group; groups within it are written in brackets.
fn shape(error: &Error) -> String {
    match error.downcast_ref::<ExceptionGroup>() {
        Some(group) => format!("[{}]", group.exceptions().iter().map(shape).collect::<Vec<_>>().join(" ")),
        None => format!("{error:?}"),
    }
}

async fn raise_after(delay: f64, error: Error) -> Result<()> {
    sleep(delay).await?;
    Err(error)
}

fn runtime_error() -> Error {
    RuntimeError::default().into()
}

fn value_error() -> Error {
    ValueError::default().into()
}

fn cancelling() -> u32 {
    current_task().unwrap().unwrap().cancelling()
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_11, test_taskgroup_12
#[test]
fn the_failure_of_an_inner_group_is_a_failure_of_the_outer_one() {
    virtually(async {
        for sibling in [false, true] {
            let task = create_task(async move {
                group(async |outer| {
                    if sibling {
                        outer.create_task(sleep(10))?;
                    }
                    group(async |inner| {
                        for _ in 0..5 {
                            inner.create_task(async { sleep(10).await.map_err(|_| value_error()) })?;
                        }
                        sleep(10).await
                    })
                    .await
                })
                .await
            });
            sleep(0.1).await?;
            assert!(!task.done());
            task.cancel();
            assert_eq!(shape(&task.await.unwrap_err()), format!("[[{}]]", ["ValueError()"; 5].join(" ")));
        }
        Ok(())
    })
    .unwrap();
}

/// Crashes one task in the outer group and one in the inner group, after these times.
async fn crashes(outer: f64, inner: f64) -> String {
    let result = group(async |g| {
        g.create_task(raise_after(outer, value_error()))?;
        group(async |g| Ok(g.create_task(raise_after(inner, value_error()))?)).await
    });
    shape(&result.await.unwrap_err())
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_13, test_taskgroup_14
#[test]
fn who_fails_first_decides_which_group_fails() {
    virtually(async {
        assert_eq!(crashes(0.1, 10.0).await, "[ValueError()]");
        assert_eq!(crashes(10.0, 0.1).await, "[[ValueError()]]");
        assert_time(&get_running_loop()?, 0.2);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_task_name, test_taskgroup_task_context
#[test]
fn tasks_of_a_group_have_names_and_contexts() {
    virtually(async {
        group(async |g| {
            let named = g.create_task_with(TaskOptions::new().name("yolo"), sleep(0))?;
            assert_eq!(&*named.get_name(), "yolo");
            let context = copy_context();
            for value in [1, 2] {
                let set = async move {
                    sleep(0).await?;
                    CVAR.set(value);
                    Ok(())
                };
                g.create_task_with(TaskOptions::new().context(context.clone()), set)?.await?;
                assert_eq!(context.run(|| CVAR.get_or(0))?, value);
            }
            assert!(CVAR.get().is_err());
            Ok(())
        })
        .await
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_no_create_task_after_failure
#[test]
fn a_group_that_fails_takes_no_new_tasks() {
    virtually(async {
        let log = Log::default();
        let sink = log.clone();
        let error = group(async |g| {
            g.create_task(raise_after(0.001, runtime_error()))?;
            let inner = g.clone();
            let late = async move {
                assert_eq!(raised(sleep(1).await), "CancelledError()");
                sink.add(raised(inner.create_task(sleep(0))));
                Ok(())
            };
            Ok(g.create_task(late)?)
        });
        assert_eq!(shape(&error.await.unwrap_err()), "[RuntimeError()]");
        let refused = log.take();
        assert!(refused[0].starts_with("RuntimeError('TaskGroup <TaskGroup "), "{refused:?}");
        assert!(refused[0].ends_with("> is shutting down')"), "{refused:?}");
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_context_manager_exit_raises
#[test]
fn what_the_block_raises_when_it_is_cancelled_joins_the_failures() {
    virtually(async {
        let result = group(async |g| {
            g.create_task(async { Err::<(), _>(value_error()) })?;
            // Stands for a manager around the wait, whose exit raises.
            sleep(1).await.map_err(|_| value_error())
        });
        assert_eq!(shape(&result.await.unwrap_err()), "[ValueError() ValueError()]");
        assert_eq!(cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_already_entered, test_taskgroup_double_enter
#[test]
fn a_group_is_entered_once() {
    virtually(async {
        let g = TaskGroup::new();
        let entered = |error: String| assert!(error.ends_with("has already been entered')"), "{error}");
        g.run(async |g| {
            entered(raised(g.run(async |_| Ok(())).await));
            Ok(())
        })
        .await?;
        entered(raised(g.run(async |_| Ok(())).await));
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_finished, test_coro_closed_when_tg_closed,
// test_taskgroup_not_entered
#[test]
fn tasks_are_made_inside_the_block_only() {
    virtually(async {
        let g = TaskGroup::new();
        let token = Rc::new(());
        let refused = |why: &str| {
            let held = Rc::clone(&token);
            let error = raised(g.create_task(async move { Ok(held) }));
            assert!(error.ends_with(why), "{error}");
            assert_eq!(Rc::strong_count(&token), 1, "the coroutine is gone");
        };
        refused("has not been entered')");
        g.run(async |_| Ok(())).await?;
        refused("is finished')");
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_without_parent_task
#[test]
fn a_group_needs_a_parent() {
    let event_loop = new_loop();
    let log = Log::default();
    let sink = log.clone();
    let in_a_callback = move || {
        let g = TaskGroup::new();
        sink.add(raised(g.enter()));
        sink.add(raised(g.create_task(sleep(0))));
    };
    event_loop.call_soon(in_a_callback).unwrap();
    run_briefly(&event_loop);
    let log = log.take();
    assert!(log[0].ends_with("cannot determine the parent task')"), "{log:?}");
    assert!(log[1].ends_with("has not been entered')"), "{log:?}");
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_cancelling_level_preserved
#[test]
fn a_group_takes_back_its_own_cancellation() {
    virtually(async {
        let error = group(async |g| Ok(g.create_task(raise_after(0.0, runtime_error()))?)).await.unwrap_err();
        assert_eq!(shape(&error), "[RuntimeError()]");
        assert_eq!(cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_nested_groups_both_cancelled
#[test]
fn two_groups_that_cancel_one_task_take_back_one_request_each() {
    virtually(async {
        let outer = group(async |outer| {
            let inner = group(async |inner| {
                inner.create_task(raise_after(0.0, runtime_error()))?;
                Ok(outer.create_task(raise_after(0.0, value_error()))?)
            });
            assert_eq!(shape(&inner.await.unwrap_err()), "[RuntimeError()]");
            assert_eq!(cancelling(), 1, "that of the outer group");
            Ok(())
        });
        assert_eq!(shape(&outer.await.unwrap_err()), "[ValueError()]");
        assert_eq!(cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_error_and_cancel
#[test]
fn a_cancellation_from_outside_comes_again_behind_a_failed_group() {
    virtually(async {
        let reached = Rc::new(Cell::new(false));
        let (started, behind) = (get_running_loop()?.create_future(), Rc::clone(&reached));
        let start = started.clone();
        let task = create_task(async move {
            let result = group(async |g| {
                let failing = async move {
                    start.set_result(())?;
                    raise_after(0.0, runtime_error()).await
                };
                g.create_task(failing)?;
                sleep(1).await
            });
            assert_eq!(shape(&result.await.unwrap_err()), "[RuntimeError()]");
            assert_eq!(cancelling(), 1);
            behind.set(true);
            sleep(1).await
        });
        started.await?;
        assert_eq!(task.cancelling(), 0);
        task.cancel();
        assert_eq!(task.cancelling(), 1);
        assert_eq!(raised((&task).await), "CancelledError()");
        assert!(task.cancelled() && reached.get());
        assert_time(&get_running_loop()?, 0.0);
        Ok(())
    })
    .unwrap();
}

/// A task that starts eagerly in the group.
fn eager<T: 'static>(
    group: &TaskGroup,
    coroutine: impl std::future::Future<Output = Result<T>> + 'static,
) -> Result<Task<T>> {
    Ok(group.create_task_with(TaskOptions::new().eager_start(true), coroutine)?)
}

/// A callback tells the group, one iteration later (gh-128550, gh-128588).
#[test]
fn an_eager_failure_neither_refuses_the_next_task_nor_ends_the_block_before_its_next_wait() {
    virtually(async {
        let next = Rc::new(std::cell::OnceCell::new());
        let error = group(async |group| {
            eager(&group, async { Err::<(), _>(value_error()) })?;
            let _ = next.set(group.create_task(sleep(10))?);
            let waited = sleep(10).await;
            assert_eq!(format!("{waited:?}"), "Err(CancelledError())");
            waited
        })
        .await
        .unwrap_err();
        assert_eq!(shape(&error), "[ValueError()]");
        assert!(next.get().unwrap().cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_eager_task_whose_own_eager_child_fails_is_cancelled_where_it_waits() {
    virtually(async {
        let seen = Rc::new(std::cell::RefCell::new(String::new()));
        let error = group(async |group| {
            let (handle, seen) = (group.clone(), Rc::clone(&seen));
            let first = async move {
                eager(&handle, async { Err::<(), _>(value_error()) })?;
                let waited = sleep(10).await;
                *seen.borrow_mut() = format!("{waited:?}");
                waited
            };
            eager(&group, first)?;
            Ok(())
        })
        .await
        .unwrap_err();
        assert_eq!(shape(&error), "[ValueError()]");
        assert_eq!(*seen.borrow(), "Err(CancelledError())");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_whose_tasks_ended_eagerly_is_left_an_iteration_later() {
    virtually(async {
        let ticks = Rc::new(Cell::new(0));
        let counted = Rc::clone(&ticks);
        let ticking = create_task(async move {
            for _ in 0..3 {
                counted.set(counted.get() + 1);
                sleep(0).await?;
            }
            Ok(())
        });
        group(async |group| {
            eager(&group, async { Ok(()) })?;
            eager(&group, async { Ok(()) })?;
            Ok(())
        })
        .await?;
        assert_eq!(ticks.get(), 2);
        ticking.await
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_name
#[test]
fn a_task_of_a_group_can_have_a_name() {
    let name = virtually(async {
        let asking = group(async |group| {
            let asks = async { Ok(current_task()?.unwrap().get_name().to_string()) };
            Ok(group.create_task_with(TaskOptions::new().name("example name"), asks)?)
        });
        asking.await?.await
    });
    assert_eq!(name.unwrap(), "example name");
}

/// As on CPython, where the future that the end of the block awaits is completed when no task is left.
#[test]
fn the_end_of_a_block_is_woken_once_however_many_tasks_it_waits_for() {
    struct Steps(Cell<u32>);
    impl Observer for Steps {
        fn event(&self, event: LoopEvent<'_>) {
            if let LoopEvent::StepBegins(task) = event
                && &*task.get_name() == "parent"
            {
                self.0.set(self.0.get() + 1);
            }
        }
    }
    let steps = Rc::new(Steps(Cell::new(0)));
    let runner = Runner::new().clock(Clock::Virtual).observer(Rc::clone(&steps) as Rc<dyn Observer>);
    runner
        .run(async {
            let parent = group(async |group| {
                for delay in [0.01, 0.02, 0.03] {
                    group.create_task(sleep(delay))?;
                }
                Ok(())
            });
            create_task(parent).named("parent").await
        })
        .unwrap();
    assert_eq!(steps.0.get(), 2);
}

/// A block that is entered by hand and never left.
#[test]
fn a_task_that_fails_when_its_parent_is_done_is_reported() {
    let event_loop = new_loop();
    let log = reports(&event_loop);
    event_loop
        .run_until_complete(async {
            let parent = create_task(async {
                let group = TaskGroup::new();
                group.enter()?;
                let fails = raise_after(1.0, ValueError::new("late").into());
                Ok(group.create_task(fails)?.named("child"))
            })
            .named("parent");
            let child = parent.await?;
            assert_eq!(raised(child.await), "ValueError('late')");
            sleep(0).await
        })
        .unwrap();
    let log = log.take();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].starts_with("Task <Task finished name='child' "), "{log:?}");
    assert!(log[0].contains("has errored out but its parent task <Task finished name='parent' "), "{log:?}");
    assert!(log[0].contains("> is already completed"), "{log:?}");
}
