//! `test_base_events`: the loop, its callbacks and what it reports.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

/// A callback that notes `what`.
fn noting<T: 'static>(log: &Log<T>, what: T) -> impl FnOnce() + 'static {
    let log = log.clone();
    move || log.add(what)
}

/// Runs one iteration, by the usual idiom.
fn run_once(event_loop: &EventLoop) {
    let stop = event_loop.clone();
    event_loop.call_soon(move || stop.stop()).unwrap();
    event_loop.run_forever().unwrap();
}

/// Waits for ever in a task: how a loop under the virtual clock shows that nothing is left to wait for.
fn assert_nothing_is_scheduled(event_loop: &EventLoop) {
    let nobody = event_loop.create_future::<()>();
    let error = raised(event_loop.run_until_complete(async move { nobody.await }));
    assert!(error.contains("deadlock"), "{error}");
}

// CPython: test_base_events.BaseEventLoopTests.test_close
#[test]
fn a_closed_loop_does_not_run() {
    let event_loop = new_loop();
    assert!(!event_loop.is_closed());
    for _ in 0..3 {
        event_loop.close().unwrap();
        assert!(event_loop.is_closed());
    }
    let future = event_loop.create_future::<()>();
    assert_eq!(raised(event_loop.run_forever()), "RuntimeError('Event loop is closed')");
    assert_eq!(raised(event_loop.run_until_complete(future)), "RuntimeError('Event loop is closed')");
}

// CPython: test_base_events.BaseEventLoopTests.test_call_soon, test__add_callback_handle,
// test__add_callback_cancelled_handle, test_events.EventLoopTestsMixin.test_call_soon
#[test]
fn a_queued_call_has_a_handle_that_cancels_it() {
    let (event_loop, log) = (new_loop(), Log::default());
    let first = event_loop.call_soon(noting(&log, 1)).unwrap();
    let second = event_loop.call_soon(noting(&log, 2)).unwrap();
    second.cancel();
    assert!(!first.cancelled() && second.cancelled());
    assert_eq!(format!("{first:?} {second:?}"), "<Handle noting()> <Handle cancelled>");
    assert!(log.take().is_empty());
    run_once(&event_loop);
    assert_eq!(log.take(), [1]);
}

// CPython: test_base_events.BaseEventLoopTests.test_run_once, test_run_forever_pre_stopped
#[test]
fn a_stopped_loop_ends_its_iteration() {
    let (event_loop, log) = (new_loop(), Log::default());
    event_loop.call_soon(noting(&log, 1)).unwrap();
    run_once(&event_loop);
    assert_eq!(log.take(), [1]);
    event_loop.call_soon(noting(&log, 2)).unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), [2]);
}

// CPython: test_base_events.BaseEventLoopTests.test__run_once_schedule_handle
#[test]
fn what_a_timer_queues_waits_for_the_next_iteration() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (queue, sink) = (event_loop.clone(), log.clone());
    let timer = move || {
        sink.add("timer");
        queue.call_soon(noting(&sink, "queued")).unwrap();
    };
    event_loop.call_at(event_loop.time() - 1.0, timer).unwrap();
    run_once(&event_loop);
    assert_eq!(log.take(), ["timer"]);
    run_once(&event_loop);
    assert_eq!(log.take(), ["queued"]);
}

// CPython: test_base_events.BaseEventLoopTests.test_call_later, test_time_and_call_at,
// test_events.EventLoopTestsMixin.test_call_later
#[test]
fn a_timer_comes_at_its_time() {
    let (event_loop, log) = (new_loop(), Log::default());
    let start = event_loop.time();
    let timer = event_loop.call_later(10.0, noting(&log, "later")).unwrap();
    assert_eq!(timer.when(), start + 10.0);
    run_briefly(&event_loop);
    assert!(log.take().is_empty());
    let (stop, sink) = (event_loop.clone(), log.clone());
    let at = event_loop.call_at(start + 0.1, move || {
        sink.add("at");
        stop.stop();
    });
    assert_eq!(at.unwrap().when(), start + 0.1);
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), ["at"]);
    assert_time(&event_loop, start + 0.1);
    event_loop.run_until_complete(sleep(10)).unwrap();
    assert_eq!(log.take(), ["later"]);
}

// CPython: test_base_events.BaseEventLoopTests.test_call_later_negative_delays
#[test]
fn timers_in_the_past_come_in_the_order_of_their_times() {
    let (event_loop, log) = (new_loop(), Log::default());
    event_loop.call_later(-1, noting(&log, 'a')).unwrap();
    event_loop.call_later(-2, noting(&log, 'b')).unwrap();
    run_briefly(&event_loop);
    assert_eq!(log.take(), ['b', 'a']);
}

