//! What a cancellation check finds in coroutines with planted faults; in the mended ones it finds nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex;

use asyncio_locks::Lock;
use asyncio_queues::Queue;
use asyncio_runtime::{Exception, create_task, gather, shield, sleep, wait_for};
use asyncio_simulation::{CancellationReport, afterwards, check_cancellation, invariant};

/// The failures, one line each, without locations.
fn lines(report: &CancellationReport) -> Vec<String> {
    let failure = |failure: &asyncio_simulation::CancellationFailure| {
        let text = failure.to_string();
        text.lines().next().unwrap_or_default().split(" at crates/").next().unwrap_or_default().to_owned()
    };
    report.failures.iter().map(failure).collect()
}

#[test]
fn each_await_is_ended_in_four_ways() {
    let runs = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&runs);
    let report = check_cancellation(move || {
        let noted = Rc::clone(&noted);
        async move {
            noted.borrow_mut().push(0);
            for _ in 0..3 {
                sleep(1).await?;
                *noted.borrow_mut().last_mut().unwrap() += 1;
            }
            Ok(())
        }
    })
    .run();
    assert_eq!((report.awaits, report.runs), (3, 2 + 1 + 4 * 3));
    assert!(report.failures.is_empty(), "{report}");
    // Twice undisturbed; before the first step none begins; then at each await cancelled twice and dropped twice.
    assert_eq!(*runs.borrow(), [3, 3, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
}

#[test]
fn a_lock_that_is_not_released() {
    let scenario = |mended: bool| {
        move || {
            let lock = Lock::new();
            let other = lock.clone();
            let waits = async move {
                sleep(0.5).await?;
                other.lock().await.map(drop)
            };
            drop(create_task(waits).named("other"));
            async move {
                if mended {
                    let _guard = lock.lock().await?;
                    return sleep(1).await;
                }
                lock.acquire().await?;
                sleep(1).await?;
                Ok(lock.release()?)
            }
        }
    };
    let report = check_cancellation(scenario(false)).run();
    let expected = ["cancelled at await 1, at once", "dropped at await 1, when it was woken"];
    let found = lines(&report);
    for expected in expected {
        let deadlock = format!("{expected}: deadlock: every task waits, and nothing is left that could wake one");
        assert!(found.contains(&deadlock), "{report}");
    }
    let text = report.to_string();
    assert!(text.contains("other waits for <Lock waiters=1>"), "{text}");
    assert!(text.contains("it waited at crates/simulation/tests/suite/cancellation.rs:"), "{text}");
    check_cancellation(scenario(true)).check();
}

#[test]
fn an_item_that_is_lost() {
    let scenario = |mended: bool| {
        move || {
            let queue = Queue::new(0);
            queue.put_nowait("item").unwrap();
            let left = queue.clone();
            let done = Rc::new(Cell::new(0));
            let seen = Rc::clone(&done);
            afterwards(move || assert_eq!(left.qsize() + seen.get(), 1, "an item is lost"));
            async move {
                let item = queue.get().await?;
                let worked = sleep(1).await;
                if mended && worked.is_err() {
                    queue.put_nowait(item).unwrap();
                }
                worked?;
                done.set(1);
                Ok(())
            }
        }
    };
    let report = check_cancellation(scenario(false)).run();
    assert_eq!(report.failures.len(), 4, "{report}");
    assert!(report.to_string().contains("an item is lost"), "{report}");
    let report = check_cancellation(scenario(true)).run();
    // When a future is dropped, only destructors run.
    assert_eq!(report.failures.len(), 2, "{report}");
    assert!(lines(&report).iter().all(|line| line.starts_with("dropped at await 1")), "{report}");
}

#[test]
fn a_wake_up_that_is_lost() {
    // A waiter that is cancelled after it was given the turn never passes the turn on.
    struct Turns(RefCell<Vec<asyncio_runtime::Future<()>>>);
    let scenario = |mended: bool| {
        move || {
            let turns = Rc::new(Turns(RefCell::default()));
            let next = |turns: &Turns| {
                if let Some(turn) = turns.0.borrow_mut().pop() {
                    turn.set_result(()).unwrap();
                }
            };
            let second = Rc::clone(&turns);
            create_task(async move {
                sleep(1).await?;
                let turn = asyncio_runtime::get_running_loop()?.create_future();
                second.0.borrow_mut().insert(0, turn.clone());
                next(&second);
                turn.await
            });
            async move {
                let turn = asyncio_runtime::get_running_loop()?.create_future();
                turns.0.borrow_mut().push(turn.clone());
                let waited = (&turn).await;
                let was_given = turn.done() && !turn.cancelled();
                if waited.is_ok() || mended && was_given {
                    next(&turns);
                }
                waited
            }
        }
    };
    let report = check_cancellation(scenario(false)).run();
    assert!(lines(&report).iter().any(|line| line.starts_with("cancelled at await 1, when it was woken: deadlock")));
    let report = check_cancellation(scenario(true)).run();
    assert!(!lines(&report).iter().any(|line| line.starts_with("cancelled at await 1, when it was woken")), "{report}");
}

#[test]
fn a_task_that_outlives_the_coroutine() {
    let leaves = || async {
        let child = create_task(sleep(60)).named("child");
        shield(&child).await
    };
    let report = check_cancellation(leaves).run();
    let found = lines(&report);
    assert!(found.contains(&"cancelled at await 1, at once: tasks are left: child waits for a timer".to_owned()));
    // A `gather` that is cancelled cancels the tasks that it made; one that is dropped does not.
    let report = check_cancellation(|| async { gather([sleep(1), sleep(60)]).await.map(drop) }).run();
    assert_eq!(report.failures.len(), 1, "{report}");
    assert!(lines(&report)[0].starts_with("dropped at await 1, at once: tasks are left: Task-"), "{report}");
}

#[test]
fn a_cancellation_that_is_lost() {
    let retries = || async {
        for attempt in 1..=3 {
            match sleep(1).await {
                Err(_) if attempt < 3 => {} // every error, and so the cancellation, too
                result => return result,
            }
        }
        Ok(())
    };
    let report = check_cancellation(retries).run();
    let lost = "cancelled at await 1, at once: the cancellation is lost: it returned";
    assert!(lines(&report).contains(&lost.to_owned()), "{report}");
    check_cancellation(retries).allow_suppression().check();
    let translates = || async { sleep(1).await.map_err(|_| Exception::new("no answer").into()) };
    let report = check_cancellation(translates).run();
    assert!(report.to_string().contains("the cancellation is lost: it raised Exception('no answer')"), "{report}");
}

#[test]
fn an_invariant_that_does_not_hold_in_between() {
    let transfer = || {
        let accounts = Rc::new(Cell::new((100, 0)));
        let seen = Rc::clone(&accounts);
        invariant(move || seen.get().0 + seen.get().1 == 100);
        async move {
            sleep(1).await?;
            accounts.set((90, 0));
            sleep(1).await?;
            accounts.set((90, 10));
            Ok(())
        }
    };
    let report = check_cancellation(transfer).run();
    assert_eq!(report.awaits, 0, "it fails undisturbed: {report}");
    assert!(report.to_string().contains("undisturbed: the invariant at crates/simulation/tests/suite/"), "{report}");
}

#[test]
fn something_counted_that_is_not_given_back() {
    static OPEN: Mutex<i64> = Mutex::new(0);
    let keeps = || async {
        *OPEN.lock().unwrap() += 1;
        sleep(1).await?;
        *OPEN.lock().unwrap() -= 1;
        Ok(())
    };
    let report = check_cancellation(keeps).unchanged("files", || *OPEN.lock().unwrap()).run();
    let kept = |line: &&String| line.ends_with(": files: 1 more than before");
    assert_eq!(lines(&report).iter().filter(kept).count(), 4, "{report}");
}

#[test]
fn a_coroutine_that_does_not_end_when_it_is_cancelled() {
    let refuses = || async {
        if sleep(1).await.is_err() {
            loop {
                let _ = sleep(0).await;
            }
        }
        Ok(())
    };
    let report = check_cancellation(refuses).run();
    assert!(report.to_string().contains("it has not ended after 20000 steps"), "{report}");
}

#[test]
fn a_limit_around_the_wait() {
    check_cancellation(|| async { wait_for(sleep(1), 60).await }).check();
    // The limit ends the wait, and then nothing else does.
    check_cancellation(|| async { wait_for(sleep(60), 1).await.or(Ok(())) }).allow_suppression().check();
}
