//! `test_events`: handles and timers.

use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn noop() {}

// CPython: test_events.HandleTests.test_handle
#[test]
fn a_handle_is_cancelled_for_good_and_lets_go_of_its_callback() {
    let event_loop = new_loop();
    let held = Rc::new(());
    let inside = Rc::clone(&held);
    let handle = event_loop.call_soon(move || drop(inside)).unwrap();
    assert!(!handle.cancelled());
    assert_eq!(Rc::strong_count(&held), 2);
    for _ in 0..2 {
        handle.cancel();
        assert!(handle.cancelled());
        assert_eq!(Rc::strong_count(&held), 1);
    }
    run_briefly(&event_loop);
}

// CPython: test_events.TimerTests.test_when, test_timer
#[test]
fn a_timer_tells_when_and_lets_go_of_its_callback() {
    let event_loop = new_loop();
    let held = Rc::new(());
    let inside = Rc::clone(&held);
    let timer = event_loop.call_at(123.5, move || drop(inside)).unwrap();
    assert_eq!((timer.when(), timer.cancelled()), (123.5, false));
    timer.cancel();
    assert!(timer.cancelled());
    assert_eq!(Rc::strong_count(&held), 1);
}

// CPython: test_events.HandleTests.test_handle_repr, TimerTests.test_timer_repr
#[test]
fn handles_and_timers_print_their_function() {
    let event_loop = new_loop();
    let handle = event_loop.call_soon(noop).unwrap();
    assert_eq!(format!("{handle:?}"), "<Handle noop()>");
    handle.cancel();
    assert_eq!(format!("{handle:?}"), "<Handle cancelled>");
    let timer = event_loop.call_at(123.0, noop).unwrap();
    assert_eq!(format!("{timer:?}"), "<TimerHandle when=123 noop()>");
    timer.cancel();
    assert_eq!(format!("{timer:?}"), "<TimerHandle cancelled when=123>");
}

// CPython: test_events.HandleTests.test_handle_repr_debug, TimerTests.test_timer_repr_debug
#[test]
fn in_debug_mode_what_was_cancelled_still_prints_its_function() {
    let event_loop = new_loop();
    event_loop.set_debug(true);
    let handle = event_loop.call_soon(noop).unwrap();
    let timer = event_loop.call_at(123.0, noop).unwrap();
    for _ in 0..2 {
        handle.cancel();
        timer.cancel();
        assert_eq!(format!("{handle:?}"), "<Handle cancelled noop()>");
        assert_eq!(format!("{timer:?}"), "<TimerHandle cancelled when=123 noop()>");
    }
}

// CPython: test_pep492.CoroutineTests.test_async_def_coroutines
#[test]
fn coroutines_await_each_other_in_debug_mode_too() {
    async fn bar() -> Result<&'static str> {
        Ok("spam")
    }
    async fn foo() -> Result<&'static str> {
        bar().await
    }
    let event_loop = new_loop();
    for debug in [false, true] {
        event_loop.set_debug(debug);
        assert_eq!(event_loop.run_until_complete(foo()).unwrap(), "spam");
    }
}
