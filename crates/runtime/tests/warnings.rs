//! What goes to standard error: when a coroutine object warns that it was never awaited (compared with CPython 3.13), and when
//! a loop reports a deadlock. To see its standard error, the test runs itself as a child process.

#[macro_use]
extern crate asyncio_testing;

use std::future::{Future as _, poll_fn};
use std::io::{BufRead, BufReader, Write};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use asyncio_runtime::*;

async fn ring() -> Result<()> {
    Ok(())
}

/// Runs `program` in a process of its own, started as the test with this name, and returns the number of warnings.
fn warnings(test: &str, program: impl FnOnce()) -> usize {
    times("RuntimeWarning: coroutine 'ring' was never awaited", test, program)
}

/// As above, for another text.
fn times(text: &str, test: &str, program: impl FnOnce()) -> usize {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return 0;
    }
    let test_binary = std::env::current_exe().unwrap();
    let child = Command::new(test_binary).args(["--exact", test, "--nocapture"]).env("IN_CHILD", "1").output().unwrap();
    assert!(child.status.success(), "{child:?}");
    let warned = String::from_utf8(child.stderr).unwrap();
    warned.matches(text).count()
}

/// Checks the number that the parent counted; the child only runs the program.
fn expect(n: usize, counted: usize) {
    assert!(counted == n || std::env::var_os("IN_CHILD").is_some(), "{counted} warnings instead of {n}");
}

#[test]
fn in_debug_mode_a_loop_that_was_not_closed_is_told_of() {
    let program = || {
        for debug in [false, true] {
            let [closed, left, run] = [0, 1, 2].map(|_| EventLoop::with_clock(Clock::Virtual));
            [&closed, &left, &run].iter().for_each(|event_loop| event_loop.set_debug(debug));
            closed.close().unwrap();
            run.run_until_complete(ring()).unwrap();
            let handle = left.clone();
            drop((closed, left, run));
            assert!(handle.is_closed());
        }
        // Who runs a program in one go has closed its loop.
        Runner::new().debug(true).run(ring()).unwrap();
    };
    let text = "ResourceWarning: unclosed event loop <_UnixSelectorEventLoop running=False closed=False debug=True>\n";
    expect(2, times(text, "in_debug_mode_a_loop_that_was_not_closed_is_told_of", program));
}

#[test]
fn a_dropped_one_complains() {
    expect(1, warnings("a_dropped_one_complains", || drop(coroutine(ring()))));
}

#[test]
fn one_that_is_closed_does_not() {
    expect(0, warnings("one_that_is_closed_does_not", || pin!(coroutine(ring())).as_mut().close()));
}

#[test]
fn one_cancelled_before_its_first_step_does_not() {
    let program = || {
        run(async {
            let task = create_task(coroutine(ring()));
            task.cancel();
            assert!(task.await.unwrap_err().is_cancelled());
            assert!(wait_for(coroutine(ring()), 0).await.unwrap_err().is::<TimeoutError>());
            Ok(())
        })
        .unwrap();
    };
    expect(0, warnings("one_cancelled_before_its_first_step_does_not", program));
}

#[test]
fn one_whose_loop_was_closed_complains_once() {
    let program = || {
        let event_loop = new_event_loop();
        drop(event_loop.create_task(coroutine(ring())));
        event_loop.close().unwrap();
    };
    expect(1, warnings("one_whose_loop_was_closed_complains_once", program));
}

#[test]
fn one_left_in_a_closed_loop_complains_unless_it_was_aborted() {
    const TEST: &str = "one_left_in_a_closed_loop_complains_unless_it_was_aborted";
    let program = || {
        let event_loop = new_event_loop();
        drop(event_loop.create_task(ring()));
        event_loop.create_task(ring()).unwrap().abort();
        event_loop.close().unwrap();
    };
    expect(1, warnings(TEST, program));
}

const DEADLOCK: &str = "deadlock: every task waits, and nothing is left that could wake one";

