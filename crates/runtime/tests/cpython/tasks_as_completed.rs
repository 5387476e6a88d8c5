//! `test_tasks`: `as_completed`, as an iterator of waits and step by step with `anext`.

use asyncio_runtime::*;

use crate::support::*;

fn letters<const N: usize>(waits: [(f64, &'static str); N]) -> [Task<&'static str>; N] {
    waits.map(|(delay, letter)| create_task(sleep_result(delay, letter)))
}

// CPython: test_tasks.BaseTaskTests.test_as_completed, test_as_completed_coroutine_use_running_loop
#[test]
fn results_come_in_the_order_of_their_ends() {
    virtually(async {
        let coroutines = || [sleep_result(0.15, 'c'), sleep_result(0.02, 'b'), sleep_result(0.01, 'a')];
        let mut values = Vec::new();
        for next in as_completed(coroutines()) {
            values.push(next.await?);
        }
        assert_eq!(values, ['a', 'b', 'c']);
        assert_time(&get_running_loop()?, 0.15);
        let mut completed = as_completed(coroutines());
        while let Some(task) = completed.anext().await? {
            values.push(task.result()?);
        }
        assert_eq!(values[3..], ['a', 'b', 'c']);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_same_tasks_in_as_out
#[test]
fn the_tasks_that_come_out_are_those_that_went_in() {
    virtually(async {
        let tasks = letters([(0.0, "a"), (0.0, "b"), (0.0, "c")]);
        let mut out = Vec::new();
        let mut completed = as_completed(&tasks);
        while let Some(task) = completed.anext().await? {
            out.push(task);
        }
        assert!(out == tasks);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_with_timeout
#[test]
fn who_is_late_gives_a_timeout_error() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let tasks = letters([(0.1, "a"), (0.15, "b")]);
        let mut waits = as_completed(&tasks).timeout(0.12)?;
        assert_eq!(waits.next().unwrap().await?, "a");
        assert_eq!(raised(waits.next().unwrap().await), "TimeoutError()");
        assert!(waits.next().is_none());
        assert_time(&event_loop, 0.12);
        wait(&tasks).await?;

        let start = event_loop.time();
        let tasks = letters([(0.1, "a"), (0.15, "b")]);
        let mut completed = as_completed(&tasks).timeout(0.12)?;
        assert_eq!(completed.anext().await?.unwrap().result()?, "a");
        assert_eq!(raised(completed.anext().await), "TimeoutError()");
        assert_time(&event_loop, start + 0.12);
        wait(&tasks).await.map(drop)
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_with_unused_timeout
#[test]
fn a_time_limit_that_is_not_needed_leaves_nothing() {
    let event_loop = new_loop();
    let value = event_loop.run_until_complete(async {
        let mut waits = as_completed([sleep_result(0.01, "a")]).timeout(1)?;
        waits.next().unwrap().await
    });
    assert_eq!(value.unwrap(), "a");
    let nobody = event_loop.create_future::<()>();
    assert!(raised(event_loop.run_until_complete(async move { nobody.await })).contains("deadlock"));
    assert_time(&event_loop, 0.01);
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_resume_iterator
#[test]
fn an_iteration_can_be_left_and_taken_up_again() {
    virtually(async {
        let values = || (0..4).map(|i| async move { Ok(i) });
        let mut waits = as_completed(values());
        let mut collected = Vec::new();
        for next in waits.by_ref().take(2) {
            collected.push(next.await?);
        }
        assert_eq!(collected, [0, 1]);
        for next in waits {
            collected.push(next.await?);
        }
        assert_eq!(collected, [0, 1, 2, 3]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_reverse_wait
#[test]
fn whoever_waits_first_gets_the_first_result() {
    virtually(async {
        let mut waits: Vec<_> = as_completed([sleep_result(0.05, "a"), sleep_result(0.1, "b")]).collect();
        assert_eq!(waits.pop().unwrap().await?, "a");
        assert_time(&get_running_loop()?, 0.05);
        assert_eq!(waits.pop().unwrap().await?, "b");
        assert_time(&get_running_loop()?, 0.1);
        assert!(waits.is_empty());
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_concurrent
#[test]
fn several_can_wait_at_the_same_time() {
    virtually(async {
        let waits = as_completed([sleep_result(0.05, "a"), sleep_result(0.05, "b")]);
        let tasks: Vec<_> = waits.map(|next| create_task(next.into_future())).collect();
        assert_eq!(tasks.len(), 2);
        wait(&tasks).await?;
        assert_eq!([tasks[0].result()?, tasks[1].result()?], ["a", "b"]);
        assert_time(&get_running_loop()?, 0.05);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_duplicate_coroutines
#[test]
fn a_task_given_twice_comes_once() {
    virtually(async {
        let [ham, spam] = letters([(0.0, "ham"), (0.0, "spam")]);
        let mut result = Vec::new();
        for next in as_completed([&ham, &ham, &spam]) {
            result.push(next.await?);
        }
        assert_eq!(result, ["ham", "spam"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_coroutine_without_loop
#[test]
#[should_panic(expected = "no running event loop")]
fn coroutines_need_a_loop() {
    drop(as_completed([sleep_result(0, 42)]));
}

/// Cancels a wait that has begun, and returns what comes afterwards.
fn after_a_cancelled_wait(by_anext: bool) -> Vec<&'static str> {
    let event_loop = new_loop();
    let main = async move {
        let event_loop = get_running_loop()?;
        let [a, b] = [(); 2].map(|()| event_loop.create_future());
        let mut iterator = as_completed([&a, &b]);
        let (anext, next) = if by_anext { (Some(iterator.anext()), None) } else { (None, iterator.next()) };
        let waiter = create_task(async move {
            match (anext, next) {
                (Some(anext), _) => anext.await.map(drop),
                (_, Some(next)) => next.await.map(drop),
                (None, None) => unreachable!("there are two"),
            }
        });
        sleep(0).await?;
        waiter.cancel();
        assert!(waiter.await.unwrap_err().is_cancelled());
        a.set_result("a")?;
        b.set_result("b")?;
        let mut results = Vec::new();
        if by_anext {
            while let Some(future) = iterator.anext().await? {
                results.push(future.await?);
            }
        } else {
            for next in iterator {
                results.push(next.await?);
            }
        }
        Ok(results)
    };
    event_loop.run_until_complete(main).unwrap()
}

// CPython: test_tasks.BaseTaskTests.test_as_completed_async_iterator_cancelled_anext,
// test_as_completed_plain_iterator_cancelled_wait
#[test]
fn a_cancelled_wait_loses_no_result() {
    assert_eq!([true, false].map(after_a_cancelled_wait), [["a", "b"], ["a", "b"]]);
}
