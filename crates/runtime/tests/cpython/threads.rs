//! `test_threads`: `to_thread`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use asyncio_runtime::*;

use crate::support::*;

static TEST_CTX: ContextVar<&str> = ContextVar::new("test_ctx");

// CPython: test_threads.ToThreadTests.test_to_thread
#[test]
fn a_thread_gives_its_result() {
    assert_eq!(virtually(to_thread(|| [40, 2].iter().sum::<i32>())).unwrap(), 42);
}

// CPython: test_threads.ToThreadTests.test_to_thread_exception
#[test]
fn a_thread_gives_its_error() {
    let raises = || Err::<(), _>(Error::from(RuntimeError::new("test")));
    assert_eq!(raised(virtually(async move { to_thread(raises).await? })), "RuntimeError('test')");
}

// CPython: test_threads.ToThreadTests.test_to_thread_once, test_to_thread_concurrent
#[test]
fn each_call_is_made_once() {
    for calls in [1, 10] {
        let count = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&count);
        virtually(async move {
            let call = |_| {
                let count = Arc::clone(&counting);
                to_thread(move || count.fetch_add(1, Ordering::SeqCst))
            };
            gather((0..calls).map(call)).await
        })
        .unwrap();
        assert_eq!(count.load(Ordering::SeqCst), calls);
    }
}

// CPython: test_threads.ToThreadTests.test_to_thread_contextvars
#[test]
fn a_thread_has_the_context_of_its_caller() {
    let seen = virtually(async {
        TEST_CTX.set("parrot");
        to_thread(|| TEST_CTX.get()).await
    });
    assert_eq!(seen.unwrap().unwrap(), "parrot");
}