/// A future that the loop does not know. A thread wakes its waiter at each line on standard input, and completes it at the end
/// of the input.
fn end_of_input() -> impl std::future::Future<Output = Result<()>> {
    let ended = Arc::new(AtomicBool::new(false));
    let mut started = false;
    poll_fn(move |cx| {
        if !std::mem::replace(&mut started, true) {
            let (ended, waker) = (Arc::clone(&ended), cx.waker().clone());
            std::thread::spawn(move || {
                // By then the loop waits.
                std::thread::sleep(Duration::from_millis(20));
                std::io::stdin().lines().for_each(|_| waker.wake_by_ref());
                ended.store(true, Ordering::Release);
                waker.wake();
            });
        }
        if ended.load(Ordering::Acquire) { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
}

#[test]
fn a_deadlock_is_told_once_in_real_time() {
    if std::env::var_os("IN_CHILD").is_some() {
        let deadlock = async {
            let mut end = pin!(end_of_input());
            let mut waits = pin!(get_running_loop()?.create_future::<()>().into_future());
            poll_fn(|cx| if end.as_mut().poll(cx).is_ready() { Poll::Ready(Ok(())) } else { waits.as_mut().poll(cx) })
                .await
        };
        return run(deadlock).unwrap();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_deadlock_is_told_once_in_real_time", "--nocapture"]).env("IN_CHILD", "1");
    let mut child = child.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains(DEADLOCK)));
    // It waits again, and once more.
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"again\nagain\n").unwrap();
    drop(input);
    assert!(!told.any(|line| line.contains(DEADLOCK)));
    assert!(child.wait().unwrap().success());
}

#[test]
fn who_waits_for_a_foreign_future_is_no_deadlock() {
    const TEST: &str = "who_waits_for_a_foreign_future_is_no_deadlock";
    let program = || {
        let main = async {
            let event = get_running_loop()?.create_future::<()>();
            let waits = create_task(async move { event.await });
            let ends = create_task(end_of_input());
            cancellable(end_of_input()).await??;
            ends.await?;
            waits.cancel();
            Ok(())
        };
        run(main).unwrap();
    };
    expect(0, times("deadlock", TEST, program));
}

#[test]
fn a_guest_that_only_its_host_can_wake_is_no_deadlock() {
    let program = || {
        let event_loop = EventLoop::with_clock(Clock::Real);
        let pressed = event_loop.create_future();
        let button = pressed.clone();
        let mut guest = event_loop.host(async move { pressed.await }).unwrap();
        assert!(guest.run_ready().is_pending() && guest.run_once().is_pending());
        button.set_result(()).unwrap();
        assert!(guest.run_ready().is_ready());
    };
    expect(0, times("deadlock", "a_guest_that_only_its_host_can_wake_is_no_deadlock", program));
}

/// The line of the block around the foreign future, with debug mode and without.
fn a_foreign_future_meets_its_limit() -> u32 {
    let mut line = 0;
    for debug in [true, false] {
        let runner = Runner::new().clock(Clock::Virtual).debug(debug);
        let foreign = async {
            sleep(0.1).await?;
            wait_for(std::future::pending::<Result<()>>(), 1).await
        };
        line = line!() - 2;
        let error = runner.run(async { create_task(foreign).named("guest").await }).unwrap_err();
        assert!(error.is::<TimeoutError>());
    }
    line
}

/// The lines of a group around a foreign future, and of the last await of a task without a block.
fn foreign_futures_are_cancelled() -> [u32; 2] {
    let main = async {
        let member = async |group: TaskGroup| {
            drop(group.create_task(async {
                sleep(1).await?;
                Err::<(), _>(ValueError::new("no tea").into())
            })?);
            std::future::pending::<Result<()>>().await
        };
        let (group, line) = (TaskGroup::new().run(member), line!());
        create_task(group).named("parent").await.unwrap_err();
        let alone = create_task(async {
            sleep(0.1).await?;
            std::future::pending::<Result<()>>().await
        });
        let alone = alone.named("alone");
        sleep(1).await?;
        alone.cancel();
        assert!(alone.await.unwrap_err().is_cancelled());
        Ok([line, line + 3])
    };
    Runner::new().clock(Clock::Virtual).debug(true).run(main).unwrap()
}

/// The place of the user's line is part of the message: `wanted` makes the message of what the program returned.
fn says<T>(name: &str, program: impl Fn() -> T, wanted: impl Fn(T) -> Vec<String>) {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return;
    }
    for text in wanted(program()) {
        expect(1, times(&text, name, || {}));
    }
}

#[test]
fn debug_mode_says_in_which_block_a_cancellation_drops_a_foreign_future() {
    let name = "debug_mode_says_in_which_block_a_cancellation_drops_a_foreign_future";
    let text = "drops a future of another crate that it awaits";
    says(name, a_foreign_future_meets_its_limit, |line| {
        vec![format!("cancelling guest {text} in the block at {}:{line}; ", file!())]
    });
}

#[test]
fn debug_mode_says_where_a_group_or_a_task_drops_a_foreign_future() {
    let name = "debug_mode_says_where_a_group_or_a_task_drops_a_foreign_future";
    let text = "drops a future of another crate that it awaits";
    says(name, foreign_futures_are_cancelled, |[group, alone]| {
        vec![
            format!("cancelling parent {text} in the block at {}:{group}; ", file!()),
            format!("cancelling alone {text} after {}:{alone}; ", file!()),
        ]
    });
}

#[test]
fn debug_mode_says_what_to_write_around_a_foreign_future() {
    let text = "cancellable(future) raises the cancellation there, uncancellable(future) lets the future finish";
    let program = || _ = a_foreign_future_meets_its_limit();
    expect(1, times(text, "debug_mode_says_what_to_write_around_a_foreign_future", program));
}