// CPython: test_base_events.BaseEventLoopTests.test__run_once, test__run_once_cancelled_event_cleanup
#[test]
fn cancelled_timers_are_neither_waited_for_nor_kept() {
    let (event_loop, log, token) = (new_loop(), Log::default(), Rc::new(()));
    let timer = |delay: i32, what| {
        let (note, held) = (noting(&log, what), Rc::clone(&token));
        event_loop.call_later(delay, move || (note(), drop(held)).0).unwrap()
    };
    let cancelled: Vec<_> = (0..200).map(|i| timer(if i % 2 == 0 { 5 } else { 3600 }, "cancelled")).collect();
    timer(10, "left");
    assert_eq!(Rc::strong_count(&token), 202);
    for timer in &cancelled {
        timer.cancel();
        assert!(timer.cancelled());
    }
    assert_eq!(Rc::strong_count(&token), 2);
    assert_nothing_is_scheduled(&event_loop);
    assert_eq!(log.take(), ["left"]);
    assert_time(&event_loop, 10.0);
}

// CPython: test_base_events.BaseEventLoopTests.test_set_debug
#[test]
fn debug_mode_can_be_turned_on_and_off() {
    let event_loop = new_loop();
    for debug in [true, false] {
        event_loop.set_debug(debug);
        assert_eq!(event_loop.get_debug(), debug);
    }
}

// CPython: test_base_events.BaseEventLoopTests.test_set_default_executor
#[test]
fn the_default_executor_can_be_chosen() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let pool = ThreadPoolExecutor::new(1).unwrap();
    event_loop.set_default_executor(pool.clone());
    let job = event_loop.run_in_executor(None, || 42).unwrap();
    assert_eq!(event_loop.run_until_complete(job).unwrap(), 42);
    pool.shutdown(true, false);
    let refused = raised(event_loop.run_in_executor(None, || 42));
    assert_eq!(refused, "RuntimeError('cannot schedule new futures after shutdown')");
}

/// As on CPython, even while its threads are being joined.
#[test]
fn the_default_executor_takes_no_jobs_from_the_moment_of_its_shutdown() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let job = event_loop.run_in_executor(None, move || ended.recv().is_ok()).unwrap();
    let (inside, waiting) = (event_loop.clone(), event_loop.clone());
    let refused = "RuntimeError('Executor shutdown has been called')";
    event_loop
        .run_until_complete(async move {
            let closing = create_task(async move { waiting.shutdown_default_executor(None).await });
            sleep(0).await?;
            assert_eq!(raised(inside.run_in_executor(None, || ())), refused);
            end.send(())?;
            closing.await
        })
        .unwrap();
    assert_eq!(raised(event_loop.run_in_executor(None, || ())), refused);
    assert!(event_loop.run_until_complete(job).unwrap());
}

// CPython: test_base_events.BaseEventLoopTests.test_shutdown_default_executor_timeout
#[test]
fn a_thread_that_does_not_end_is_given_up_with_a_warning() {
    let program = || {
        let event_loop = EventLoop::with_clock(Clock::Real);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let job = event_loop.run_in_executor(None, move || ended.recv().unwrap()).unwrap();
        let inside = event_loop.clone();
        event_loop.run_until_complete(async move { inside.shutdown_default_executor(Some(0.01)).await }).unwrap();
        end.send(()).unwrap();
        event_loop.run_until_complete(job).unwrap();
    };
    let test = "base_events::a_thread_that_does_not_end_is_given_up_with_a_warning";
    let Some(written) = stderr_of(test, &[], program) else { return };
    let warning = "RuntimeWarning: The executor did not finish joining its threads within 0.01 seconds.";
    assert_eq!(written.matches(warning).count(), 1, "{written}");
}

// CPython: test_base_events.BaseEventLoopTests.test_run_until_complete_loop
#[test]
fn a_future_of_another_loop_cannot_be_run() {
    let (event_loop, other) = (new_loop(), new_loop());
    let future = event_loop.create_future::<()>();
    let error = raised(other.run_until_complete(future));
    assert!(error.starts_with("ValueError('The future belongs to a different loop"), "{error}");
    let task = event_loop.create_task(async { Ok(()) }).unwrap();
    assert!(raised(other.run_until_complete(task)).starts_with("ValueError("));
    run_briefly(&event_loop);
}

// CPython: test_base_events.BaseEventLoopTests.test_run_until_complete_loop_orphan_future_close_loop,
// test_events.EventLoopTestsMixin.test_run_until_complete
#[test]
fn a_run_that_was_broken_off_does_not_end_the_next_one() {
    let event_loop = new_loop();
    let stop = event_loop.clone();
    event_loop.call_soon(move || stop.stop()).unwrap();
    let error = raised(event_loop.run_until_complete(sleep(0.1)));
    assert_eq!(error, "RuntimeError('Event loop stopped before Future completed.')");
    event_loop.run_until_complete(sleep(0.2)).unwrap();
    assert_time(&event_loop, 0.2);
}

