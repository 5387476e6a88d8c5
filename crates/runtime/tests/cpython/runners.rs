//! `test_runners`: `run` and `Runner`. Ctrl-C is tested in `tests/interrupt.rs`, which runs in the main thread.

use asyncio_runtime::*;

use crate::support::*;

static CVAR: ContextVar<i32> = ContextVar::with_default("cvar", || -1);

fn runner() -> Runner {
    Runner::new().clock(Clock::Virtual)
}

const CLOSED: &str = "RuntimeError('Runner is closed')";

// CPython: test_runners.RunTests.test_asyncio_run_return
#[test]
fn run_gives_the_result() {
    let main = async {
        sleep(0).await?;
        Ok(42)
    };
    assert_eq!(run(main).unwrap(), 42);
}

// CPython: test_runners.RunTests.test_asyncio_run_raises
#[test]
fn run_raises_what_main_raises() {
    let main = async {
        sleep(0).await?;
        Err::<(), _>(ValueError::new("spam").into())
    };
    assert_eq!(raised(run(main)), "ValueError('spam')");
}

// CPython: test_runners.RunTests.test_asyncio_run_debug, RunnerTests.test_debug, test_non_debug
#[test]
fn debug_mode_is_an_argument() {
    for debug in [false, true] {
        let runner = runner().debug(debug);
        assert_eq!(runner.get_loop().unwrap().get_debug(), debug);
        assert_eq!(runner.run(async { Ok(get_running_loop()?.get_debug()) }).unwrap(), debug);
    }
}

// CPython: test_tasks.GatherTestsBase.test_env_var_debug, test_base_events.BaseEventLoopTests.test_env_var_debug
#[test]
fn debug_mode_is_asked_for_by_the_environment() {
    let program = || eprintln!("debug mode: {}", new_event_loop().get_debug());
    for (value, expected) in [("", false), ("0", false), ("1", true)] {
        let environment = [("ASYNCIO_DEBUG", value)];
        let test = "runners::debug_mode_is_asked_for_by_the_environment";
        let Some(written) = stderr_of(test, &environment, program) else { return };
        assert!(written.contains(&format!("debug mode: {expected}\n")), "{written}");
    }
}

// CPython: test_runners.RunTests.test_asyncio_run_cancels_hanging_tasks
#[test]
fn what_is_left_is_cancelled_and_waited_for() {
    let log = Log::default();
    let sink = log.clone();
    let main = async move {
        create_task(async move {
            let cancelled = sleep(0.1).await;
            sink.add(raised(cancelled.clone()));
            sleep(0.1).await?;
            sink.add("and had its time".to_owned());
            cancelled
        });
        Ok(123)
    };
    assert_eq!(virtually(main).unwrap(), 123);
    assert_eq!(log.take(), ["CancelledError()", "and had its time"]);
}

// CPython: test_runners.RunTests.test_asyncio_run_reports_hanging_tasks_errors
#[test]
fn what_is_left_and_fails_is_reported() {
    let runner = runner();
    let reports = reports(&runner.get_loop().unwrap());
    let main = async {
        create_task(async { sleep(0.1).await.map_err(|_| ZeroDivisionError::default().into()) }).set_name("leftover");
        Ok(123)
    };
    assert_eq!(runner.run(main).unwrap(), 123);
    runner.close();
    let reports = reports.take();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let start = "unhandled exception during asyncio.run() shutdown\ntask: <Task finished name='leftover' ";
    assert!(reports[0].starts_with(start) && reports[0].ends_with("\nexception: ZeroDivisionError()"), "{reports:?}");
}

// CPython: test_runners.RunnerTests.test_run, test_explicit_close, test_double_close, test_second_with_block_raises
#[test]
fn a_runner_is_closed_with_its_loop_for_good() {
    let runner = runner();
    let done = async {
        sleep(0).await?;
        Ok("done")
    };
    assert_eq!(runner.run(done).unwrap(), "done");
    let event_loop = runner.get_loop().unwrap();
    for _ in 0..2 {
        runner.close();
        assert!(event_loop.is_closed());
    }
    assert_eq!(raised(runner.get_loop()), CLOSED);
    assert_eq!(raised(runner.run(async { Ok(()) })), CLOSED);

    let unused = self::runner();
    let event_loop = unused.get_loop().unwrap();
    drop(unused);
    assert!(event_loop.is_closed());
}

