//! `test_tasks`: `gather`, of futures and of coroutines.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn futures<const N: usize>(event_loop: &EventLoop) -> [Future<i32>; N] {
    std::array::from_fn(|_| event_loop.create_future())
}

/// One coroutine for each future, which it awaits.
fn coroutines<const N: usize>(futures: &[Future<i32>; N]) -> Vec<impl Future_ + use<N>> {
    futures.iter().cloned().map(|future| async move { future.await }).collect()
}

/// A coroutine, as Rust sees it.
trait Future_: std::future::Future<Output = Result<i32>> + 'static {}
impl<F: std::future::Future<Output = Result<i32>> + 'static> Future_ for F {}

/// Gathers with `gather` inside the loop, and counts the calls of its done-callback.
fn gathered<G: AsRef<AnyFuture> + 'static>(
    event_loop: &EventLoop,
    gather: impl FnOnce() -> G + 'static,
) -> (G, Rc<Cell<u32>>) {
    let group = event_loop.run_until_complete(async { Ok(gather()) }).unwrap();
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let _ = group.as_ref().add_done_callback(move |_| count.set(count.get() + 1));
    (group, calls)
}

/// Lets the loop run until nothing is ready.
fn settle(event_loop: &EventLoop) {
    for _ in 0..5 {
        run_briefly(event_loop);
    }
}

fn succeeds<G: AsRef<AnyFuture> + 'static>(
    of: impl FnOnce([Future<i32>; 3]) -> G + 'static,
    results: impl Fn(&G) -> Result<Vec<i32>>,
) {
    let event_loop = new_loop();
    let children = futures::<3>(&event_loop);
    let given = children.clone();
    let (group, calls) = gathered(&event_loop, move || of(given));
    let [a, b, c] = children;
    b.set_result(1).unwrap();
    a.set_result(2).unwrap();
    settle(&event_loop);
    assert!(calls.get() == 0 && !group.as_ref().done());
    c.set_result(3).unwrap();
    settle(&event_loop);
    assert_eq!(calls.get(), 1);
    assert_eq!(results(&group).unwrap(), [2, 1, 3]);
}

// CPython: test_tasks.GatherTestsBase.test_success
#[test]
fn results_come_in_the_order_of_the_arguments() {
    succeeds(|children| gather(children), |group| group.take_result());
    succeeds(|children| gather(coroutines(&children)), |group| group.take_result());
}

// CPython: test_tasks.GatherTestsBase.test_result_exception_success
#[test]
fn without_failures_the_outcomes_are_the_results() {
    succeeds(|children| gather(children).return_exceptions(), |group| group.take_result()?.into_iter().collect());
    succeeds(
        |children| gather(coroutines(&children)).return_exceptions(),
        |group| group.take_result()?.into_iter().collect(),
    );
}

fn first_failure<G: AsRef<AnyFuture> + 'static>(of: impl FnOnce([Future<i32>; 5]) -> G + 'static) {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let children = futures::<5>(&event_loop);
    let given = children.clone();
    let (group, calls) = gathered(&event_loop, move || of(given));
    let error = Error::from(ZeroDivisionError::default());
    let [a, b, c, d, e] = children;
    a.set_result(1).unwrap();
    b.set_exception(error.clone()).unwrap();
    settle(&event_loop);
    assert_eq!(calls.get(), 1);
    assert!(group.as_ref().exception().unwrap().unwrap().same(&error));
    c.set_result(3).unwrap();
    d.cancel();
    e.set_exception(RuntimeError::default()).unwrap();
    settle(&event_loop);
    drop((b, e, group));
    assert_eq!(calls.get(), 1);
    assert_eq!(reports.take(), [""; 0]);
}

// CPython: test_tasks.GatherTestsBase.test_one_exception
#[test]
fn the_first_failure_is_that_of_the_group_and_later_ones_do_nothing() {
    first_failure(|children| gather(children));
    first_failure(|children| gather(coroutines(&children)));
}

fn failures_are_results<G: AsRef<AnyFuture> + 'static>(
    of: impl FnOnce([Future<i32>; 4]) -> G + 'static,
    results: impl Fn(&G) -> Result<Vec<Result<i32>>>,
) {
    let event_loop = new_loop();
    let children = futures::<4>(&event_loop);
    let given = children.clone();
    let (group, calls) = gathered(&event_loop, move || of(given));
    let [a, b, c, d] = children;
    b.set_result(1).unwrap();
    c.set_exception(ZeroDivisionError::new("c")).unwrap();
    a.set_result(3).unwrap();
    settle(&event_loop);
    assert!(!group.as_ref().done());
    d.set_exception(RuntimeError::new("d")).unwrap();
    settle(&event_loop);
    assert_eq!(calls.get(), 1);
    let outcomes = format!("{:?}", results(&group).unwrap());
    assert_eq!(outcomes, "[Ok(3), Ok(1), Err(ZeroDivisionError('c')), Err(RuntimeError('d'))]");
}

