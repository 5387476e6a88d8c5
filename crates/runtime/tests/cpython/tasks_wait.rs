//! `test_tasks`: `wait`.

use asyncio_runtime::ReturnWhen::{AllCompleted, FirstCompleted, FirstException};
use asyncio_runtime::*;

use crate::support::*;

fn sleeper(event_loop: &EventLoop, delay: f64) -> Task<()> {
    event_loop.create_task(sleep(delay)).unwrap()
}

fn failing(event_loop: &EventLoop, delay: f64) -> Task<()> {
    let fails = async move {
        if delay > 0.0 {
            sleep(delay).await?;
        }
        Err(ZeroDivisionError::new("err").into())
    };
    event_loop.create_task(fails).unwrap()
}

/// Runs a wait to its end, in a task of its own.
fn waited(event_loop: &EventLoop, wait: Wait<Task<()>>) -> (Vec<Task<()>>, Vec<Task<()>>) {
    event_loop.run_until_complete(wait).unwrap()
}

// CPython: test_tasks.BaseTaskTests.test_wait, test_wait_with_iterator_of_tasks
#[test]
fn waiting_for_all_takes_as_long_as_the_slowest_and_then_no_time() {
    let event_loop = new_loop();
    let tasks = [sleeper(&event_loop, 0.15), sleeper(&event_loop, 0.1)];
    for _ in 0..2 {
        let (done, pending) = waited(&event_loop, wait(tasks.iter()));
        assert!(done == tasks && pending.is_empty());
        assert_time(&event_loop, 0.15);
    }
}

// CPython: test_tasks.BaseTaskTests.test_wait_generator
#[test]
fn the_tasks_may_be_made_while_they_are_counted() {
    virtually(async {
        let tasks: Vec<_> = (0..10).map(|i| create_task(async move { Ok(i) })).collect();
        let (done, pending) = wait(tasks.iter().filter(|task| !task.done())).return_when(AllCompleted).await?;
        assert_eq!((done.len(), pending.len()), (10, 0));
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_wait_duplicate_coroutines
#[test]
fn a_task_given_twice_counts_once() {
    virtually(async {
        let [test, spam] = ["test", "spam"].map(|s| create_task(async move { Ok(s) }));
        let (done, pending) = wait([&test, &test, &spam]).await?;
        assert!(done == [test, spam] && pending.is_empty());
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_wait_errors, test_wait_invalid_args
#[test]
fn there_must_be_something_to_wait_for_and_a_known_condition() {
    let nothing: [Task<()>; 0] = [];
    let waiting = wait(&nothing);
    assert_eq!(raised(virtually(waiting)), "ValueError('Set of Tasks/Futures is empty.')");
    assert_eq!(raised("-1".parse::<ReturnWhen>()), "ValueError('Invalid return_when value: -1')");
}

// CPython: test_tasks.BaseTaskTests.test_wait_first_completed
#[test]
fn the_first_one_ends_the_wait() {
    let event_loop = new_loop();
    let [a, b] = [sleeper(&event_loop, 10.0), sleeper(&event_loop, 0.1)];
    let (done, pending) = waited(&event_loop, wait([&b, &a]).return_when(FirstCompleted));
    assert!(done == [b.clone()] && pending == [a.clone()]);
    assert!(!a.done() && b.done());
    assert_time(&event_loop, 0.1);
    waited(&event_loop, wait([&a, &b]));
    assert_time(&event_loop, 10.0);
}

// CPython: test_tasks.BaseTaskTests.test_wait_really_done
#[test]
fn whoever_is_done_when_the_wait_ends_counts_as_done() {
    let event_loop = new_loop();
    let a = event_loop.create_task(sleep(0)).unwrap();
    let b = event_loop.create_task(async {
        sleep(0).await?;
        sleep(0).await
    });
    let b = b.unwrap();
    let (done, pending) = waited(&event_loop, wait([&b, &a]).return_when(FirstCompleted));
    assert!(done == [b, a] && pending.is_empty());
}

// CPython: test_tasks.BaseTaskTests.test_wait_first_exception, test_wait_first_exception_in_wait
#[test]
fn a_failure_ends_the_wait() {
    for fails_after in [0.0, 0.01] {
        let event_loop = new_loop();
        let start = event_loop.time();
        let [a, b] = [sleeper(&event_loop, 10.0), failing(&event_loop, fails_after)];
        let (done, pending) = waited(&event_loop, wait([&b, &a]).return_when(FirstException));
        assert!(done == [b] && pending == [a.clone()]);
        assert_time(&event_loop, start + fails_after);
        assert!(done[0].exception().unwrap().is_some());
        event_loop.run_until_complete(a).unwrap();
    }
}

// CPython: test_tasks.BaseTaskTests.test_wait_with_exception
#[test]
fn a_failed_task_is_a_done_task() {
    let event_loop = new_loop();
    let tasks = [sleeper(&event_loop, 0.1), failing(&event_loop, 0.15)];
    for _ in 0..2 {
        let (done, pending) = waited(&event_loop, wait(&tasks));
        assert!(done.len() == 2 && pending.is_empty());
        assert_eq!(done.iter().filter(|task| task.exception().unwrap().is_some()).count(), 1);
        assert_time(&event_loop, 0.15);
    }
}

// CPython: test_tasks.BaseTaskTests.test_wait_with_timeout, test_wait_concurrent_complete
#[test]
fn a_wait_with_a_time_limit_tells_who_is_late() {
    for limit in [0.11, 0.1] {
        let event_loop = new_loop();
        let start = event_loop.time();
        let [a, b] = [sleeper(&event_loop, 0.1), sleeper(&event_loop, 0.15)];
        let (done, pending) = waited(&event_loop, wait([&b, &a]).timeout(limit));
        assert!(done == [a] && pending == [b.clone()]);
        assert_time(&event_loop, start + limit);
        event_loop.run_until_complete(b).unwrap();
    }
}

/// Like the `finally` of CPython's `_wait`: an unneeded timer would keep the loop running until it is due.
#[test]
fn a_wait_that_is_cancelled_leaves_no_timer() {
    let event_loop = new_loop();
    event_loop
        .run_until_complete(async {
            let tasks = [create_task(sleep(1))];
            let waiter = create_task(wait(tasks.clone()).timeout(3600).into_future());
            sleep(0).await?;
            waiter.cancel();
            assert!(waiter.await.unwrap_err().is_cancelled());
            gather(tasks).await.map(drop)
        })
        .unwrap();
    let nobody = event_loop.create_future::<()>();
    assert!(raised(event_loop.run_until_complete(async move { nobody.await })).contains("deadlock"));
    assert_time(&event_loop, 1.0);
}

/// As on CPython 3.15: asking whether a task has failed counts as retrieving its exception, and the last task is not asked.
#[test]
fn a_failure_that_ends_the_wait_for_others_counts_as_retrieved() {
    let event_loop = new_loop();
    let log = reports(&event_loop);
    let reported = |return_when, alone: bool| {
        let tasks = [failing(&event_loop, 0.0), sleeper(&event_loop, 1.0)];
        let few = if alone { &tasks[..1] } else { &tasks[..] };
        drop(waited(&event_loop, wait(few).return_when(return_when)));
        event_loop.run_until_complete(tasks[1].clone()).unwrap();
        drop(tasks);
        log.take().len()
    };
    assert_eq!([reported(FirstException, false), reported(FirstException, true)], [0, 1]);
    assert_eq!([reported(AllCompleted, false), reported(AllCompleted, true)], [1, 1]);
}
