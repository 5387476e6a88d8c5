//! The cases of CPython's test_contextlib_async about managers as decorators.

use std::cell::Cell;

use crate::common::{Log, virtually};
use asyncio_context_managers::*;
use asyncio_generators::AsyncGenerator;
use asyncio_iterators::AsyncIterator as _;
use asyncio_runtime::*;

/// Notes `enter`, and `exit` however the block ends.
fn noting(log: &Log) -> impl Fn() -> AsyncGeneratorContextManager<'static, ()> + use<> {
    let log = log.clone();
    move || {
        let log = log.clone();
        asynccontextmanager(async move |scope| {
            log.add("enter");
            let result = scope.yield_value(()).await;
            log.add("exit");
            result
        })
    }
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator, test_decorator_decorate_sync_function
#[test]
fn each_call_runs_in_a_manager_of_its_own() {
    let log = Log::default();
    let (manager, seen) = (noting(&log), log.clone());
    virtually(async move {
        let test = decorate(manager, async |x: &str| seen.note(x));
        assert_eq!(seen.take(), [""; 0]);
        test("something").await?;
        assert_eq!(seen.take(), ["enter", "something", "exit"]);
        test("else").await?;
        assert_eq!(seen.take(), ["enter", "else", "exit"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator_with_exception
#[test]
fn the_error_of_a_call_comes_out_of_it_after_the_manager_was_left() {
    let log = Log::default();
    let manager = noting(&log);
    let error: Error = ValueError::new("foo").into();
    let raised = error.clone();
    let result = virtually(async move {
        let test = decorate(manager, async |()| Err::<(), _>(raised.clone()));
        test(()).await
    });
    assert!(result.unwrap_err().same(&error));
    assert_eq!(log.take(), ["enter", "exit"]);
}

#[test]
fn a_call_whose_error_is_suppressed_has_no_value() {
    let value = virtually(async {
        let parse =
            decorate(|| suppress(Error::is::<std::num::ParseIntError>), async |text: &str| Ok(text.parse::<i32>()?));
        Ok((parse("12").await?, parse("a dozen").await?))
    });
    assert_eq!(value.unwrap(), (Some(12), None));
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorating_method
#[test]
fn what_is_called_gets_its_arguments() {
    #[derive(Default)]
    struct Test {
        sum: Cell<i32>,
    }
    virtually(async {
        let test = Test::default();
        let method = decorate(
            || nullcontext(()),
            async |(test, a, b): (&Test, i32, i32)| {
                test.sum.set(test.sum.get() + a * b);
                Ok(())
            },
        );
        method((&test, 1, 2)).await?;
        method((&test, 3, 4)).await?;
        assert_eq!(test.sum.get(), 14);
        Ok(())
    })
    .unwrap();
}

/// A generator of two items that notes its steps and its end.
fn stepping(log: &Log) -> impl Fn(&'static str) -> AsyncGenerator<i32> + use<> {
    let log = log.clone();
    move |x| {
        let log = log.clone();
        AsyncGenerator::new(async move |mut y| {
            log.add(x);
            for item in [1, 2] {
                if let Err(error) = y.yield_(item).await {
                    log.add(format!("raised {error:?}"));
                    return Err(error);
                }
                log.add("next");
            }
            Ok(())
        })
    }
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator_decorate_asyncgen_function
#[test]
fn a_generator_runs_within_its_manager() {
    let log = Log::default();
    let test = decorate_generator(noting(&log), stepping(&log));
    let seen = log.clone();
    virtually(async move {
        let mut items = test("something");
        assert_eq!(seen.take(), [""; 0]);
        assert_eq!(items.anext().await?, Some(1));
        assert_eq!(seen.take(), ["enter", "something"]);
        assert_eq!(items.anext().await?, Some(2));
        assert_eq!(seen.take(), ["next"]);
        assert_eq!(items.anext().await?, None);
        assert_eq!(seen.take(), ["next", "exit"]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator_decorate_asyncgen_function_exception
#[test]
fn the_error_of_a_generator_comes_out_of_it_after_the_manager_was_left() {
    let log = Log::default();
    let seen = log.clone();
    let fails = move |()| {
        let seen = seen.clone();
        AsyncGenerator::<i32>::new(async move |mut y| {
            seen.add("body");
            y.yield_(1).await?;
            Err(ZeroDivisionError::default().into())
        })
    };
    let test = decorate_generator(noting(&log), fails);
    let result = virtually(async move { test(()).collect::<Vec<_>>().await });
    assert!(result.unwrap_err().is::<ZeroDivisionError>());
    assert_eq!(log.take(), ["enter", "body", "exit"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator_decorate_asyncgen_function_early_stop
#[test]
fn the_inner_generator_is_closed_before_the_manager_is_left() {
    let log = Log::default();
    let test = decorate_generator(noting(&log), stepping(&log));
    virtually(async move {
        let mut items = test("body");
        assert_eq!(items.anext().await?, Some(1));
        items.aclose().await
    })
    .unwrap();
    assert_eq!(log.take(), ["enter", "body", "raised GeneratorExit()", "exit"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_decorator_decorate_asyncgen_function_asend_athrow
#[test]
fn an_error_that_is_thrown_in_closes_the_inner_generator() {
    let log = Log::default();
    let test = decorate_generator(noting(&log), stepping(&log));
    let result = virtually(async move {
        let mut items = test("body");
        assert_eq!(items.anext().await?, Some(1));
        assert_eq!(items.asend(()).await?, Some(2));
        items.athrow(ValueError::new("")).await
    });
    assert!(result.unwrap_err().is::<ValueError>());
    assert_eq!(log.take(), ["enter", "body", "next", "raised GeneratorExit()", "exit"]);
}
