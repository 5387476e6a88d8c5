//! `test_base_events`: exception handlers, and what goes to standard error without one.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn zero_error() {
    panic!("expected: division by zero");
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

// CPython: test_base_events.BaseEventLoopTests.test_default_exc_handler_callback
#[test]
fn without_a_handler_a_failed_callback_is_written_to_standard_error() {
    let program = || {
        let event_loop = new_loop();
        event_loop.call_soon(zero_error).unwrap();
        event_loop.call_later(0.01, zero_error).unwrap();
        event_loop.run_until_complete(sleep(1)).unwrap();
    };
    let test = "base_events_reports::without_a_handler_a_failed_callback_is_written_to_standard_error";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert_eq!(count(&written, "Exception in callback zero_error()\nhandle: <"), 2, "{written}");
    assert_eq!(count(&written, " zero_error()>\nexception: "), 2, "{written}");
}

// CPython: test_base_events.BaseEventLoopTests.test_default_exc_handler_coro
#[test]
fn without_a_handler_a_failed_task_is_written_to_standard_error() {
    let program = || {
        let event_loop = new_loop();
        let failing = async {
            sleep(0.01).await?;
            Err::<(), _>(ZeroDivisionError::new("division by zero").into())
        };
        let stop = event_loop.clone();
        let task = event_loop.create_task(failing).unwrap();
        let _ = task.add_done_callback(move |_| stop.stop());
        event_loop.run_forever().unwrap();
        drop(task);
    };
    let test = "base_events_reports::without_a_handler_a_failed_task_is_written_to_standard_error";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert_eq!(count(&written, "Task exception was never retrieved\n"), 1, "{written}");
    assert_eq!(count(&written, "\nexception: ZeroDivisionError('division by zero')\n"), 1, "{written}");
}

// CPython: test_base_events.BaseEventLoopTests.test_set_exc_handler_custom
#[test]
fn a_handler_stands_in_for_standard_error_until_it_is_taken_away() {
    let program = || {
        let event_loop = new_loop();
        let reports = reports(&event_loop);
        event_loop.call_soon(zero_error).unwrap();
        run_briefly(&event_loop);
        let seen = reports.take();
        assert!(seen.len() == 1 && seen[0].starts_with("Exception in callback zero_error()"), "{seen:?}");
        event_loop.set_exception_handler(None);
        event_loop.call_soon(zero_error).unwrap();
        run_briefly(&event_loop);
        assert_eq!(reports.take(), [""; 0]);
    };
    let test = "base_events_reports::a_handler_stands_in_for_standard_error_until_it_is_taken_away";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert_eq!(count(&written, "Exception in callback zero_error()"), 1, "{written}");
}

// CPython: test_base_events.BaseEventLoopTests.test_set_exc_handler_broken
#[test]
fn a_handler_that_fails_is_reported_with_what_it_was_told() {
    let program = || {
        let event_loop = new_loop();
        event_loop.set_exception_handler(Some(Box::new(|_| panic!("expected: spam"))));
        event_loop.call_soon(zero_error).unwrap();
        let went_on = Rc::new(Cell::new(false));
        let note = Rc::clone(&went_on);
        event_loop.call_soon(move || note.set(true)).unwrap();
        run_briefly(&event_loop);
        assert!(went_on.get());
    };
    let test = "base_events_reports::a_handler_that_fails_is_reported_with_what_it_was_told";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert_eq!(count(&written, "Unhandled error in exception handler: expected: spam"), 1, "{written}");
    assert_eq!(count(&written, "Exception in callback zero_error()"), 1, "{written}");
}

#[test]
fn a_handler_may_pass_on_to_the_default() {
    let program = || {
        let event_loop = new_loop();
        let default = event_loop.clone();
        event_loop.set_exception_handler(Some(Box::new(move |context| {
            default.default_exception_handler(context);
            panic!("expected: ham");
        })));
        event_loop.call_exception_handler(&ExceptionContext::new("told"));
        // The handler holds its own loop.
        event_loop.set_exception_handler(None);
    };
    let test = "base_events_reports::a_handler_may_pass_on_to_the_default";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert_eq!((count(&written, "told\n"), count(&written, "handler: expected: ham\n")), (2, 1), "{written}");
}