// CPython: test_base_events.BaseEventLoopTests.test_run_forever_keyboard_interrupt,
// test_run_until_complete_baseexception
#[test]
fn what_run_until_complete_raises_is_neither_reported_nor_stops_the_next_run() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let main = async { Err::<(), _>(KeyboardInterrupt::default().into()) };
    assert_eq!(raised(event_loop.run_until_complete(main)), "KeyboardInterrupt()");
    let (log, inside) = (Log::default(), event_loop.clone());
    let sink = log.clone();
    let two_iterations = move || {
        let stop = inside.clone();
        let last = move || {
            stop.stop();
            sink.add("called");
        };
        inside.call_soon(last).unwrap();
    };
    event_loop.call_soon(two_iterations).unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(log.take(), ["called"]);
    event_loop.close().unwrap();
    assert_eq!(reports.take(), [""; 0]);
}

// CPython: test_base_events.BaseEventLoopTests.test_single_selecter_event_callback_after_stopping
#[test]
fn a_descriptor_that_was_ready_is_called_once_however_often_the_loop_stops() {
    let (event_loop, log) = (new_loop(), Log::default());
    let (mut reader, mut writer) = UnixStream::pair().unwrap();
    let watched = reader.try_clone().unwrap();
    let sink = log.clone();
    let read = move || {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        sink.add(byte[0]);
    };
    event_loop.add_reader(&watched, read).unwrap();
    writer.write_all(&[7]).unwrap();
    for _ in 0..40 {
        run_once(&event_loop);
    }
    assert_eq!(log.take(), [7]);
    assert!(event_loop.remove_reader(&watched).unwrap());
}

// CPython: test_base_events.BaseEventLoopTests.test_set_task_factory
#[test]
fn the_way_tasks_are_made_can_be_chosen() {
    let event_loop = new_loop();
    assert_eq!(event_loop.get_task_factory(), TaskFactory::Lazy);
    for (factory, done_at_once) in [(TaskFactory::Eager, true), (TaskFactory::Lazy, false)] {
        event_loop.set_task_factory(factory);
        assert_eq!(event_loop.get_task_factory(), factory);
        let done = event_loop.run_until_complete(async { Ok(create_task(async { Ok(()) }).done()) });
        assert_eq!(done.unwrap(), done_at_once);
    }
}

// CPython: test_base_events.BaseEventLoopTests.test_create_named_task_with_default_factory
#[test]
fn a_loop_makes_tasks_with_names() {
    let event_loop = new_loop();
    let task = event_loop.create_task(async { Ok(()) }).unwrap().named("test_task");
    assert_eq!(&*task.get_name(), "test_task");
    event_loop.run_until_complete(task).unwrap();
}

// CPython: test_base_events.BaseEventLoopTests.test_create_named_task_with_custom_factory
#[test]
fn what_changes_the_options_of_tasks_is_asked_about_each_until_it_is_removed() {
    let event_loop = new_loop();
    let change = |options: TaskOptions| {
        let name = format!("job {}", options.get_name().unwrap_or("without a name"));
        options.name(name).eager_start(true)
    };
    event_loop.set_task_options(Some(Box::new(change)));
    let in_the_loop = event_loop.clone();
    let main = event_loop.create_task(async move {
        let named = TaskOptions::new().name("test_task").create_task(test())?;
        assert_eq!((&*named.get_name(), named.done()), ("job test_task", true));
        let task = create_task(test());
        assert_eq!((&*task.get_name(), task.done()), ("job without a name", true));
        in_the_loop.set_task_options(None);
        let task = TaskOptions::new().name("test_task").create_task(test())?;
        assert_eq!((&*task.get_name(), task.done()), ("test_task", false));
        task.await
    });
    let main = main.unwrap();
    assert_eq!(&*main.get_name(), "job without a name");
    event_loop.run_until_complete(main).unwrap();
}

async fn test() -> Result<()> {
    Ok(())
}

// CPython: test_base_events.BaseEventLoopTests.test_create_task_error_closes_coro
#[test]
fn a_coroutine_that_is_refused_does_not_complain() {
    let program = || {
        let event_loop = new_loop();
        event_loop.close().unwrap();
        assert_eq!(raised(event_loop.create_task(coroutine(test()))), "RuntimeError('Event loop is closed')");
        virtually(async {
            let group = TaskGroup::new();
            assert!(group.create_task(coroutine(test())).is_err());
            Ok(())
        })
        .unwrap();
    };
    let test = "base_events::a_coroutine_that_is_refused_does_not_complain";
    let Some(written) = stderr_of(test, &[], program) else { return };
    assert!(!written.contains("never awaited"), "{written}");
}

/// Refused before it becomes a task that nobody would run.
#[test]
fn what_a_loop_refuses_to_run_leaves_no_task() {
    let (event_loop, other) = (new_loop(), new_loop());
    let refuse = async move {
        let error = other.run_until_complete(async { Ok(()) }).unwrap_err();
        assert_eq!(error.to_string(), "Cannot run the event loop while another loop is running");
        assert!(other.all_tasks().is_empty());
        Ok(())
    };
    event_loop.run_until_complete(refuse).unwrap();
}
