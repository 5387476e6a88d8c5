//! `Event`.

use asyncio_locks::Event;
use asyncio_runtime::{Runner, Task, create_task, get_running_loop};

use crate::{Log, run, step};

fn waiting(event: &Event, log: &Log, number: u32) -> Task<()> {
    let (event, log) = (event.clone(), log.clone());
    create_task(async move {
        event.wait().await?;
        log.push(number);
        Ok(())
    })
}

// CPython: test_locks.EventTests.test_repr
#[test]
fn debug_tells_the_state() {
    run(async {
        let event = Event::new();
        assert_eq!(format!("{event:?}"), "<Event [unset]>");
        let _waiting = waiting(&event, &Log::default(), 1);
        step().await;
        assert_eq!(format!("{event:?}"), "<Event [unset, waiters:1]>");
        event.set();
        assert_eq!(format!("{event:?}"), "<Event [set, waiters:1]>");
        Ok(())
    });
}

// CPython: test_locks.EventTests.test_wait
#[test]
fn who_finds_it_set_goes_before_those_who_wait() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        let (t1, t2) = (waiting(&event, &log, 1), waiting(&event, &log, 2));
        step().await;
        log.is(&[]);
        let t3 = waiting(&event, &log, 3);
        event.set();
        step().await;
        log.is(&[3, 1, 2]);
        assert!(t1.done() && t2.done() && t3.done());
        Ok(())
    });
}

// CPython: test_locks.EventTests.test_wait_on_set, test_clear
#[test]
fn waiting_on_what_is_set_does_not_suspend() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        event.set();
        let other = waiting(&event, &log, 1);
        event.wait().await?;
        log.is(&[]);
        event.clear();
        assert!(!event.is_set());
        other.cancel();
        Ok(())
    });
}

// CPython: test_locks.EventTests.test_wait_cancel
#[test]
fn a_cancelled_waiter_leaves_the_line() {
    run(async {
        let event = Event::new();
        let task = waiting(&event, &Log::default(), 1);
        let victim = task.clone();
        get_running_loop()?.call_soon(move || assert!(victim.cancel()))?;
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(format!("{event:?}"), "<Event [unset]>");
        Ok(())
    });
}

// CPython: test_locks.EventTests.test_clear_with_waiters
#[test]
fn who_was_woken_goes_on_although_it_was_cleared() {
    run(async {
        let (event, log) = (Event::new(), Log::default());
        let task = waiting(&event, &log, 1);
        step().await;
        event.set();
        event.clear();
        event.set();
        event.set();
        assert_eq!(format!("{event:?}"), "<Event [set, waiters:1]>");
        step().await;
        log.is(&[1]);
        assert_eq!(format!("{event:?}"), "<Event [set]>");
        assert!(task.done());
        Ok(())
    });
}

/// A primitive belongs to no loop (CPython refuses a second one): a wake-up finds the loop of the waiting task.
#[test]
fn an_event_of_two_loops_wakes_the_waiters_of_both() {
    let (event, log) = (Event::new(), Log::default());
    let (first, second) = (Runner::new(), Runner::new());
    let (theirs, seen) = (event.clone(), log.clone());
    let task = first.run(async move {
        let task = waiting(&theirs, &seen, 1);
        step().await;
        Ok(task)
    });
    let (theirs, seen) = (event.clone(), log.clone());
    second
        .run(async move {
            let task = waiting(&theirs, &seen, 2);
            step().await;
            theirs.set();
            task.await
        })
        .unwrap();
    log.is(&[2]);
    first.run(async move { task?.await }).unwrap();
    log.is(&[2, 1]);
}
