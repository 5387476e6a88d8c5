//! When a coroutine object complains that it was never awaited, compared with CPython 3.13. What goes to standard error is
//! seen from outside, so the test runs itself as a child process.

use std::process::Command;

use asyncio_runtime::*;

async fn ring() -> Result<()> {
    Ok(())
}

/// Runs `program` in a process of its own, started as the test of this name, and gives how often it warned.
fn warnings(test: &str, program: impl FnOnce()) -> usize {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return 0;
    }
    let test_binary = std::env::current_exe().unwrap();
    let child = Command::new(test_binary).args(["--exact", test, "--nocapture"]).env("IN_CHILD", "1").output().unwrap();
    assert!(child.status.success(), "{child:?}");
    let warned = String::from_utf8(child.stderr).unwrap();
    warned.matches("RuntimeWarning: coroutine 'ring' was never awaited").count()
}

/// The number that the parent must count; the child only runs the program.
fn expect(n: usize, counted: usize) {
    assert!(counted == n || std::env::var_os("IN_CHILD").is_some(), "{counted} warnings instead of {n}");
}

#[test]
fn a_dropped_one_complains() {
    expect(1, warnings("a_dropped_one_complains", || drop(coroutine(ring()))));
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
