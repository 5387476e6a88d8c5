//! `test_events`: handles and timers.

use std::panic::Location;
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
    let (handle, soon) = (event_loop.call_soon(noop).unwrap(), here());
    let (timer, later) = (event_loop.call_at(123.0, noop).unwrap(), here());
    assert_eq!(format!("{handle:?}"), format!("<Handle noop() {soon}>"));
    assert_eq!(format!("{timer:?}"), format!("<TimerHandle when=123 noop() {later}>"));
    for _ in 0..2 {
        handle.cancel();
        timer.cancel();
        assert_eq!(format!("{handle:?}"), format!("<Handle cancelled noop() {soon}>"));
        assert_eq!(format!("{timer:?}"), format!("<TimerHandle cancelled when=123 noop() {later}>"));
    }
}

/// How something that was created in this line prints.
#[track_caller]
fn here() -> String {
    let caller = Location::caller();
    format!("created at {}:{}", caller.file(), caller.line())
}

// CPython: test_events.HandleTests.test_handle_source_traceback
#[test]
fn in_debug_mode_every_handle_knows_the_call_that_made_it() {
    let event_loop = new_loop();
    // Made before debug mode, so it does not know its line.
    let early = event_loop.call_soon(noop).unwrap();
    event_loop.set_debug(true);
    let all = [
        (format!("{:?}", event_loop.call_soon(noop).unwrap()), here()),
        (format!("{:?}", event_loop.call_soon_threadsafe(noop).unwrap()), here()),
        (format!("{:?}", event_loop.call_later(0, noop).unwrap()), here()),
        (format!("{:?}", event_loop.call_at(0.0, noop).unwrap()), here()),
    ];
    assert!(all.iter().all(|(printed, here)| printed.ends_with(&format!(" noop() {here}>"))), "{all:?}");
    assert_eq!(format!("{early:?}"), "<Handle noop()>");
    run_briefly(&event_loop);
}

/// The report contains the handle, and the handle its line.
#[test]
fn in_debug_mode_a_callback_that_fails_is_reported_with_the_call_that_made_it() {
    fn fails() {
        panic!("expected");
    }
    let event_loop = new_loop();
    event_loop.set_debug(true);
    let log = reports(&event_loop);
    let (_, soon) = (event_loop.call_soon(fails).unwrap(), here());
    run_briefly(&event_loop);
    let report = log.take().concat();
    let expected = format!("Exception in callback fails()\nhandle: <Handle fails() {soon}>\n");
    assert!(report.starts_with(&expected), "{report}");
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