// CPython: test_tasks.GatherTestsBase.test_return_exceptions
#[test]
fn failures_can_be_results_like_others() {
    failures_are_results(|children| gather(children).return_exceptions(), |group| group.take_result());
    failures_are_results(|children| gather(coroutines(&children)).return_exceptions(), |group| group.take_result());
}

// CPython: test_tasks.FutureGatherTests.test_constructor_empty_sequence_use_running_loop
#[test]
fn a_group_of_nothing_belongs_to_the_running_loop() {
    let event_loop = new_loop();
    let group = event_loop.run_until_complete(async { Ok(gather(Vec::<Future<i32>>::new())) }).unwrap();
    assert!(group.get_loop() == event_loop);
    settle(&event_loop);
    assert!(group.done());
    assert_eq!(group.result().unwrap(), []);
}

// CPython: test_tasks.FutureGatherTests.test_constructor_homogenous_futures
#[test]
fn a_group_belongs_to_the_loop_of_its_children() {
    let (event_loop, _other) = (new_loop(), new_loop());
    let children = futures::<3>(&event_loop);
    for _ in 0..2 {
        let group = gather(&children);
        assert!(group.get_loop() == event_loop);
        settle(&event_loop);
        assert!(!group.done());
    }
}

// CPython: test_tasks.FutureGatherTests.test_constructor_heterogenous_futures
#[test]
#[should_panic(expected = "different loop")]
fn futures_of_two_loops_are_no_group() {
    let (event_loop, other) = (new_loop(), new_loop());
    drop(gather([event_loop.create_future::<i32>(), other.create_future()]));
}

// CPython: test_tasks.FutureGatherTests.test_one_cancellation
#[test]
fn a_cancelled_child_is_a_failure_of_the_group_but_does_not_cancel_it() {
    let event_loop = new_loop();
    let children = futures::<5>(&event_loop);
    let given = children.clone();
    let (group, calls) = gathered(&event_loop, move || gather(given));
    let [a, b, c, d, e] = children;
    a.set_result(1).unwrap();
    b.cancel();
    settle(&event_loop);
    assert!(group.done() && calls.get() == 1);
    assert!(!group.cancelled());
    assert!(group.exception().unwrap().unwrap().is_cancelled());
    c.set_result(3).unwrap();
    d.cancel();
    e.set_exception(RuntimeError::default()).unwrap();
    assert!(e.exception().unwrap().is_some());
}

// CPython: test_tasks.FutureGatherTests.test_result_exception_one_cancellation
#[test]
fn cancelled_children_are_results_too() {
    let event_loop = new_loop();
    let children = futures::<6>(&event_loop);
    let given = children.clone();
    let (group, calls) = gathered(&event_loop, move || gather(given).return_exceptions());
    let [a, b, c, d, e, f] = children;
    a.set_result(1).unwrap();
    b.set_exception(ZeroDivisionError::default()).unwrap();
    c.cancel();
    settle(&event_loop);
    assert!(!group.done());
    d.set_result(3).unwrap();
    e.cancel();
    f.set_exception(RuntimeError::default()).unwrap();
    settle(&event_loop);
    let outcomes: Vec<String> = group.take_result().unwrap().iter().map(|outcome| format!("{outcome:?}")).collect();
    // With an empty message: CPython creates these errors again, with that.
    let cancelled = "Err(CancelledError(''))";
    assert_eq!(outcomes, ["Ok(1)", "Err(ZeroDivisionError())", cancelled, "Ok(3)", cancelled, "Err(RuntimeError())"]);
    assert_eq!(calls.get(), 1);
}

/// A future keeps the message for its group. A task raises it, and then has it no longer.
#[test]
fn a_cancelled_child_is_a_result_with_the_message_that_it_has_kept() {
    let event_loop = new_loop();
    let [told, silent]: [Future<i32>; 2] = futures(&event_loop);
    let outcomes = event_loop.run_until_complete(async move {
        let task = create_task(sleep(1));
        let group = gather!(&task, &told, &silent).return_exceptions();
        sleep(0).await?;
        task.cancel_with("not needed");
        told.cancel_with("not needed");
        silent.cancel();
        Ok(format!("{:?}", group.await?))
    });
    let expected = "(Err(CancelledError('')), Err(CancelledError('not needed')), Err(CancelledError('')))";
    assert_eq!(outcomes.unwrap(), expected);
}