// CPython: test_events.HandleTests.test_callback_with_exception
#[test]
fn a_report_of_a_callback_names_its_handle() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    event_loop.call_soon(zero_error).unwrap();
    let timer = event_loop.call_at(event_loop.time(), zero_error).unwrap();
    let future = event_loop.create_future();
    let _ = future.add_done_callback(|_: &Future<()>| zero_error());
    future.set_result(()).unwrap();
    run_briefly(&event_loop);
    let handles: Vec<String> = reports.take().iter().map(|report| report.lines().nth(1).unwrap().to_owned()).collect();
    assert!(handles[1].starts_with("handle: <Handle ") && handles.len() == 3, "{handles:?}");
    let soon = "handle: <Handle zero_error()>".to_owned();
    let timed = format!("handle: <TimerHandle when={} zero_error()>", timer.when());
    assert_eq!((&handles[0], &handles[2]), (&soon, &timed));
}

/// The handler gets reports as long as there can be any, and is then dropped, because it may own the loop.
#[test]
fn a_closed_loop_keeps_its_handler_for_failures_that_nobody_has_seen() {
    let event_loop = new_loop();
    let (messages, held) = (Log::default(), Rc::new(()));
    let (sink, of_handler, own) = (messages.clone(), Rc::clone(&held), event_loop.clone());
    event_loop.set_exception_handler(Some(Box::new(move |context| {
        let _ = (&of_handler, &own);
        sink.add(context.message.clone());
    })));
    let failed = |seen: bool| {
        let task = event_loop.create_task(async { Err::<(), _>(ValueError::new("x").into()) }).unwrap();
        run_briefly(&event_loop);
        assert!(!seen || task.exception().unwrap().is_some());
        task
    };
    let (seen, first, last) = (failed(true), failed(false), failed(false));
    event_loop.close().unwrap();
    drop(seen);
    assert_eq!(messages.take(), [""; 0]);
    drop(first);
    assert_eq!(messages.take(), ["Task exception was never retrieved"]);
    assert_eq!(Rc::strong_count(&held), 2);
    drop(last);
    assert_eq!(messages.take(), ["Task exception was never retrieved"]);
    assert_eq!(Rc::strong_count(&held), 1);
}

fn stop_loop_callback() {
    get_running_loop().unwrap().stop();
}

async fn stop_loop_coroutine() -> Result<()> {
    get_running_loop()?.stop();
    Ok(())
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_log_slow_callbacks
#[test]
fn in_debug_mode_slow_steps_are_reported() {
    let program = || {
        let event_loop = new_loop();
        event_loop.set_debug(true);
        event_loop.set_slow_callback_duration(0);
        event_loop.call_soon(stop_loop_callback).unwrap();
        event_loop.run_forever().unwrap();
        drop(event_loop.create_task(stop_loop_coroutine()));
        event_loop.run_forever().unwrap();
        event_loop.set_debug(false);
        run_briefly(&event_loop);
    };
    let test = "base_events_reports::in_debug_mode_slow_steps_are_reported";
    let Some(written) = stderr_of(test, &[], program) else { return };
    let lines: Vec<&str> = written.lines().filter(|line| line.starts_with("Executing <")).collect();
    assert_eq!(lines.len(), 2, "{written}");
    for (line, (kind, name)) in lines.iter().zip([("Handle", "stop_loop_callback"), ("Task", "stop_loop_coroutine")]) {
        assert!(line.starts_with(&format!("Executing <{kind} ")) && line.contains(name), "{line}");
        assert!(line.contains("> took 0.") && line.ends_with(" seconds"), "{line}");
    }
}
