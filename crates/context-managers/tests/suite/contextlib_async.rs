//! The cases of CPython's test_contextlib_async (but those of the exit stack) that can be said in Rust.
//!
//! Not here: tracebacks, slots, docstrings, attributes, structural subclassing and objects that lack a method (the
//! compiler's business), and StopIteration, which is no error here.

use crate::common::{Log, virtually};
use asyncio_context_managers::*;
use asyncio_generators::AsyncGenerator;
use asyncio_iterators::{AsyncIterator, StopAsyncIteration};
use asyncio_runtime::*;

/// `state.append(1); yield 42; state.append(999)`, the latter also after an error.
fn noting(log: &Log) -> impl AsyncContextManager<Value = i32> + use<> {
    let log = log.clone();
    asynccontextmanager(async move |scope| {
        log.add(1);
        let result = scope.yield_value(42).await;
        log.add(999);
        result
    })
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_plain
#[test]
fn a_coroutine_that_yields_is_a_manager() {
    let log = Log::default();
    let (manager, seen) = (noting(&log), log.clone());
    virtually(async_with(manager, async move |x| {
        seen.add(x);
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["1", "42", "999"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_finally
#[test]
fn what_follows_the_yield_runs_after_an_error() {
    let log = Log::default();
    let error: Error = ZeroDivisionError::default().into();
    let raised = error.clone();
    let result = virtually(async_with(noting(&log), async move |_| Err::<(), _>(raised)));
    let result = result.unwrap_err();
    assert!(result.same(&error) && result.context().is_none());
    assert_eq!(log.take(), ["1", "999"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_no_reraise
#[test]
fn the_error_that_comes_back_is_not_raised_anew() {
    let answer = virtually(async {
        let mut manager = asynccontextmanager(async |scope| scope.yield_value(()).await);
        manager.enter().await?;
        manager.exit(Some(&TypeError::new("foo").into())).await
    });
    assert!(!answer.unwrap());
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_trap_yield_after_throw
#[test]
fn a_yield_after_an_error_is_an_error_and_the_coroutine_is_gone() {
    let log = Log::default();
    let seen = log.clone();
    let error = virtually(async move {
        let mut manager = asynccontextmanager(async move |scope| {
            struct Noted(Log);
            impl Drop for Noted {
                fn drop(&mut self) {
                    self.0.add("gone");
                }
            }
            let _noted = Noted(seen);
            match scope.yield_value(()).await {
                Ok(()) => Ok(()),
                Err(_) => scope.yield_value(()).await,
            }
        });
        manager.enter().await?;
        let error = manager.exit(Some(&TypeError::new("foo").into())).await.unwrap_err();
        Ok((error.to_string(), manager))
    });
    assert_eq!(error.unwrap().0, "generator didn't stop after athrow()");
    assert_eq!(log.take(), ["gone"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_trap_no_yield
#[test]
fn a_coroutine_that_does_not_yield_is_an_error() {
    let manager = asynccontextmanager(async |_scope: Yielder<()>| Ok(()));
    let error = virtually(async_with(manager, async |()| Ok(()))).unwrap_err();
    assert!(error.is::<RuntimeError>());
    assert_eq!(error.to_string(), "generator didn't yield");
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_trap_second_yield
#[test]
fn a_second_yield_is_an_error() {
    let manager = asynccontextmanager(async |scope| {
        scope.yield_value(()).await?;
        scope.yield_value(()).await
    });
    let error = virtually(async_with(manager, async |()| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "generator didn't stop");
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_non_normalised
#[test]
fn another_error_replaces_the_blocks() {
    let manager = asynccontextmanager(async |scope| match scope.yield_value(()).await {
        Err(error) if error.is::<RuntimeError>() => Err(TypeError::new("other").into()),
        result => result,
    });
    let error = virtually(async_with(manager, async |()| Err::<(), _>(RuntimeError::new("first").into())));
    let error = error.unwrap_err();
    assert!(error.is::<TypeError>() && error.context().unwrap().is::<RuntimeError>());
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_except
#[test]
fn an_error_that_is_caught_is_suppressed() {
    let log = Log::default();
    let seen = log.clone();
    let manager = asynccontextmanager(async move |scope| match scope.yield_value(42).await {
        Err(error) if error.is::<ZeroDivisionError>() => {
            seen.add(error);
            Ok(())
        }
        result => result,
    });
    let result = virtually(async_with(manager, async |_| Err::<(), _>(ZeroDivisionError::new("999").into())));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.take(), ["999"]);
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_wrap_runtimeerror
#[test]
fn an_error_can_be_wrapped() {
    let manager = asynccontextmanager(async |scope| match scope.yield_value(()).await {
        Err(error) => Err(RuntimeError::new(format!("caught {error}")).into()),
        Ok(()) => Ok(()),
    });
    let block = async |()| Err::<(), _>(ZeroDivisionError::new("division by zero").into());
    assert_eq!(virtually(async_with(manager, block)).unwrap_err().to_string(), "caught division by zero");
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_keywords
#[test]
fn arguments_are_what_the_function_takes() {
    fn pair<'a>(left: &'a str, right: &'a str) -> impl AsyncContextManager<Value = String> + 'a {
        asynccontextmanager(async move |scope| scope.yield_value(format!("{left}{right}")).await)
    }
    assert_eq!(virtually(async_with(pair("a", "b"), async |both| Ok(both))).unwrap().unwrap(), "ab");
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_recursive
#[test]
fn managers_nest() {
    async fn recursive(log: Log, depth: usize) -> Result<()> {
        if depth < 10 {
            async_with(noting(&log), async move |_| Box::pin(recursive(log, depth + 1)).await).await?;
        }
        Ok(())
    }
    let log = Log::default();
    virtually(recursive(log.clone(), 0)).unwrap();
    assert_eq!(log.take(), [["1"; 10], ["999"; 10]].concat());
}

#[test]
fn both_halves_of_the_coroutine_may_wait_and_be_cancelled() {
    for (when, expected) in [(0.5, "enter"), (1.5, "block"), (2.5, "leave")] {
        let log = Log::default();
        let seen = log.clone();
        virtually(async move {
            let manager = asynccontextmanager(async move |scope| {
                let note = |result: &Result<()>, place: &str| {
                    if result.is_err() {
                        seen.add(place)
                    }
                };
                let result = sleep(1).await;
                note(&result, "enter");
                result?;
                let block = scope.yield_value(()).await;
                note(&block, "block");
                let result = sleep(1).await;
                note(&result, "leave");
                block.and(result)
            });
            let task = create_task(async_with(manager, async |()| sleep(1).await));
            sleep(when).await?;
            task.cancel();
            assert!(task.await.unwrap_err().is_cancelled());
            Ok(())
        })
        .unwrap();
        assert_eq!(log.take(), [expected]);
    }
}

#[test]
fn a_time_limit_around_the_yield_limits_the_block() {
    let manager = asynccontextmanager(async |scope| timeout(1).run(async |_| scope.yield_value(()).await).await);
    let error = virtually(async_with(manager, async |()| sleep(100).await)).unwrap_err();
    assert!(error.is::<TimeoutError>());
}

#[test]
fn a_manager_made_of_a_coroutine_is_for_one_use() {
    virtually(async {
        let mut manager = asynccontextmanager(async |scope| scope.yield_value(()).await);
        manager.enter().await?;
        assert!(manager.enter().await.unwrap_err().is::<RuntimeError>());
        assert!(!manager.exit(None).await?);
        assert_eq!(manager.enter().await.unwrap_err().to_string(), "generator didn't yield");
        Ok(())
    })
    .unwrap();
}

// CPython: test_contextlib_async.AsyncContextManagerTestCase.test_contextmanager_except_stopiter
#[test]
fn the_end_of_an_iterator_is_an_error_like_others() {
    let manager = asynccontextmanager(async |scope| scope.yield_value(()).await);
    let error: Error = StopAsyncIteration.into();
    let raised = error.clone();
    let result = virtually(async_with(manager, async move |()| Err::<(), _>(raised)));
    assert!(result.unwrap_err().same(&error));
}

/// The errors that CPython 3.13 raises, each with its context, and how the body is closed before.
#[test]
fn a_coroutine_that_yields_again_is_closed() {
    let ignored = "async generator ignored GeneratorExit";
    let [stop, athrow] = ["generator didn't stop", "generator didn't stop after athrow()"];
    let expected: [(bool, &str, &[&str]); 6] = [
        (false, "ends", &[stop]),
        (false, "yields", &[ignored, stop]),
        (false, "raises", &["other", stop]),
        (true, "ends", &[athrow, "block"]),
        (true, "yields", &[ignored, athrow, "block"]),
        (true, "raises", &["other", athrow, "block"]),
    ];
    for (fails, then, chain) in expected {
        let log = Log::default();
        let seen = log.clone();
        let twice = asynccontextmanager(async move |scope| {
            let _ = scope.yield_value(1).await;
            let Err(exit) = scope.yield_value(2).await else { unreachable!("it is closed") };
            seen.add(format!("{exit:?}"));
            sleep(1).await?;
            seen.add("cleaned up");
            match then {
                "ends" => Err(exit),
                "yields" => scope.yield_value(3).await,
                _ => Err(TypeError::new("other").into()),
            }
        });
        let block = async move |_| if fails { Err(ValueError::new("block").into()) } else { Ok(()) };
        let error = virtually(async_with(twice, block)).unwrap_err();
        let raised: Vec<_> =
            std::iter::successors(Some(&error), |error| error.context()).map(Error::to_string).collect();
        assert_eq!(raised, chain);
        assert_eq!(log.take(), ["GeneratorExit()", "cleaned up"]);
    }
}

// CPython: test_contextlib_async.TestAbstractAsyncContextManager.test_async_gen_propagates_generator_exit
#[test]
fn a_generator_that_is_closed_leaves_its_blocks() {
    virtually(async {
        let mut generator = AsyncGenerator::<i32>::new(async |mut y| {
            let scope = asynccontextmanager(async |scope| scope.yield_value(()).await);
            async_with(scope, async move |()| y.yield_(11).await).await.map(drop)
        });
        assert_eq!(generator.anext().await?, Some(11));
        generator.aclose().await
    })
    .unwrap();
}

// CPython: test_contextlib_async.AclosingTestCase.test_aclosing_bpo41229
#[test]
fn aclosing_a_generator_runs_its_destructors() {
    struct Resource(Log);
    impl Drop for Resource {
        fn drop(&mut self) {
            self.0.add("released");
        }
    }
    let log = Log::default();
    let held = log.clone();
    let generator = AsyncGenerator::<i32>::new(async move |mut y| {
        let _resource = Resource(held);
        y.yield_(-1).await?;
        y.yield_(-2).await.map(drop)
    });
    let kept = generator.clone();
    let result = virtually(async_with(aclosing(generator), async |mut items| {
        assert_eq!(items.anext().await?, Some(-1));
        Err::<(), Error>(ZeroDivisionError::default().into())
    }));
    assert!(result.unwrap_err().is::<ZeroDivisionError>());
    assert_eq!(log.take(), ["released"]);
    drop(kept);
}

struct Closable(Log);

impl AsyncClose for Closable {
    async fn aclose(&mut self) -> Result<()> {
        sleep(1).await?;
        self.0.add("closed");
        Ok(())
    }
}

// CPython: test_contextlib_async.AclosingTestCase.test_aclosing, test_aclosing_error
#[test]
fn aclosing_closes_after_a_value_and_after_an_error() {
    for fails in [false, true] {
        let log = Log::default();
        let result = virtually(async_with(aclosing(Closable(log.clone())), async move |closable| {
            closable.0.add("block");
            if fails { Err(ZeroDivisionError::default().into()) } else { Ok(()) }
        }));
        assert_eq!(result.is_err(), fails);
        assert_eq!(log.take(), ["block", "closed"]);
    }
}

#[test]
fn aclosing_says_if_the_block_has_not_given_the_thing_back() {
    let mut kept = None;
    virtually(async move {
        let block = async |lent| {
            kept = Some(lent);
            Ok(())
        };
        let error = async_with(aclosing(Closable(Log::default())), block).await.unwrap_err();
        assert!(error.is::<RuntimeError>() && kept.is_some());
        Ok(())
    })
    .unwrap();
}

// CPython: test_contextlib_async.TestAsyncNullcontext.test_async_nullcontext
#[test]
fn nullcontext_gives_its_value() {
    assert_eq!(virtually(async_with(nullcontext("c"), async |c| Ok(c))).unwrap(), Some("c"));
}