// CPython: test_tasks.CoroutineGatherTests.test_constructor_without_loop
#[test]
#[should_panic(expected = "no running event loop")]
fn coroutines_need_a_loop() {
    drop(gather([async { Ok("abc") }]));
}

// CPython: test_tasks.CoroutineGatherTests.test_constructor_use_running_loop
#[test]
fn coroutines_run_in_the_running_loop() {
    let event_loop = new_loop();
    let group = event_loop.run_until_complete(async { Ok(gather([async { Ok("abc") }])) }).unwrap();
    assert!(group.get_loop() == event_loop);
    assert_eq!(event_loop.run_until_complete(async move { group.await }).unwrap(), ["abc"]);
}

// CPython: test_tasks.CoroutineGatherTests.test_duplicate_coroutines
#[test]
fn a_task_given_twice_gives_its_result_twice() {
    virtually(async {
        let [abc, def] = ["abc", "def"].map(|s| create_task(async move { Ok(s) }));
        assert_eq!(gather([&abc, &abc, &def, &abc]).await?, ["abc", "abc", "def", "abc"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_tasks.CoroutineGatherTests.test_cancellation_broadcast
#[test]
fn cancelling_who_awaits_a_group_cancels_all_its_children() {
    let event_loop = new_loop();
    let waiter = event_loop.create_future::<i32>();
    let (log, slot) = (Log::default(), Rc::new(Cell::new(None)));
    let children = [0, 1].map(|child| {
        let (waiter, log) = (waiter.clone(), log.clone());
        let inner = async move {
            (&waiter).await?;
            log.add(child);
            Ok(())
        };
        event_loop.create_task(inner).unwrap()
    });
    let (given, made) = (children.clone(), Rc::clone(&slot));
    let outer = event_loop.create_task(async move {
        let group = gather(given);
        made.set(Some(group.clone()));
        group.await.map(drop)
    });
    let outer = outer.unwrap();
    run_briefly(&event_loop);
    assert!(outer.cancel());
    assert_eq!(raised(event_loop.run_until_complete(outer)), "CancelledError()");
    assert!(!slot.take().unwrap().cancel(), "the group is over");
    assert!(waiter.cancelled() && children.iter().all(|child| child.cancelled()));
    run_briefly(&event_loop);
    assert!(log.take().is_empty());
}

// CPython: test_tasks.CoroutineGatherTests.test_exception_marking
#[test]
fn a_second_failure_is_not_reported() {
    let event_loop = new_loop();
    let reports = reports(&event_loop);
    let children = futures::<2>(&event_loop);
    let inner = children.clone().map(|child| async move {
        child.await?;
        Err::<i32, _>(RuntimeError::new("should not be ignored").into())
    });
    let outer = event_loop.create_task(async move { gather(inner).await.map(drop) }).unwrap();
    run_briefly(&event_loop);
    for child in children {
        child.set_result(0).unwrap();
        settle(&event_loop);
    }
    assert!(outer.exception().unwrap().unwrap().is::<RuntimeError>());
    drop((outer, event_loop));
    assert_eq!(reports.take(), [""; 0]);
}

// CPython: test_tasks.BaseTaskTests.test_cancel_gather_1
#[test]
fn a_group_whose_children_are_done_cannot_be_cancelled() {
    let event_loop = new_loop();
    let future = event_loop.create_future::<i32>();
    let child = future.clone();
    let group = event_loop.run_until_complete(async { Ok(gather([async move { child.await }])) }).unwrap();
    let (victim, log) = (group.clone(), Log::default());
    let sink = log.clone();
    run_briefly(&event_loop);
    // Called when the child is done, but its group does not know that yet.
    let _ = future.add_done_callback(move |_| sink.add(victim.cancel()));
    future.set_result(42).unwrap();
    let all = group.clone();
    event_loop.run_until_complete(async move { all.join().await }).unwrap();
    assert_eq!(log.take(), [false]);
    assert!(!group.cancelled());
    assert_eq!(group.result().unwrap(), [42]);
}

// CPython: test_tasks.BaseTaskTests.test_cancel_gather_2
#[test]
fn a_cancellation_gets_out_of_a_group_that_keeps_exceptions() {
    for (message, expected) in [(None, "CancelledError()"), (Some("my message"), "CancelledError('my message')")] {
        let error = virtually(async move {
            let task = create_task(async {
                for _ in 0..20 {
                    gather([sleep(0.05)]).return_exceptions().await?;
                }
                Ok(())
            });
            sleep(0.2).await?;
            match message {
                Some(message) => task.cancel_with(message),
                None => task.cancel(),
            };
            task.await
        });
        let error = error.unwrap_err();
        assert_eq!(format!("{error:?}"), expected);
        assert!(error.context().is_none());
    }
}
