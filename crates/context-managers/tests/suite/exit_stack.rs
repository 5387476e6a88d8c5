//! The cases of CPython's TestBaseExitStack and TestAsyncExitStack that can be said in Rust, and the stack under
//! cancellation and panics.
//!
//! Not here: metadata of callbacks, objects that lack a method and tracebacks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{Log, Noting, virtually};
use asyncio_context_managers::*;
use asyncio_runtime::*;

fn fail(message: &'static str) -> Result<()> {
    Err(Exception::new(message).into())
}

/// The messages of an error and of its contexts.
fn chain(error: &Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.context()).map(ToString::to_string).collect()
}

// CPython: test_contextlib.TestBaseExitStack.test_no_resources
#[test]
fn an_empty_stack_is_left() {
    assert_eq!(virtually(async_with(AsyncExitStack::new(), async |_| Ok(1))).unwrap(), Some(1));
}

// CPython: test_contextlib.TestBaseExitStack.test_callback,
// test_contextlib_async.TestAsyncExitStack.test_async_callback
#[test]
fn callbacks_run_last_in_first_out() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async_with(AsyncExitStack::new(), async move |stack| {
        for number in 0..3 {
            let (plain, waiting) = (seen.clone(), seen.clone());
            stack.callback(move || plain.note(number));
            stack.push_async_callback(async move || {
                sleep(1).await?;
                waiting.note(format!("async {number}"))
            });
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["async 2", "2", "async 1", "1", "async 0", "0"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_push, test_contextlib_async.TestAsyncExitStack.test_async_push
#[test]
fn exits_see_the_error_until_one_suppresses_it() {
    let log = Log::default();
    let seen = log.clone();
    let result = virtually(async_with(AsyncExitStack::new(), async move |stack| {
        let (last, manager, middle) = (seen.clone(), Noting::new(&seen), seen);
        stack.push(move |error| {
            last.add(format!("last: {error:?}"));
            Ok(false)
        });
        stack.push_manager(manager);
        stack.push_async_exit(async |_: Option<&Error>| Ok(true));
        stack.push_async_exit(async move |error: Option<&Error>| {
            middle.add(format!("first: {error:?}"));
            Ok(false)
        });
        Err::<(), Error>(ZeroDivisionError::default().into())
    }));
    assert_eq!(result.unwrap(), None);
    // The manager was never entered.
    assert_eq!(log.take(), ["first: Some(ZeroDivisionError())", "exiting: None", "exited", "last: None"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_enter_context,
// test_contextlib_async.TestAsyncExitStack.test_enter_async_context
#[test]
fn managers_are_entered_at_once_and_left_in_their_turn() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async_with(AsyncExitStack::new(), async move |stack| {
        let last = seen.clone();
        stack.push_async_callback(async move || last.note("last"));
        assert_eq!(stack.enter_async_context(Noting::new(&seen)).await?, 42);
        seen.add("block");
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["entering", "block", "exiting: None", "exited", "last"]);
}

#[test]
fn a_manager_that_cannot_be_entered_is_not_kept() {
    let error = virtually(async_with(AsyncExitStack::new(), async |stack| {
        stack.enter_async_context(asynccontextmanager(async |_: Yielder<()>| fail("no"))).await
    }));
    assert_eq!(chain(&error.unwrap_err()), ["no"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_close
#[test]
fn a_stack_can_be_closed_early() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async_with(AsyncExitStack::new(), async move |stack| {
        let closing = seen.clone();
        stack.callback(move || closing.note(1));
        stack.aclose().await?;
        seen.add(2);
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["1", "2"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_pop_all
#[test]
fn exits_move_to_a_new_stack() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async move {
        let closing = seen.clone();
        let stack = async_with(AsyncExitStack::new(), async move |stack| {
            stack.callback(move || closing.note(3));
            Ok(stack.pop_all())
        });
        let stack = stack.await?.unwrap();
        seen.add(2);
        stack.aclose().await
    })
    .unwrap();
    assert_eq!(log.take(), ["2", "3"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_raise, test_exit_suppress, test_body_exception_suppress
#[test]
fn a_plain_exit_suppresses_or_not() {
    for suppresses in [false, true] {
        let result = virtually(async_with(AsyncExitStack::new(), async move |stack| {
            stack.push(move |_| Ok(suppresses));
            fail("block")
        }));
        assert_eq!(result.is_ok(), suppresses);
    }
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_chaining,
// test_contextlib_async.TestAsyncExitStack.test_async_exit_exception_chaining
#[test]
fn errors_are_chained_up_to_the_suppressed_one() {
    let log = Log::default();
    let seen = log.clone();
    let result = virtually(async_with(AsyncExitStack::new(), async move |stack| {
        stack.push_async_callback(async || fail("index"));
        stack.push_async_callback(async || fail("key"));
        stack.push_async_callback(async || fail("attribute"));
        stack.push(move |error| {
            seen.add(chain(error.unwrap()).join(" during "));
            Ok(true)
        });
        stack.push_async_callback(async || fail("value"));
        fail("division")
    }));
    assert_eq!(chain(&result.unwrap_err()), ["index", "key", "attribute"]);
    assert_eq!(log.take(), ["value during division"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_chaining_reference
#[test]
fn nested_blocks_chain_as_the_stack_does() {
    let always = |error: Error| {
        asynccontextmanager(async move |scope| {
            let _ = scope.yield_value(()).await;
            Err(error)
        })
    };
    let [index, key, attribute, value] = ["index", "key", "attribute", "value"].map(|m| Error::from(Exception::new(m)));
    let key = key.during(attribute);
    let result = virtually(async_with(always(index), async move |()| {
        async_with(always(key), async move |()| {
            async_with(suppress(|_| true), async move |()| async_with(always(value), async |()| fail("division")).await)
                .await
        })
        .await
    }));
    assert_eq!(chain(&result.unwrap_err()), ["index", "key", "attribute"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_non_suppressing
#[test]
fn what_was_suppressed_before_does_not_hide_a_later_error() {
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        stack.callback(|| Ok(()));
        stack.callback(|| fail("index"));
        Ok(())
    }));
    assert_eq!(chain(&result.unwrap_err()), ["index"]);
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        stack.callback(|| fail("key"));
        stack.push(|_| Ok(true));
        stack.callback(|| fail("index"));
        Ok(())
    }));
    assert_eq!(chain(&result.unwrap_err()), ["key"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_with_correct_context
#[test]
fn managers_that_fail_during_a_failure_are_each_in_the_chain_once() {
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        for message in ["4", "3", "2"] {
            let manager = asynccontextmanager(async move |scope| match scope.yield_value(()).await {
                Ok(()) => Ok(()),
                Err(error) => Err(Error::from(Exception::new(message)).during(error)),
            });
            stack.enter_async_context(manager).await?;
        }
        fail("1")
    }));
    assert_eq!(chain(&result.unwrap_err()), ["4", "3", "2", "1"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_with_existing_context
#[test]
fn a_context_that_exists_is_continued() {
    let nested = |inner, outer| Err::<(), _>(Error::from(Exception::new(outer)).during(Exception::new(inner).into()));
    let result = virtually(async_with(AsyncExitStack::new(), async move |stack| {
        stack.callback(move || nested("4", "5"));
        stack.callback(move || nested("2", "3"));
        fail("1")
    }));
    assert_eq!(chain(&result.unwrap_err()), ["5", "4", "3", "2", "1"]);
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_chaining_suppress
#[test]
fn a_whole_chain_can_be_suppressed() {
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        stack.push(|_| Ok(true));
        stack.push(|_| fail("division").map(|()| false));
        stack.push(|_| fail("key").map(|()| false));
        Ok("value")
    }));
    assert_eq!(result.unwrap(), Some("value"));
}

// CPython: test_contextlib.TestBaseExitStack.test_exit_exception_explicit_none_context,
// test_contextlib_async.TestAsyncExitStack.test_async_exit_exception_explicit_none_context
#[test]
fn an_error_that_wants_no_context_gets_none() {
    fn replacing() -> impl AsyncContextManager<Value = ()> {
        asynccontextmanager(async |scope| {
            scope.yield_value(()).await.map_err(|_| Error::from(Exception::new("mine")).with_final_context())
        })
    }
    let directly = virtually(async_with(replacing(), async |()| fail("index")));
    let by_stack = virtually(async_with(AsyncExitStack::new(), async |stack| {
        stack.enter_async_context(replacing()).await?;
        fail("index")
    }));
    assert_eq!([directly, by_stack].map(|result| chain(&result.unwrap_err())), [["mine"], ["mine"]]);
}

// CPython: test_contextlib.TestBaseExitStack.test_excessive_nesting
#[test]
fn a_hundred_thousand_failing_exits_take_no_stack() {
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        for _ in 0..100_000 {
            stack.callback(|| fail("again"));
        }
        Ok(())
    }));
    assert_eq!(chain(&result.unwrap_err()).len(), 100_000);
}

// CPython: test_contextlib.TestBaseExitStack.test_dont_reraise_RuntimeError
#[test]
fn an_error_raised_again_by_one_manager_is_wrapped_by_the_next() {
    let result = virtually(async_with(AsyncExitStack::new(), async |stack| {
        let wrapping = asynccontextmanager(async |scope| {
            scope.yield_value(()).await.map_err(|_| Exception::new("new exception").into())
        });
        stack.enter_async_context(wrapping).await?;
        stack.enter_async_context(asynccontextmanager(async |scope| scope.yield_value(()).await)).await?;
        Err::<(), Error>(RuntimeError::new("please no infinite loop.").into())
    }));
    assert_eq!(chain(&result.unwrap_err()), ["new exception", "please no infinite loop."]);
}

#[test]
fn an_exit_may_push_another() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async_with(AsyncExitStack::new(), async move |stack| {
        let same = stack.clone();
        stack.callback(move || {
            same.callback(move || seen.note("pushed late"));
            Ok(())
        });
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["pushed late"]);
}

#[test]
fn a_cancelled_exit_does_not_keep_the_others_from_running() {
    let log = Log::default();
    let seen = log.clone();
    virtually(async move {
        let task = create_task(async_with(AsyncExitStack::new(), async move |stack| {
            stack.push_manager(Noting::new(&seen));
            stack.push_async_callback(async || sleep(100).await);
            Ok(())
        }));
        sleep(1).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["exiting: Some(CancelledError())", "exited"]);
}

#[test]
fn a_panic_in_an_exit_goes_on_after_the_others() {
    let log = Log::default();
    let seen = log.clone();
    let program = async_with(AsyncExitStack::new(), async move |stack| {
        stack.push(|_| Ok(true));
        stack.push_manager(Noting::new(&seen));
        stack.push_async_callback(async || panic!("expected"));
        Ok(())
    });
    let payload = catch_unwind(AssertUnwindSafe(|| virtually(program))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"expected"));
    assert_eq!(log.take(), ["exiting: Some(BlockPanicked { message: \"expected\" })", "exited"]);
}

/// An exit that waits for a future of another crate is a block, at the line that pushed it.
#[test]
fn an_exit_that_waits_for_a_foreign_future_is_dropped_and_the_others_run() {
    let log = Log::default();
    let seen = log.clone();
    let line = line!() + 6;
    let main = async move {
        let task = create_task(async move {
            let stack = AsyncExitStack::new();
            let last = seen.clone();
            stack.push_async_callback(async move || last.note("the last exit"));
            stack.push_async_callback(std::future::pending);
            stack.push_async_callback(async move || seen.note("the first exit"));
            stack.aclose().await
        });
        sleep(1).await?;
        assert!(task.cancel());
        task.await
    };
    let error = virtually(main).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.location().map(|at| (at.file(), at.line())), Some((file!(), line)));
    assert_eq!(log.take(), ["the first exit", "the last exit"]);
}
