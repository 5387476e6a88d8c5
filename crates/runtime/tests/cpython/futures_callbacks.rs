//! `test_futures`: done-callbacks. A key removes one registration; Python removes a function.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::*;

use crate::support::*;

fn bagging(future: &Future<&'static str>, bag: &Log<i32>, thing: i32) -> CallbackKey {
    let bag = bag.clone();
    future.add_done_callback(move |_| bag.add(thing))
}

/// Registers 42, 17 and 100, removes some of them, and returns the ones that are called.
fn called_without(removed: &[usize]) -> Vec<i32> {
    let (event_loop, bag) = (new_loop(), Log::default());
    let future = event_loop.create_future();
    let mut keys = [42, 17, 100].map(|thing| Some(bagging(&future, &bag, thing)));
    for &index in removed {
        assert!(future.remove_done_callback(keys[index].take().unwrap()));
    }
    assert!(bag.take().is_empty());
    future.set_result("foo").unwrap();
    run_briefly(&event_loop);
    assert_eq!(future.result().unwrap(), "foo");
    bag.take()
}

// CPython: test_futures.BaseFutureDoneCallbackTests.test_callbacks_remove_first_callback,
// test_callbacks_remove_first_and_second_callback, test_callbacks_remove_third_callback,
// test_callbacks_invoked_on_set_result
#[test]
fn callbacks_are_called_in_order_except_those_that_were_removed() {
    assert_eq!(called_without(&[]), [42, 17, 100]);
    assert_eq!(called_without(&[0]), [17, 100]);
    assert_eq!(called_without(&[0, 1]), [100]);
    assert_eq!(called_without(&[2]), [42, 17]);
    assert_eq!(called_without(&[2, 0, 1]), []);
}

// CPython: test_futures.BaseFutureDoneCallbackTests.test_callbacks_invoked_on_set_exception
#[test]
fn callbacks_are_called_after_a_failure() {
    let (event_loop, bag) = (new_loop(), Log::default());
    let future = event_loop.create_future();
    let _ = bagging(&future, &bag, 100);
    let error = Error::from(RuntimeError::default());
    future.set_exception(error.clone()).unwrap();
    assert!(bag.take().is_empty());
    run_briefly(&event_loop);
    assert_eq!(bag.take(), [100]);
    assert!(future.exception().unwrap().unwrap().same(&error));
}

// CPython: test_futures.BaseFutureDoneCallbackTests.test_remove_done_callback
#[test]
fn removing_takes_back_one_registration_once() {
    let (event_loop, bag) = (new_loop(), Log::default());
    let future = event_loop.create_future();
    let first = bagging(&future, &bag, 1);
    let second = bagging(&future, &bag, 2);
    assert!(future.remove_done_callback(second));
    let _ = bagging(&future, &bag, 2);
    let more = [(); 5].map(|()| bagging(&future, &bag, 1));
    for key in more.into_iter().chain([first]) {
        assert!(future.remove_done_callback(key));
    }
    let late = bagging(&future, &bag, 3);
    future.set_result("foo").unwrap();
    assert!(!future.remove_done_callback(late), "it is queued");
    run_briefly(&event_loop);
    assert_eq!(bag.take(), [2, 3]);
}

// CPython: test_futures.BaseFutureDoneCallbackTests.test_schedule_callbacks_list_mutation_1
#[test]
fn a_callback_that_removes_another_comes_too_late() {
    let (event_loop, bag) = (new_loop(), Log::default());
    let future = event_loop.create_future();
    let key = Rc::new(Cell::new(None));
    let (later, note) = (Rc::clone(&key), bag.clone());
    let _ = future.add_done_callback(move |future: &Future<&str>| {
        note.add(i32::from(future.remove_done_callback(later.take().unwrap())));
    });
    key.set(Some(bagging(&future, &bag, 7)));
    let _ = bagging(&future, &bag, 8);
    future.set_result("foo").unwrap();
    run_briefly(&event_loop);
    assert_eq!(bag.take(), [0, 7, 8]);
}

/// Calls its function when it is dropped.
struct WhenDropped<F: FnMut()>(F);

impl<F: FnMut()> Drop for WhenDropped<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

// CPython: test_futures.BaseFutureDoneCallbackTests.test_remove_done_callbacks_list_mutation,
// test_remove_done_callbacks_list_clear, test_schedule_callbacks_list_mutation_2
#[test]
fn the_callbacks_may_change_while_one_is_removed() {
    let (event_loop, bag) = (new_loop(), Log::default());
    let future = event_loop.create_future();
    let others: Rc<Vec<_>> = Rc::new((0..64).map(|_| Cell::new(Some(bagging(&future, &bag, 1)))).collect());
    // The only user code that runs in a removal is the destructor of the callback. It removes half of the others and adds as
    // many.
    let (removed, changed, sink) = (Rc::clone(&others), future.clone(), bag.clone());
    let evil = WhenDropped(move || {
        for key in removed.iter().step_by(2) {
            assert!(changed.remove_done_callback(key.take().unwrap()));
            let _ = bagging(&changed, &sink, 2);
        }
    });
    let key = future.add_done_callback(move |_| drop(evil));
    assert!(future.remove_done_callback(key));
    future.set_result("foo").unwrap();
    run_briefly(&event_loop);
    assert_eq!(bag.take(), [[1; 32], [2; 32]].concat());
}
