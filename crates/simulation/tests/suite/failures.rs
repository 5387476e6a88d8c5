//! What counts as a failure, with one program for each kind. A program fails under every schedule or under none.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::{Exception, Future as LoopFuture, Result, create_task, get_running_loop, sleep};
use asyncio_simulation::{Failure, Strategy, explore, invariant};

/// The failure of a program under the first schedule.
fn failure<M: Future<Output = Result<()>> + 'static>(program: impl Fn() -> M + Sync) -> String {
    let found = explore(program).steps(500).run().failure.expect("it fails");
    assert_eq!(found.after, 0);
    assert_eq!(found.schedule.to_string(), "1:fence:dev:");
    found.failure.to_string()
}

#[test]
fn a_panic_of_the_main_coroutine() {
    let text = failure(|| async { panic!("one item is lost") });
    assert!(text.starts_with("panic at crates/simulation/tests/suite/failures.rs:"), "{text}");
    assert!(text.ends_with(": one item is lost"), "{text}");
    // Also of one that is no coroutine yet.
    let text = failure(|| {
        let fails = true;
        assert!(!fails, "too early");
        async { Ok(()) }
    });
    assert!(text.ends_with(": too early"), "{text}");
}

#[test]
fn an_error_of_the_main_coroutine() {
    assert_eq!(failure(|| async { Err(Exception::new("no").into()) }), "main raised Exception('no')");
}

#[test]
fn a_deadlock_that_says_who_waits() {
    let text = failure(|| async { get_running_loop()?.create_future().await });
    assert!(text.starts_with("deadlock: every task waits"), "{text}");
    assert!(text.contains("\n  Task-1 waits for a future that nobody completes at "), "{text}");
}

#[test]
fn a_task_that_is_left() {
    let leaves = || async {
        drop(create_task(sleep(9)).named("janitor"));
        sleep(1).await
    };
    let text = failure(leaves);
    assert!(text.starts_with("tasks are left: janitor waits for a timer at "), "{text}");
    explore(leaves).allow_leaked_tasks().schedules(10).check();
}

#[test]
fn an_error_that_is_never_retrieved() {
    let text = failure(|| async {
        drop(create_task(async { Err::<(), _>(Exception::new("nobody asks").into()) }));
        sleep(1).await
    });
    assert_eq!(text, "Task exception was never retrieved: Exception('nobody asks')");
}

/// All that draw an order.
const STRATEGIES: [Strategy; 6] = [
    Strategy::Mixed,
    Strategy::Walk,
    Strategy::Pct { depth: 1 },
    Strategy::Pct { depth: 2 },
    Strategy::Pct { depth: 3 },
    Strategy::Pos,
];

/// Nothing keeps a task that has ended: its error is reported, and its result is dropped.
#[test]
fn every_strategy_finds_an_error_that_is_retrieved_in_some_orders_only() {
    let asks_in_time = || async {
        let fails = create_task(async {
            sleep(0).await?;
            Err::<(), _>(Exception::new("nobody asks").into())
        });
        // In asyncio's order this task asks before the other one fails.
        let asks = create_task(async move {
            if !fails.done() {
                drop(fails.await);
            }
            Ok(())
        });
        asks.await
    };
    for strategy in STRATEGIES {
        let found = explore(asks_in_time).strategy(strategy).schedules(500).run().failure;
        let found = found.unwrap_or_else(|| panic!("{strategy:?} finds nothing"));
        assert_eq!(found.failure.to_string(), "Task exception was never retrieved: Exception('nobody asks')");
    }
}

#[test]
fn under_every_strategy_the_result_of_a_task_without_a_handle_is_dropped_at_its_end() {
    struct Releases(LoopFuture<()>);

    impl Drop for Releases {
        fn drop(&mut self) {
            let _ = self.0.set_result(());
        }
    }

    let waits_for_the_drop = || async {
        let released = get_running_loop()?.create_future();
        let releases = Releases(released.clone());
        drop(create_task(async move { Ok(releases) }));
        sleep(0).await?;
        released.await
    };
    for strategy in STRATEGIES {
        let result = explore(waits_for_the_drop).strategy(strategy).schedules(200).run();
        assert!(result.failure.is_none(), "{strategy:?}: {result}");
    }
}

#[test]
fn a_panic_in_a_callback() {
    let text = failure(|| async {
        get_running_loop()?.call_soon(|| panic!("in a callback"))?;
        sleep(1).await
    });
    assert!(text.contains("in a callback"), "{text}");
}

#[test]
fn an_invariant_that_does_not_hold_after_some_step() {
    let text = failure(|| async {
        let balance = Rc::new(Cell::new(1));
        let seen = Rc::clone(&balance);
        invariant(|| true);
        invariant(move || seen.get() > 0);
        balance.set(0);
        sleep(0).await?;
        balance.set(1); // At the end it holds again.
        Ok(())
    });
    assert!(text.starts_with("the invariant at crates/simulation/tests/suite/failures.rs:"), "{text}");
    assert!(text.ends_with(":9 does not hold"), "{text}");
}

#[test]
fn an_invariant_that_panics() {
    let text = failure(|| async {
        invariant(|| panic!("no such account"));
        sleep(0).await
    });
    assert!(text.contains("the invariant at"), "{text}");
}

#[test]
fn an_invariant_of_one_program_is_not_asked_in_another() {
    invariant(|| false);
    explore(|| async { sleep(0).await }).schedules(10).check();
}

#[test]
fn a_program_that_does_not_end() {
    let endless = || async {
        loop {
            sleep(0).await?;
        }
    };
    assert_eq!(failure(endless), "it has not ended after 500 steps");
    // Nor does it when it is cancelled.
    let refuses = || async {
        loop {
            let _ = sleep(0).await;
        }
    };
    assert_eq!(failure(refuses), "it has not ended after 500 steps");
}

/// The reported failure is that of the program, not its consequences for other tasks.
#[test]
fn the_first_failure_is_told() {
    let found = explore(|| async {
        create_task(sleep(9));
        Err::<(), _>(Exception::new("first").into())
    });
    assert_eq!(found.run().failure.unwrap().failure, Failure::Error("Exception('first')".to_owned()));
}