// CPython: test_runners.RunnerTests.test_run_keeps_context
#[test]
fn runs_share_a_context() {
    let runner = runner();
    let set = |value| async move {
        let old = CVAR.get()?;
        sleep(0).await?;
        CVAR.set(value);
        Ok(old)
    };
    assert_eq!(runner.run(set(1)).unwrap(), -1);
    assert_eq!(runner.run(set(2)).unwrap(), 1);
    let context = runner.run(async { Ok(copy_context()) }).unwrap();
    assert_eq!(context.run(|| CVAR.get().unwrap()).unwrap(), 2);
    assert_eq!(CVAR.get().unwrap(), -1);
}

// CPython: test_runners.RunnerTests.test_signal_install_not_supported_ok
#[test]
fn where_ctrl_c_cannot_be_caught_a_runner_runs_all_the_same() {
    let in_a_thread = std::thread::spawn(|| runner().run(async { Ok("fine") }).map_err(|error| format!("{error:?}")));
    assert_eq!(in_a_thread.join().unwrap(), Ok("fine"));
}

// CPython: test_runners.RunnerTests.test_no_repr_is_call_on_the_task_result
#[test]
fn nobody_prints_the_result() {
    struct MyResult(Log<()>);
    impl std::fmt::Debug for MyResult {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.add(());
            f.write_str("MyResult")
        }
    }
    let log = Log::default();
    let result = MyResult(log.clone());
    let result = virtually(async move { Ok(result) }).ok().unwrap();
    assert_eq!(log.take(), []);
    assert_eq!(format!("{result:?}"), "MyResult");
    assert_eq!(log.take(), [()]);
}

/// Done the second time that it is polled.
struct ByHand(bool);

impl std::future::Future for ByHand {
    type Output = Result<&'static str>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        if std::mem::replace(&mut self.0, true) {
            return std::task::Poll::Ready(Ok("done"));
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

// CPython: test_runners.RunnerTests.test_run_awaitable
#[test]
fn a_future_that_is_written_by_hand_can_be_run() {
    assert_eq!(runner().run(ByHand(false)).unwrap(), "done");
}

// CPython: test_runners.RunnerTests.test_run_future
#[test]
fn a_future_of_the_loop_can_be_run() {
    let runner = runner();
    let future = runner.get_loop().unwrap().create_future();
    future.set_result("done").unwrap();
    assert_eq!(runner.run(future).unwrap(), "done");
}

#[test]
fn a_loop_factory_may_ask_its_own_runner() {
    use std::cell::RefCell;
    use std::rc::{Rc, Weak};

    for closes in [false, true] {
        let (itself, log) = (Rc::new(RefCell::new(Weak::<Runner>::new())), Log::default());
        let (known, told) = (Rc::clone(&itself), log.clone());
        let factory = move || {
            let me = known.borrow().upgrade().expect("it is being used");
            told.add(raised(me.get_loop()));
            if closes {
                me.close();
            }
            new_loop()
        };
        let asked = Rc::new(Runner::new().loop_factory(factory));
        itself.replace(Rc::downgrade(&asked));
        let result = asked.run(async { Ok(1) });
        let refused = "RuntimeError('the loop factory cannot use the runner that it makes a loop for')";
        assert_eq!(log.take(), [refused]);
        assert_eq!(result.ok(), (!closes).then_some(1));
        if closes {
            assert_eq!(raised(asked.get_loop()), CLOSED);
        }
    }
}

// CPython: test_runners.RunTests.test_asyncio_run_loop_factory, RunnerTests.test_custom_factory
#[test]
fn a_runner_has_the_loop_of_its_factory_which_is_called_once() {
    use std::cell::Cell;
    use std::rc::Rc;

    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let asked = Runner::new().loop_factory(move || {
        count.set(count.get() + 1);
        let event_loop = new_loop();
        event_loop.set_slow_callback_duration(7);
        event_loop
    });
    let made = asked.get_loop().unwrap();
    assert_eq!(made.slow_callback_duration(), 7.0);
    assert!(asked.run(async { Ok(get_running_loop()?) }).unwrap() == made);
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_loop_factory_that_panics_is_asked_again() {
    use std::cell::Cell;

    asyncio_testing::expect_panics("no loop today");
    let first = Cell::new(true);
    let asked = Runner::new().loop_factory(move || {
        assert!(!first.replace(false), "no loop today");
        new_loop()
    });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| asked.get_loop())).is_err());
    assert_eq!(asked.run(async { Ok(2) }).unwrap(), 2);
}
