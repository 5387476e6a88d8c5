//! `test_tasks`: `shield`.

use asyncio_runtime::*;

use crate::support::*;

// CPython: test_tasks.BaseTaskTests.test_shield_result, test_shield_shortcut
#[test]
fn a_shield_gives_the_result() {
    for done_before in [true, false] {
        let event_loop = new_loop();
        let inner = event_loop.create_future();
        if done_before {
            inner.set_result(42).unwrap();
        }
        let outer = shield(&inner);
        if !done_before {
            inner.set_result(42).unwrap();
        }
        assert_eq!(event_loop.run_until_complete(outer).unwrap(), 42);
    }
}

// CPython: test_tasks.BaseTaskTests.test_shield_exception
#[test]
fn a_shield_gives_the_very_exception() {
    let event_loop = new_loop();
    let inner = event_loop.create_future::<()>();
    let outer = shield(&inner);
    run_briefly(&event_loop);
    let error = Error::from(RuntimeError::new("expected"));
    inner.set_exception(error.clone()).unwrap();
    run_briefly(&event_loop);
    assert!(outer.exception().unwrap().unwrap().same(&error));
}

// CPython: test_tasks.BaseTaskTests.test_shield_cancel_inner
#[test]
fn what_is_cancelled_inside_is_cancelled_outside() {
    let event_loop = new_loop();
    let inner = event_loop.create_future::<()>();
    let outer = shield(&inner);
    run_briefly(&event_loop);
    inner.cancel();
    run_briefly(&event_loop);
    assert!(outer.cancelled());
}

// CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer
#[test]
fn what_is_cancelled_outside_lets_go_of_the_inside() {
    let event_loop = new_loop();
    let inner = event_loop.create_future::<()>();
    let outer = shield(&inner);
    run_briefly(&event_loop);
    assert_eq!(format!("{inner:?}").matches("cb=").count(), 1);
    outer.cancel();
    run_briefly(&event_loop);
    assert!(outer.cancelled());
    assert_eq!(format!("{outer:?} {inner:?}"), "<Future cancelled> <Future pending>");
}

// CPython: test_tasks.BaseTaskTests.test_shield_effect
#[test]
fn who_awaits_a_shield_is_cancelled_alone() {
    let event_loop = new_loop();
    let waiter = event_loop.create_future::<()>();
    let (awaited, log) = (waiter.clone(), Log::default());
    let sink = log.clone();
    let outer = event_loop.create_task(async move {
        let note = sink.clone();
        let inner = async move {
            awaited.await?;
            note.add("inner");
            Ok(())
        };
        shield(inner).await?;
        sink.add("outer");
        Ok(())
    });
    let outer = outer.unwrap();
    run_briefly(&event_loop);
    outer.cancel();
    assert_eq!(raised(event_loop.run_until_complete(outer)), "CancelledError()");
    waiter.set_result(()).unwrap();
    run_briefly(&event_loop);
    assert_eq!(log.take(), ["inner"]);
}

// CPython: test_tasks.BaseTaskTests.test_shield_gather
#[test]
fn a_shielded_group_goes_on() {
    let event_loop = new_loop();
    let children = [event_loop.create_future(), event_loop.create_future()];
    let parent = gather(&children);
    let outer = shield(parent.clone());
    run_briefly(&event_loop);
    outer.cancel();
    run_briefly(&event_loop);
    assert!(outer.cancelled());
    children[0].set_result(1).unwrap();
    children[1].set_result(2).unwrap();
    run_briefly(&event_loop);
    assert_eq!(parent.result().unwrap(), [1, 2]);
}

// CPython: test_tasks.BaseTaskTests.test_gather_shield
#[test]
fn a_group_of_shields_is_cancelled_without_what_they_shield() {
    let event_loop = new_loop();
    let children = [event_loop.create_future(), event_loop.create_future()];
    let shields = children.each_ref().map(shield);
    let parent = gather(&shields);
    run_briefly(&event_loop);
    parent.cancel();
    run_briefly(&event_loop);
    assert!(shields.iter().all(|shield| shield.cancelled()));
    assert_eq!(raised(parent.result()), "CancelledError()");
    for child in &children {
        child.set_result(1).unwrap();
    }
    run_briefly(&event_loop);
}

// CPython: test_tasks.BaseTaskTests.test_shield_coroutine_without_loop
#[test]
#[should_panic(expected = "no running event loop")]
fn a_coroutine_needs_a_loop() {
    drop(shield(async { Ok(42) }));
}

// CPython: test_tasks.BaseTaskTests.test_shield_coroutine_use_running_loop
#[test]
fn a_coroutine_runs_in_the_running_loop() {
    let event_loop = new_loop();
    let outer = event_loop.run_until_complete(async { Ok(shield(async { Ok(42) })) }).unwrap();
    assert!(outer.get_loop() == event_loop);
    assert_eq!(event_loop.run_until_complete(outer).unwrap(), 42);
}

/// Shields a future `times` times in a row, and cancels each shield before the future ends.
fn shielded_and_cancelled(event_loop: &EventLoop, times: u32) -> Future<i32> {
    let inner = event_loop.create_future();
    for _ in 0..times {
        let outer = shield(&inner);
        run_briefly(event_loop);
        outer.cancel();
        run_briefly(event_loop);
    }
    assert!(!format!("{inner:?}").contains("cb="));
    inner
}

// CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_result, test_shield_cancel_outer_exception,
// test_shield_cancel_outer_twice_exception, test_shield_cancel_outer_exception_never_retrieved
#[test]
fn what_a_cancelled_shield_was_for_reports_its_own_failure() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    shielded_and_cancelled(&event_loop, 1).set_result(1).unwrap();
    for times in [1, 2] {
        let inner = shielded_and_cancelled(&event_loop, times);
        inner.set_exception(Exception::new("foo")).unwrap();
        run_briefly(&event_loop);
        assert!(inner.exception().unwrap().unwrap().is::<Exception>());
    }
    assert_eq!(reports.take(), [""; 0]);
    let inner = shielded_and_cancelled(&event_loop, 1);
    inner.set_exception(Exception::new("foo")).unwrap();
    run_briefly(&event_loop);
    assert_eq!(reports.take(), [""; 0]);
    drop(inner);
    let seen = reports.take();
    assert!(seen.len() == 1 && seen[0].starts_with("Future exception was never retrieved\n"), "{seen:?}");
}

// CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_in_task
#[test]
fn a_shield_that_is_cancelled_in_its_task_lets_go() {
    let event_loop = new_loop();
    let inner = event_loop.create_future::<()>();
    let shielded = inner.clone();
    let check = async move {
        let outer = shield(&shielded);
        assert!(format!("{shielded:?}").contains("cb="));
        outer.cancel();
        sleep(0).await?;
        assert!(outer.cancelled());
        Ok(())
    };
    event_loop.run_until_complete(check).unwrap();
    assert!(!format!("{inner:?}").contains("cb="));
    assert!(capture_call_graph(Some(&inner)).unwrap().unwrap().awaited_by.is_empty());
}
